"""Every page to every role, whole without a script, and what strangers wrote is text."""

from urllib.parse import urlencode

import pytest

from psizero.api.access import Person, Role, Scope, rights
from psizero.console.entrance import inside
from psizero.console.sheet import STYLE_PATH, Frame, drawn
from psizero.console.today import _Line, _Number, pieces
from psizero.house.stops import stops
from tests.api.doors import PASSWORD, PEOPLE, Town
from tests.console.seen import Seen, csrf, page, send
from tests.house.living import until

PAGES = (
    "/",
    "/?role=finance",
    "/decide",
    "/decide?automation=growth.wishes&chosen=all",
    "/customers",
    "/customers?segment=small",
    "/customers/ada",
    "/automations",
    "/automations?level=off",
    "/automations/growth.wishes",
    "/tables",
    "/tables?like=invoice",
    "/tables/decision",
    "/tables/decision?is.automation=growth.wishes",
    "/tables/figures",
)
OF_AUDIT = (
    "/audit",
    "/audit?kind=verdict",
    "/audit?subject=ada",
    "/audit?kind=decision&subject=bob&page=2",
)
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


@pytest.mark.parametrize("path", PAGES + OF_AUDIT)
def test_every_page_runs_nothing(town: Town, path: str) -> None:
    found = town.ask("olga", "GET", path)
    assert found.status_code == 200, found.text[:2000]
    policy = found.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script" not in policy
    seen = Seen(found.text)
    assert seen.running == []
    posting = [one for one in seen.forms if one["method"] == "post"]
    assert posting and all(one.get("csrf") for one in posting)


@pytest.mark.parametrize("who", [name for name in PEOPLE if name != "olga"])
def test_every_role_reads_every_page(town: Town, who: str) -> None:
    for path in PAGES:
        page(town, path, who)
    actions = [one["action"] for one in Seen(page(town, "/", who)).forms]
    assert ("/stop" in actions) == (Scope.STOP in rights(PEOPLE[who]))


def test_numbers_link_to_rows_that_are_there(town: Town) -> None:
    links = [one for one in Seen(page(town, "/")).links if one.startswith("/tables/")]
    assert links
    for one in links:
        page(town, one)
    told = page(town, "/tables/decision?is.automation=growth.wishes&is.subject=ada")
    assert "No row here" not in told and ">bob<" not in told
    assert town.ask("olga", "GET", "/tables/decision?is.nothing=1").status_code == 422


def test_numbers_of_a_line_stay_in_their_order() -> None:
    line = _Line("2 of 12 are 2", [_Number("2", "a", {}), _Number("2", "b", {"k": ["x", "y"]})])
    found = [(one.text, one.url) for one in pieces(line)]
    assert found[0] == ("2", "/tables/a")
    assert found[2] == ("2", "/tables/b?is.k=x&is.k=y")
    assert "".join(text for text, _ in found) == line.text


def test_who_is_nobody_is_asked_and_comes_back(town: Town) -> None:
    for path in PAGES:
        found = town.ask("", "GET", path)
        assert found.status_code == 303
        assert found.headers["location"] == f"/login?{urlencode({'next': path})}"
    assert town.ask("olga", "GET", "/customers/nobody").status_code == 404
    assert "text/html" in town.ask("olga", "GET", "/customers/nobody").headers["content-type"]
    style = town.ask("", "GET", STYLE_PATH)
    assert style.status_code == 200 and "immutable" in style.headers["cache-control"]
    assert STYLE_PATH in page(town, "/login", "")


def test_a_password_opens_and_a_log_out_ends(town: Town) -> None:
    wrong = send(town, "/login", {"name": "vic", "password": "no"}, "")
    assert wrong.status_code == 401 and "wrong" in wrong.text
    fields = {"name": "vic", "password": PASSWORD, "next": "/customers?page=1"}
    found = send(town, "/login", fields, "")
    assert (found.status_code, found.headers["location"]) == (303, "/customers?page=1")
    assert "httponly" in found.headers["set-cookie"].lower()
    elsewhere = send(town, "/login", fields, "", Origin="http://evil.example")
    assert elsewhere.status_code == 403
    assert send(town, "/join", {"secret": "x", "password": PASSWORD}, "").status_code == 422
    link = town.doors.users.invite("vic", Role.VIEWER)
    assert link in page(town, f"/join?secret={link}", "")
    joined = send(town, "/join", {"secret": link, "password": PASSWORD}, "")
    assert joined.status_code == 303
    own = {"vic": joined.cookies["psizero_session"]}
    town.secrets.update(own)
    town.line.cookies.clear()
    assert send(town, "/logout", {"csrf": csrf(town, "vic")}, "vic").status_code == 303
    assert town.ask("vic", "GET", "/").status_code == 303
    town.secrets["vic"] = town.doors.users.log_in("vic", PASSWORD)


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil", "/\r\nX: 1"])
def test_a_login_leads_nowhere_else(path: str) -> None:
    assert inside(path) == "/"


@pytest.mark.parametrize(
    "path", ["/stop", "/resume", "/logout", "/decide/approve", "/decide/abc/decline"]
)
def test_no_form_counts_without_its_token(town: Town, path: str) -> None:
    for token in ("", "0" * 64, csrf(town, "otto")):
        assert send(town, path, {"csrf": token, "shown": "a:b"}).status_code == 403
    strange = send(town, path, {"csrf": csrf(town)}, Origin="http://evil.example")
    assert strange.status_code == 403
    assert stops(town.doors.home) == {}


