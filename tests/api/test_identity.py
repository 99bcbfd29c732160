"""Coming in: the first link, passwords, cookies, keys; and what opens nothing."""

import stat
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from psizero.api.access import Role
from psizero.api.server import loopback
from psizero.api.users import FAILURES_MAX, SESSION, Users
from psizero.core.errors import Problem, Refused
from tests.api.doors import PASSWORD, Town

NOW = datetime(2026, 10, 11)


@pytest.fixture
def users(tmp_path: Path) -> Users:
    """Nobody yet; the clock stands where the test says."""
    return Users(tmp_path, lambda: CLOCK[0])


CLOCK = [NOW]


@pytest.fixture(autouse=True)
def noon() -> None:
    CLOCK[0] = NOW


def test_the_first_link_names_a_password_once(users: Users) -> None:
    secret = users.invite("olga", Role.OWNER)
    with pytest.raises(Refused, match="at least 12"):
        users.join(secret, "short")
    session = users.join(secret, PASSWORD)
    person = users.of_session(session)
    assert person is not None and (person.name, person.role) == ("olga", Role.OWNER)
    with pytest.raises(Refused, match="used up"):
        users.join(secret, "another long password")
    late = users.invite("ben", Role.VIEWER)
    CLOCK[0] = NOW + timedelta(hours=25)
    with pytest.raises(Refused, match="too old"):
        users.join(late, PASSWORD)


def test_a_session_ends(users: Users) -> None:
    first = users.join(users.invite("olga", Role.OWNER), PASSWORD)
    second = users.log_in("olga", PASSWORD)
    assert first != second
    users.log_out(first)
    assert users.of_session(first) is None and users.of_session(second) is not None
    CLOCK[0] = NOW + SESSION + timedelta(seconds=1)
    assert users.of_session(second) is None
    CLOCK[0] = NOW
    users.remove("olga")
    assert users.of_session(second) is None


def test_a_new_password_ends_every_session(users: Users) -> None:
    first = users.join(users.invite("olga", Role.OWNER), PASSWORD)
    users.join(users.invite("olga", Role.OWNER), "quite another one")
    assert users.of_session(first) is None
    with pytest.raises(Refused):
        users.log_in("olga", PASSWORD)


def test_guessing_is_slowed(users: Users) -> None:
    users.join(users.invite("olga", Role.OWNER), PASSWORD)
    for _ in range(FAILURES_MAX):
        with pytest.raises(Refused, match="name or password"):
            users.log_in("olga", "a wrong password")
    with pytest.raises(Refused, match="wait a minute"):
        users.log_in("olga", PASSWORD)
    CLOCK[0] = NOW + timedelta(minutes=2)
    assert users.log_in("olga", PASSWORD)


def test_nothing_in_the_file_opens_a_door(users: Users, tmp_path: Path) -> None:
    session = users.join(users.invite("olga", Role.OWNER), PASSWORD)
    link, key = users.invite("ben", Role.VIEWER), users.make_key("till", ("read",))
    file = tmp_path / "users.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    for secret in (session, link, key, key.removeprefix("psz_"), PASSWORD):
        assert secret not in text
    assert "$argon2id$" in text


def test_keys(users: Users) -> None:
    key = users.make_key("till", ("read", "entitlements"))
    person = users.of_key(key)
    assert person is not None and person.role is Role.MACHINE
    assert {one.value for one in person.scopes} == {"self", "read", "entitlements"}
    with pytest.raises(Problem, match="already"):
        users.make_key("till", ("read",))
    for scopes in ((), ("users",), ("everything",)):
        with pytest.raises(Problem):
            users.make_key("other", scopes)
    users.revoke("till")
    assert users.of_key(key) is None and users.of_key("") is None


def test_another_process_is_heard_at_once(users: Users, tmp_path: Path) -> None:
    other = Users(tmp_path, lambda: NOW)
    key = other.make_key("till", ("read",))
    assert users.of_key(key) is not None
    users.revoke("till")
    assert other.of_key(key) is None


def test_a_broken_file_lets_nobody_in(users: Users, tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("{")
    with pytest.raises(Problem, match=r"users.json"):
        users.of_key("psz_x")


def test_the_cookie_is_for_our_pages_alone(town: Town) -> None:
    with httpx.Client(base_url=town.url) as browser:
        browser.cookies.set("psizero_session", "fixed-by-somebody")
        said = {"name": "olga", "password": PASSWORD}
        found = browser.post("/api/v1/session", json=said)
        assert found.status_code == 200
        cookie = found.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
        assert "fixed-by-somebody" not in cookie
        browser.cookies.clear()
        secret = cookie.partition("=")[2].partition(";")[0]
        head = {"Cookie": f"psizero_session={secret}"}
        stop = {"scope": "growth.nothing"}
        tried = {
            403: [
                {},
                {"Origin": "https://evil.example"},
                {"Sec-Fetch-Site": "cross-site"},
                {"Sec-Fetch-Site": "same-site", "Origin": town.url},
                {"X-CSRF-Token": "guessed"},
            ],
            422: [
                {"Origin": town.url},
                {"Sec-Fetch-Site": "same-origin"},
                {"X-CSRF-Token": found.json()["csrf"]},
            ],
        }
        for status, heads in tried.items():
            for more in heads:
                answer = browser.post("/api/v1/stop", json=stop, headers={**head, **more})
                assert answer.status_code == status, more
        assert browser.get("/api/v1/session", headers=head).json()["name"] == "olga"
        gone = browser.delete("/api/v1/session", headers={**head, "Origin": town.url})
        assert gone.status_code == 204
        assert browser.get("/api/v1/session", headers=head).status_code == 401


def test_a_wrong_password_says_nothing_more(town: Town) -> None:
    told = [
        town.post("/api/v1/session", {"name": name, "password": "x" * 20}, "").json()
        for name in ("vic", "nobody at all")
    ]
    assert told[0] == told[1] and told[0]["status"] == 401


def test_keys_over_the_wire(town: Town) -> None:
    made = town.post("/api/v1/keys", {"name": "till", "scopes": ["entitlements"]})
    key = made.json()["secret"]
    head = {"Authorization": f"Bearer {key}"}
    path = "/api/v1/entitlements/ada"
    assert town.ask("", "GET", path, headers=head).status_code == 200
    assert town.ask("", "GET", "/api/v1/tables", headers=head).status_code == 403
    assert key not in str(town.get("/api/v1/keys"))
    assert town.ask("olga", "DELETE", "/api/v1/keys/till").status_code == 200
    assert town.ask("", "GET", path, headers=head).status_code == 401


def test_another_name_of_this_host_is_another_host(town: Town) -> None:
    """A page of somebody else, whose name was turned to point here, reaches nothing."""
    port = town.url.rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", ""):
        assert town.ask("olga", "GET", "/api/v1/health", headers={"Host": host}).status_code == 421
    for host in (f"localhost:{port}", "127.0.0.1", f"[::1]:{port}"):
        assert town.ask("olga", "GET", "/api/v1/health", headers={"Host": host}).status_code == 200


def test_loopback_is_told_from_the_world() -> None:
    assert loopback("127.0.0.1") and loopback("localhost") and loopback("::1")
    assert not loopback(".".join("0000")) and not loopback("::")
    with pytest.raises(Problem, match="no address"):
        loopback("no such host.")
