"""Onboarding: milestones in any order, letters, the invitation, and a sign-up flown to its end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.connectors.mail.survey import answered
from psizero.connectors.mail.unsubscribe import Request
from psizero.core.invitation import Talk, invitation
from psizero.core.letter import letter
from psizero.core.link import Link, token
from psizero.core.policy import Level
from psizero.core.records import Action
from psizero.customers import onboarding
from psizero.customers.letters import letters
from psizero.customers.onboarding import MILESTONES
from psizero.customers.tracks import track
from psizero.house.home import House
from psizero.house.scorecard import measures
from tests.toy.town import entered, fly, founded, take

BEGIN = datetime(2026, 3, 3, 11)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AUTO = {"customers.onboarding": Level.AUTO}
Row = Mapping[str, object]


def called(name: str, at: datetime, much: str, meter: str, status: str) -> dict[str, object]:
    """Some use; without a status nothing is said of its success."""
    said = f'{{"status":"{status}"}}' if status else "{}"
    row = {"id": f"{name} {at} {meter} {status}", "subject": name, "occurred_at": at}
    return row | {"meter": meter, "quantity": Decimal(much), "properties": said}


def began(house: House, names: tuple[str, ...] = ("acme",), at: datetime = BEGIN) -> None:
    """Sign-ups, with their accounts."""
    row = {"occurred_at": at, "industry": "finance", "technology": "js"}
    take(house, "customer.signed_up", [row | {"id": one, "subject": one} for one in names])
    made = {"occurred_at": at, "email": "a@b.example", "zone": "Europe/Berlin"}
    take(house, "customer.created", [made | {"id": one, "subject": one} for one in names])


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four that begin: one to its end, one that only fails, one in the sandbox, one silent."""
    home = founded(
        tmp_path_factory.mktemp("new") / "home", AUTO, '[bindings]\n"message.send" = "recorded"\n'
    )
    with entered(home) as house:
        began(house, ("acme", "fails", "sandy", "still"))
        use = [
            called("acme", BEGIN + 3 * HOUR, "2", "calls", "404"),
            called("acme", BEGIN + 5 * HOUR, "4", "sandbox_calls", ""),
            called("acme", BEGIN + 30 * HOUR, "6", "sandbox_calls", ""),
            called("acme", BEGIN + 50 * HOUR, "1", "calls", "200"),
            called("fails", BEGIN + 5 * HOUR, "40", "calls", "500"),
            called("sandy", BEGIN + 5 * HOUR, "40", "sandbox_calls", "ok"),
        ]
        take(house, "usage.recorded", use, datetime(2026, 3, 30))
        fly(house, BEGIN + 8 * DAY)
        score = {"id": "s", "subject": "acme", "about": "onboarding", "score": 5}
        take(house, "survey.answered", [score | {"occurred_at": house.now}], datetime(2026, 3, 30))
        fly(house, BEGIN + 16 * DAY)
    return home


def test_a_signup_is_taken_to_production_use_and_every_step_is_explained(flown: Path) -> None:
    """From welcome to production use; each decision has its sentence, rule and numbers."""
    with entered(flown) as house:
        mine = house.read("decision").filter(pl.col("subject") == "acme").sort("position")
        fates = house.read("fates").select("decision", "level", "state")
    episodes = mine["episode"].to_list()
    assert set(episodes[:3]) == {"first talk", "sign-up", "welcome"}
    for name in MILESTONES:
        assert f"milestone {name}" in episodes
    assert "celebrate first_production_use" in episodes
    done = mine.join(fates, left_on="id", right_on="decision")
    assert set(done.filter(pl.col("verb") != "message.send")["state"]) == {"done"}
    for text in mine["evidence"]:
        said = msgspec.json.decode(text)
        assert said["because"] and said["rule"] and said["facts"]["signed_up_at"]


def test_calls_that_fail_are_calls_and_the_sandbox_is_no_production(flown: Path) -> None:
    with entered(flown) as house:
        found = {row["customer"]: row for row in house.read("onboarding").iter_rows(named=True)}
    assert [found["acme"][one] for one in MILESTONES] == [
        BEGIN + 3 * HOUR,
        BEGIN + 5 * HOUR,
        BEGIN + 30 * HOUR,
        BEGIN + 50 * HOUR,
    ]
    assert (found["fails"]["reached"], found["fails"]["missing"]) == (1, MILESTONES[1])
    assert (found["sandy"]["reached"], found["sandy"]["missing"]) == (3, MILESTONES[3])
    assert (found["still"]["reached"], found["still"]["calls"]) == (0, 0)


def test_what_is_measured(flown: Path) -> None:
    """Of four, one is done and one succeeded only in the sandbox; two never did."""
    with entered(flown) as house:
        found = measures(house, house.now)
    assert (found["onboarding_completion"].numerator, found["onboarding_completion"].n) == (1, 4)
    assert found["first_value_hours"].value == pytest.approx((5 + 14 * 24) / 2)
    one = found["onboarding_satisfaction"]
    assert (one.value, one.n) == (5.0, 1)


INSTANTS = st.one_of(st.none(), st.integers(0, 400).map(lambda n: BEGIN + n * HOUR))