def test_a_viewer_decides_nothing(town: Town) -> None:
    token = csrf(town, "vic")
    for path in ("/stop", "/decide/approve"):
        assert send(town, path, {"csrf": token, "shown": "a:b"}, "vic").status_code == 403


def waits(town: Town) -> list[dict[str, object]]:
    """What waits, as programs read it."""
    return town.listed("decisions/pending")


def gifts(town: Town) -> list[str]:
    """What waits of the wishes for gifts, as a page names it, the cheapest first."""
    (form,) = [one for one in Seen(page(town, "/decide")).forms if one["action"].endswith("ove")]
    assert form["shown"]
    mine = [row for row in waits(town) if row["verb"] == "gift.send"]
    mine.sort(key=lambda row: (str(row["money_minor"]), str(row["subject"])))
    return [f"{row['id']}:{row['hash']}" for row in mine]


def test_the_inbox_approves_and_declines(own_town: Town) -> None:
    town, token = own_town, csrf(own_town)
    first, second, third, *_ = gifts(town)
    stale = [first, second[:-1] + "!"]
    assert send(town, "/decide/approve", {"csrf": token, "shown": stale}).status_code == 409
    assert send(town, "/decide/approve", {"csrf": token}).status_code == 422
    found = send(town, "/decide/approve", {"csrf": token, "shown": [first, second]})
    assert found.headers["location"] == "/decide?done=approved"
    assert "Approved" in page(town, "/decide?done=approved")
    assert "Hello." not in page(town, "/decide?done=hello")
    path = f"/decide/{third.partition(':')[0]}"
    told = page(town, path)
    assert "as you wish" in told and "If nothing is done" in told
    no = {"csrf": token, "reason": "not_needed", "note": EVIL}
    assert send(town, f"{path}/decline", no).status_code == 303
    until(lambda: not {first, second, third} & set(gifts(town)))
    assert "does not wait" in page(town, path) and Seen(page(town, path)).running == []


def test_an_edit_is_a_new_decision_and_its_text_is_text(own_town: Town) -> None:
    town, token = own_town, csrf(own_town)
    (first, *_) = gifts(town)
    path = f"/decide/{first.partition(':')[0]}"
    change = {"csrf": token, "reason": "wrong_text", "before.text": "as you wish"}
    found = send(town, f"{path}/edit", {**change, "parameter.text": EVIL})
    assert found.status_code == 303, found.text[-400:]
    until(lambda: any("7*7" in str(row["parameters"]) for row in waits(town)))
    (new,) = [row for row in waits(town) if "7*7" in str(row["parameters"])]
    told = page(town, f"/decide/{new['id']}")
    assert Seen(told).running == [] and "&lt;script&gt;" in told and "7*7" in told


def test_a_stop_is_one_press_and_every_page_says_so(own_town: Town) -> None:
    town, token = own_town, csrf(own_town)
    found = send(town, "/stop", {"csrf": token, "next": "/customers"})
    assert (found.status_code, found.headers["location"]) == (303, "/customers")
    assert "*" in stops(town.doors.home)
    for path in ("/", "/decide", "/tables"):
        assert "Everything stands still" in page(town, path)
    alone = {"csrf": token, "scope": "*"}
    assert send(town, "/resume", alone).status_code == 303
    assert "*" in stops(town.doors.home)
    assert send(town, "/resume", alone | {"csrf": csrf(town, "otto")}, "otto").status_code == 303
    until(lambda: stops(town.doors.home) == {})


@pytest.mark.parametrize("name", ["customer.html", "customers.html", "table.html", "decide.html"])
def test_what_a_stranger_wrote_is_text(name: str) -> None:
    person = Person(name=EVIL, role=Role.OWNER, scopes=rights(Role.OWNER), csrf=EVIL)
    stopped = {EVIL: {"by": EVIL, "because": EVIL}}
    frame = Frame(person=person, path=EVIL, stopped=stopped, as_of=EVIL)
    named = dict.fromkeys(("customer", "name", "segment", "band", "doc", "csv", "at", "more"), EVIL)
    fields = ("id", "hash", "verb", "subject", "automation", "reversibility", "because", "name")
    row: dict[str, object] = dict.fromkeys((*fields, "customer", "segment", "band"), EVIL)
    row |= {"money_minor": 1, "currency": EVIL, "answer_until": EVIL, "open_tickets": EVIL}
    row |= {"score": None, "coverage": None, "known_at": EVIL}
    found = row | {"decisions": [row | {"evidence": {"because": EVIL}}]}
    values: dict[str, object] = {
        **named,
        "total": 1,
        "page": 2,
        "pages": 3,
        "equal": {EVIL: [EVIL]},
    }
    values |= {"segments": [EVIL], "bands": [EVIL], "automations": [EVIL], "ticked": False}
    values |= {
        "logged": True,
        "found": found,
        "lists": {EVIL: [{EVIL: EVIL}]},
        "why": [(EVIL, EVIL, EVIL)],
    }
    values |= {
        "missing": [EVIL],
        "automation": EVIL,
        "done": EVIL,
        "columns": [("position", False)],
    }
    values["rows"] = [(EVIL,)] if name == "table.html" else [row | {"evidence": found}]
    text = drawn(frame, name, values)
    assert Seen(text).running == []
    assert "<script" not in text and "<img" not in text
