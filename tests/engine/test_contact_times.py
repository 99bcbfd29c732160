"""Contact: nobody outside is reached too often, or at night; every refusal says why."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.policy import Contact, Level, Policy
from psizero.engine.gate import CLAUSES, judge
from psizero.engine.recipients import Known, calendar
from psizero.engine.think import DECISION_SCHEMA
from tests.engine.contacting import (
    CONSENT,
    EMPTY,
    ERASED,
    GOOD,
    HOUR,
    OPEN,
    clause,
    judged,
    known,
    one,
)
from tests.engine.judging import GREETING, NOW, WISHES, ground


def sent(hours: float, stream: str = "product", subject: str = "ada") -> dict[str, object]:
    """A contact so many hours before now."""
    at = NOW - timedelta(hours=hours)
    return {"subject": subject, "contacted_at": at, "stream": stream}


CAPPED = msgspec.structs.replace(OPEN, messages_per_day_max=1, messages_per_week_max=3)


@pytest.mark.parametrize(
    ("recent", "found"),
    [
        ([], GOOD),
        ([sent(1)], "too_often"),
        ([sent(13)], GOOD),  # yesterday: it is half past twelve
        ([sent(1, "billing")], GOOD),
        ([sent(1, subject="bob")], GOOD),
        ([sent(-20)], GOOD),  # it waits for the end of a night, and goes tomorrow
        ([sent(30), sent(60), sent(167.9)], "too_often"),
        ([sent(30), sent(60), sent(168)], GOOD),
    ],
)
def test_the_frequency_cap(recent: list[dict[str, object]], found: str) -> None:
    facts = known(contacts_recent=recent)
    assert clause(one(stream="product"), facts=facts, contact=CAPPED) == [found]
    assert clause(one(stream="billing"), facts=facts, contact=CAPPED) == [GOOD]


def test_the_day_is_the_person_s_own() -> None:
    """At 12:30 UTC it is 01:30 of the next day in Auckland: what was sent at noon UTC is 01:00."""
    place = [{"subject": "ada", "zone": "Pacific/Auckland"}]
    for hours, found in ((1.4, "too_often"), (1.6, GOOD)):
        facts = known(contact_points=place, contacts_recent=[sent(hours)])
        assert clause(one(stream="product"), facts=facts, contact=CAPPED) == [found]


def test_of_several_in_one_tick_the_first_wins_over_every_channel_and_automation() -> None:
    asked = [
        one("a", stream="product"),
        one("b", verb="phone.ring", stream="product", money_minor=7),
        one("c", stream="product", automation=GREETING),
        one("d", stream="product", subject="bob"),
        one("e", verb="gift.send", stream="billing", money_minor=9),
    ]
    found = clause(*asked, contact=CAPPED)
    assert found == ["too_often", GOOD, "too_often", GOOD, GOOD], "and billing is not counted"


def test_what_was_refused_before_takes_no_room() -> None:
    """Marketing without consent is no message, so the news of the product may go."""
    asked = [one("a", stream="marketing", money_minor=9), one("b", stream="product")]
    assert clause(*asked, contact=CAPPED) == ["no_consent", GOOD]


NIGHT = msgspec.structs.replace(OPEN, quiet_from_hour=21, quiet_until_hour=8)


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-10-09T20:59:59", None),
        ("2026-10-09T21:00:00", "2026-10-10T08:00:00"),
        ("2026-10-09T23:59:59", "2026-10-10T08:00:00"),
        ("2026-10-09T00:00:00", "2026-10-09T08:00:00"),
        ("2026-10-09T07:59:59", "2026-10-09T08:00:00"),
        ("2026-10-09T08:00:00", None),
        ("2026-03-28T22:00:00", "2026-03-29T08:00:00"),  # clocks go forward in this night
        ("2026-10-24T22:00:00", "2026-10-25T08:00:00"),  # and back in this one
    ],
)
def test_quiet_hours_wrap_midnight_and_are_half_open(local: str, until: str | None) -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    found = calendar(NIGHT, "Europe/Berlin", now).quiet_until
    told = found.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if found else None
    assert (told.isoformat() if told else None) == until


@given(
    st.integers(0, 23),
    st.integers(0, 23),
    st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC")),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
)
def test_nobody_is_waited_for_longer_than_a_day_and_then_it_is_not_quiet(
    first: int, end: int, zone: str, now: datetime
) -> None:
    contact = Contact(quiet_from_hour=first, quiet_until_hour=end)
    found = calendar(contact, zone, now)
    hour = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).hour
    quiet = {(first + step) % 24 for step in range((end - first) % 24)}
    assert (found.quiet_until is not None) == (hour in quiet)
    assert found.day_start <= found.arrives_at < found.day_end
    if found.quiet_until is not None:
        assert now < found.quiet_until <= now + 25 * HOUR
        assert calendar(contact, zone, found.quiet_until).quiet_until is None


def test_the_gap_and_the_hour_that_comes_twice() -> None:
    """In Berlin 02:00 is not there on 29 March and twice on 25 October: sent once, then."""
    early = Contact(quiet_from_hour=21, quiet_until_hour=2)
    gap = calendar(early, "Europe/Berlin", datetime(2026, 3, 29, 0, 30)).quiet_until
    twice = calendar(early, "Europe/Berlin", datetime(2026, 10, 24, 22, 30)).quiet_until
    assert (gap, twice) == (datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 0))


@pytest.mark.parametrize(
    ("points", "until"),
    [
        ([{"zone_said": "Asia/Tokyo", "zone": "UTC"}], datetime(2026, 10, 9, 23)),
        ([{"zone": "Asia/Kolkata"}], None),
        ([{"zone": "Nowhere/Else"}], datetime(2026, 10, 9, 22)),
        ([{}], datetime(2026, 10, 9, 22)),
        ([], datetime(2026, 10, 9, 22)),
    ],
)
def test_the_zone_is_the_person_s_then_the_account_s_then_the_company_s(
    points: list[Mapping[str, object]], until: datetime | None
) -> None:
    """At 12:30 UTC: 21:30 in Tokyo, 18:00 in Kolkata; the company sits where it is 22:30."""
    contact = msgspec.structs.replace(NIGHT, zone="Etc/GMT-10")
    facts = known(contact_points=[{"subject": "ada", **row} for row in points])
    found = judged([one(stream="product")], facts=facts, contact=contact)
    assert found["quiet_until"].to_list() == [until]


@pytest.mark.parametrize(
    ("verb", "stream", "found"),
    [
        ("message.send", "service", GOOD),
        ("message.send", "billing", "quiet_hours"),
        ("message.send", "product", "quiet_hours"),
        ("phone.ring", "service", "quiet_hours"),
    ],
)
def test_service_by_mail_goes_at_once_and_nobody_is_rung_at_night(
    verb: str, stream: str, found: str
) -> None:
    now = datetime(2026, 10, 9, 3)
    row = judged([one(verb=verb, stream=stream)], contact=NIGHT, now=now).row(0, named=True)
    assert (row["level"], row["clause"]) == ("auto", found)
    if found != GOOD:
        said = msgspec.json.decode(row["counterfactual"])
        assert (said["input"], said["would_be"]) == ("now", "2026-10-09 08:00:00.000000")


@pytest.mark.parametrize(
    ("expires", "found"), [(7, "too_late"), (8, "too_late"), (9, "quiet_hours"), (2, "expired")]
)
def test_what_would_wait_past_its_expiry_is_not_sent(expires: int, found: str) -> None:
    now, day = datetime(2026, 10, 9, 3), datetime(2026, 10, 9)
    row = one(stream="product", expires_at=day + expires * HOUR)
    assert clause(row, contact=NIGHT, now=now) == [found]


def test_a_cap_of_the_day_counts_the_day_on_which_it_arrives() -> None:
    """At 22:00 it would go tomorrow at 8: what went this morning is another day."""
    now = datetime(2026, 10, 9, 22)
    contact = msgspec.structs.replace(CAPPED, quiet_from_hour=21, quiet_until_hour=8)
    for at, found in ((12, "quiet_hours"), (32, "too_often")):
        row = {"contacted_at": datetime(2026, 10, 9) + at * HOUR}
        facts = known(contacts_recent=[sent(0) | row])
        assert clause(one(stream="product"), facts=facts, contact=contact, now=now) == [found]


COMPLAINED = {"subject": "ada", "channel": "mail", "complained_at": NOW}


def approved(*keys: str) -> pl.DataFrame:
    """A person's yes to each."""
    return pl.DataFrame({"id": keys, "approvals": [1] * len(keys), "approved_by": ["anna"]})