def checklist(use: Row, marks: Row) -> Row:
    """The row of one customer, of what use shows and of what stands in the log."""
    at, text = pl.Datetime("us"), pl.String()
    signed = {"customer": text, "signed_up_at": at, "known_at": at, "industry": text}
    signed |= {"use_case": text, "technology": text, "segment": text, "zone": text}
    seen = {"customer": text, "calls": pl.Float64(), "succeeded": pl.Float64()}
    noted = {"customer": text, "begun_at": at, "call_at": at, "score": pl.Int64(), "rated_at": at}
    miles = dict.fromkeys(MILESTONES, at)
    facts = {
        "signups": pl.DataFrame(
            [{"customer": "a", "signed_up_at": BEGIN, "known_at": BEGIN, "account": True}],
            schema=signed | {"account": pl.Boolean()},
        ),
        "signup_use": pl.DataFrame([{"customer": "a", **use}], schema=seen | miles),
        "signup_marks": pl.DataFrame([{"customer": "a", **marks}], schema=noted | miles),
    }
    return onboarding.checklists(facts, BEGIN + 20 * DAY).row(0, named=True)


@given(st.tuples(*[INSTANTS] * 4), st.tuples(*[INSTANTS] * 4), st.integers(0, 3), INSTANTS)
def test_milestones_are_monotone_whatever_comes_when(
    use: tuple[datetime | None, ...],
    marks: tuple[datetime | None, ...],
    which: int,
    more: datetime | None,
) -> None:
    """One more fact takes no milestone back and makes none later; a success implies a call."""
    first = checklist(
        dict(zip(MILESTONES, use, strict=True)), dict(zip(MILESTONES, marks, strict=True))
    )
    known = dict(zip(MILESTONES, use, strict=True))
    old = known[MILESTONES[which]]
    known[MILESTONES[which]] = min((one for one in (old, more) if one), default=None)
    then = checklist(known, dict(zip(MILESTONES, marks, strict=True)))
    for name in MILESTONES:
        if first[name] is not None:
            assert then[name] is not None and then[name] <= first[name]
    call, success, ten, live = (then[one] for one in MILESTONES)
    for later in (ten, live):
        assert later is None or (success is not None and success <= later)
    assert success is None or (call is not None and call <= success)


def test_letters_are_chosen_by_industry_use_case_and_language(tmp_path: Path) -> None:
    with entered(founded(tmp_path / "home", AUTO)) as house:
        began(house)
        fly(house, BEGIN + timedelta(minutes=1))
        row = house.read("onboarding").row(0, named=True)
        known = {name: house.read(name) for name in ("onboarding", "settings")}
        found = letters(known, house.now)
    assert track(row) == ("finance", "optimisation", "javascript")
    assert found["letter"].to_list() == ["welcome"]
    said = msgspec.json.decode(found["document"][0])
    assert "portfolio" in said["topic"] and "await fetch" in said["text"]
    assert "[ ] first use in production" in said["text"].replace("a first use", "first use")
    assert said["talk"]["begins_at"].startswith("2026-03-05T09:00")


def test_the_invitation_is_a_calendar_object() -> None:
    """RFC 5545: CRLF, lines of 75 octets, text escaped; nothing in a text begins a new line."""
    sly = "a, b; c\\d\r\nATTENDEE:mailto:x@y.example " + "ü" * 60
    talk = Talk("k", BEGIN, 20, sly)
    said = invitation(talk, "us@acme.example", "you@b.example", BEGIN).decode()
    lines = said.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2] == "END:VCALENDAR" and lines[-1] == ""
    assert all(len(one.encode()) <= 75 for one in lines) and "\n" not in said.replace("\r\n", "")
    whole = said.replace("\r\n ", "").split("\r\n")
    assert "SUMMARY:a\\, b\\; c\\\\d\\nATTENDEE:mailto:x@y.example " + "ü" * 60 in whole
    assert sum(one.startswith("ATTENDEE") for one in whole) == 1
    assert "DTSTART:20260303T110000Z" in whole and "DTEND:20260303T112000Z" in whole
    asked = {"to": "acme", "topic": "t", "text": "x", "talk": msgspec.to_builtins(talk)}
    action = Action(key="k1", verb="message.send", subject="acme", parameters=asked)
    made = letter(action, "us@acme.example", "you@b.example", BEGIN)
    assert b'text/calendar; method=REQUEST; charset="utf-8"' in made.written()


def test_only_a_post_says_something() -> None:
    """A link that a guard follows counts for nothing; a form does, and may be sent again."""
    key, link = b"k" * 32, Link("rate_onboarding", "acme", "d1", "product", BEGIN + DAY)
    word, form = token(link, key), "application/x-www-form-urlencoded"
    for method in ("GET", "HEAD"):
        seen = answered(Request(method, word), key, BEGIN)
        assert (seen.status, seen.rows) == (200, {}) and 'method="post"' in seen.text
    said = answered(Request("POST", word, form, b"score=4"), key, BEGIN)
    (row,) = said.rows["survey.answered"]
    assert (row["score"], row["cause"], row["subject"]) == (4, "d1", "acme")
    for request in (
        Request("POST", word, form, b"score=9"),
        Request("POST", word, "text/plain", b"score=4"),
        Request("POST", word[:-1] + "!", form, b"score=4"),
        Request("PUT", word, form, b"score=4"),
    ):
        wrong = answered(request, key, BEGIN)
        assert wrong.status >= 400 and not wrong.rows
    assert answered(Request("POST", word, form, b"score=4"), key, BEGIN + 2 * DAY).status == 404
