"""What comes back, by recorded messages of our own writing; and whatever else may come."""

import tomllib
from datetime import timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.connectors.mail.returned import Mail, Ours, return_path, returned
from psizero.connectors.mail.unsubscribe import Request, unsubscribed
from psizero.core.link import LIFE, Link, token
from psizero.house.members import members
from tests.connectors.mail_server import NOW

KEY, SECRET = "0123456789abcdef0123456789abcdef", b"k" * 32
RECORDED = files("psizero.connectors.mail") / "recorded"
EXPECTED = tomllib.loads((RECORDED / "expected.toml").read_text())
BACK = return_path("bounces@acme.example", KEY, SECRET)
FORGED = return_path("bounces@acme.example", KEY, b"another")
SAID = {"message.bounced": "reason", "message.answered": "text", "message.auto_answered": "what"}
OURS = Ours("bounces@acme.example", "acme.example", SECRET, {KEY: "ann"}.get)


def mail(raw: bytes, to: str, sender: str | None = None) -> Mail:
    """A message on an envelope; its sender is what Return-Path says."""
    first = raw.split(b"\n", 1)[0].decode("latin-1")
    path = first.partition("<")[2].partition(">")[0] if sender is None else sender
    return Mail(path, ({"back": BACK, "forged": FORGED}.get(to, to),), NOW, raw)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_recorded(name: str) -> None:
    wanted = EXPECTED[name]
    raw = (RECORDED / f"{name}.eml").read_bytes()
    found = returned(mail(raw, wanted["to"]), OURS)
    assert found.what == wanted["what"]
    assert found.machine == (name not in ("answer", "answer_in_an_odd_charset", "stranger"))
    assert list(found.rows) == ([wanted["kind"]] if "kind" in wanted else [])
    for kind, rows in found.rows.items():
        (row,) = rows
        assert (row["subject"], row["cause"], row["occurred_at"]) == ("ann", KEY, NOW)
        assert row.get(SAID.get(kind, "")) == wanted.get("said")
        assert "town.example" not in str({**row, "text": ""})
        columns = members().catalog.kinds[kind].columns
        assert set(row) - {"id", "subject", "cause", "occurred_at"} <= set(columns)
    again = returned(mail(raw, wanted["to"]), OURS)
    assert again == found, "and the same message once more is the same row"


def test_every_recorded_message_is_expected() -> None:
    names = {one.name.removesuffix(".eml") for one in RECORDED.iterdir() if ".eml" in one.name}
    assert names == set(EXPECTED)


def test_a_message_nobody_sent_makes_no_row() -> None:
    """Its key is signed, and yet no decision of ours has it."""
    raw = (RECORDED / "bounce_hard.eml").read_bytes()
    unknown = Ours("bounces@acme.example", "acme.example", SECRET, {}.get)
    assert returned(mail(raw, "back"), unknown).rows == {}


def test_the_address_it_comes_back_to() -> None:
    local, _, domain = BACK.partition("@")
    assert len(local) <= 64 and domain == "acme.example" and local.startswith(f"bounces+{KEY}.")
    assert return_path("b@acme.example", f"{KEY}-outbox", SECRET).startswith(f"b+{KEY}-outbox.")
    assert return_path("bounces@acme.example", "k" * 60, SECRET) == "bounces@acme.example"
    raw = (RECORDED / "bounce_hard.eml").read_bytes()
    upper = Mail("", (BACK.upper().replace(KEY.upper(), KEY),), NOW, raw)
    assert returned(upper, OURS).what == "bounce"


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_without_an_error(raw: bytes) -> None:
    assert returned(Mail("", (BACK,), NOW, raw), OURS).what


@given(st.sampled_from(sorted(EXPECTED)), st.integers(0, 4000), st.binary(max_size=8))
def test_a_message_that_is_damaged(name: str, place: int, more: bytes) -> None:
    raw = (RECORDED / f"{name}.eml").read_bytes()
    cut = raw[:place] + more + raw[place + len(more) :]
    for text in (cut, raw[:place]):
        assert returned(Mail("a@b", (BACK,), NOW, text), OURS).what


UNTIL = NOW + LIFE


def asked(method: str, stream: str = "marketing", **more: object) -> Request:
    """A request to the address of one message."""
    word = token(Link("unsubscribe", "ann", KEY, stream, UNTIL), SECRET)
    return Request(method, **{"token": word, **more})


FORM = "application/x-www-form-urlencoded"
CLICK = {"content_type": FORM, "body": b"List-Unsubscribe=One-Click"}
PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)
MULTIPART = {"content_type": "multipart/form-data; boundary=x", "body": PARTS}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("more", [{}, CLICK])
def test_looking_changes_nothing(method: str, more: dict[str, object]) -> None:
    """Rule 42: guards of mailboxes follow every link."""
    reply = unsubscribed(asked(method, **more), SECRET, NOW)
    assert (reply.status, reply.rows) == (200, {})


@pytest.mark.parametrize("more", [CLICK, MULTIPART])
def test_one_click(more: dict[str, object]) -> None:
    """Urlencoded or multipart; the same twice is one row; it says who, what, how, and for what."""
    reply = unsubscribed(asked("POST", **more), SECRET, NOW + timedelta(days=30))
    ((kind, (row,)),) = reply.rows.items()
    assert (reply.status, kind) == (200, "consent.withdrawn")
    assert (row["subject"], row["cause"], row["purpose"]) == ("ann", KEY, "marketing")
    assert (row["channel"], row["origin"]) == ("mail", "one_click")
    twice = unsubscribed(asked("POST", **more), SECRET, NOW + timedelta(days=31))
    assert twice.rows[kind][0]["id"] == row["id"]
    columns = members().catalog.kinds[kind].columns
    assert set(row) - {"id", "subject", "cause", "occurred_at"} == set(columns)
    for name in columns:
        assert row[name] in columns[name].choices


def test_all_of_it_and_by_the_page() -> None:
    said = {"content_type": FORM, "body": b"confirm=yes&scope=all"}
    row = unsubscribed(asked("POST", "product", **said), SECRET, NOW).rows["consent.withdrawn"][0]
    assert (row["purpose"], row["channel"], row["origin"]) == ("all", "all", "page")


@pytest.mark.parametrize(
    ("request_", "at", "status"),
    [
        (asked("POST"), NOW, 400),
        (asked("POST", content_type=FORM, body=b"List-Unsubscribe=No"), NOW, 400),
        (asked("POST", content_type="text/plain", body=CLICK["body"]), NOW, 400),
        (asked("POST", content_type=FORM, body=b"x" * 5000), NOW, 400),
        (asked("POST", content_type="multipart/form-data", body=b"x"), NOW, 400),
        (asked("PUT", **CLICK), NOW, 405),
        (asked("POST", **CLICK), UNTIL, 404),
        (Request("POST", "no.token", FORM, b"List-Unsubscribe=One-Click"), NOW, 404),
        (
            Request("POST", token(Link("rating", "ann", KEY, "x", UNTIL), SECRET), FORM, b""),
            NOW,
            404,
        ),
    ],
)
def test_what_ends_nothing(request_: Request, at: object, status: int) -> None:
    reply = unsubscribed(request_, SECRET, at)
    assert (reply.status, reply.rows) == (status, {})