@pytest.mark.parametrize(
    ("facts", "hour", "found"),
    [
        (EMPTY, 12, "approved"),
        (EMPTY, 3, "approved_quiet"),
        (known(consents=[{**CONSENT, "purpose": "all", "withdrawn_at": NOW}]), 12, "no_consent"),
        (known(suppressions=[COMPLAINED]), 12, "suppressed"),
    ],
)
def test_a_person_s_yes_passes_no_contact_rule(facts: Known, hour: int, found: str) -> None:
    levels = {(WISHES, "*"): Level.APPROVE}
    said = Policy(levels=levels, contact=NIGHT)
    plain = msgspec.structs.replace(
        ground(), policy=said, people=lambda _: facts, approvals=approved("d")
    )
    frame = pl.DataFrame([one(stream="product")], schema=DECISION_SCHEMA)
    now = NOW.replace(hour=hour, minute=0)
    assert judge(frame, plain, now)["clause"].to_list() == [found]


def test_nobody_is_asked_about_what_may_not_be_sent() -> None:
    plain = msgspec.structs.replace(ground(Level.APPROVE), people=lambda _: ERASED)
    frame = pl.DataFrame([one()], schema=DECISION_SCHEMA)
    assert judge(frame, plain, NOW)["clause"].to_list() == ["no_longer"]


SHOWN = {
    "no_longer": (one(), ERASED, OPEN),
    "suppressed": (one(), known(suppressions=[COMPLAINED]), OPEN),
    "no_consent": (one(stream="marketing"), EMPTY, OPEN),
    "held_out": (
        one(stream="product"),
        EMPTY,
        msgspec.structs.replace(OPEN, holdout_share=1.0),
    ),
    "too_often": (one(stream="product"), known(contacts_recent=[sent(1)]), CAPPED),
    "too_late": (one(stream="product", expires_at=NOW + HOUR), EMPTY, Contact(quiet_from_hour=9)),
    "quiet_hours": (one(stream="product"), EMPTY, Contact(quiet_from_hour=9, holdout_share=0.0)),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_refusal_says_why_and_what_would_change_it(name: str) -> None:
    """Rule 60: with the named input at the named value, the clause does not hold any more."""
    asked, facts, contact = SHOWN[name]
    row = judged([asked], facts=facts, contact=contact)
    assert row["clause"].to_list() == [name]
    assert row["because"][0] and "ada" not in row["because"][0]
    said = msgspec.json.decode(row["counterfactual"][0])
    kept = row.schema[said["input"]]
    value = pl.Series([said["would_be"]], dtype=pl.String)
    typed = value.str.to_datetime(time_unit="us") if kept == pl.Datetime else value == "true"
    if kept not in (pl.Datetime, pl.Boolean):
        typed = value.cast(kept)
    (told,) = (one for one in CLAUSES if one.name == name)
    changed = row.with_columns(typed.alias(said["input"])).select(held=told.when)["held"]
    assert not changed.fill_null(False)[0]
