"""Contact: nobody outside is reached against his word, or where it must not be."""

from datetime import datetime

import msgspec
import polars as pl
import pytest

from psizero.core.policy import Contact, Level, Policy
from psizero.engine.gate import judge
from psizero.engine.recipients import STREAMS, Known
from psizero.engine.think import DECISION_SCHEMA
from tests.engine.contacting import (
    CONSENT,
    DAY,
    EMPTY,
    ERASED,
    GOOD,
    HOUR,
    LEFT,
    OPEN,
    clause,
    judged,
    known,
    one,
)
from tests.engine.judging import NOW, WISHES, ground


@pytest.mark.parametrize(
    ("stream", "facts", "found"),
    [
        ("service", ERASED, "no_longer"),
        ("billing", ERASED, "no_longer"),
        ("service", LEFT, GOOD),
        ("billing", LEFT, GOOD),
        ("product", LEFT, "no_longer"),
        ("marketing", LEFT, "no_consent"),
        ("service", EMPTY, GOOD),
        ("billing", EMPTY, GOOD),
        ("product", EMPTY, GOOD),
        ("marketing", EMPTY, "no_consent"),
        ("promotion", EMPTY, "no_consent"),
        ("marketing", known(consents=[CONSENT]), GOOD),
    ],
)
def test_each_stream(stream: str, facts: Known, found: str) -> None:
    """A stream that nobody knows is marketing: what is misspelled is not sent."""
    assert clause(one(stream=stream), facts=facts) == [found]


def test_who_came_back_is_a_customer_again() -> None:
    rows = LEFT.subscriptions_held.to_dicts()
    again = known(subscriptions_held=[*rows, {"subject": "ada", "started_at": NOW - HOUR}])
    assert clause(one(stream="product"), facts=again) == [GOOD]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"withdrawn_at": NOW - HOUR}, "no_consent"),
        ({"withdrawn_at": NOW - DAY}, "no_consent"),
        ({"withdrawn_at": NOW - 2 * DAY}, GOOD),
        ({"channel": "sms"}, "no_consent"),
        ({"channel": "all"}, GOOD),
        ({"purpose": "product"}, "no_consent"),
        ({"explicit_at": None}, "no_consent"),
        ({"explicit_at": None, "soft_at": NOW - DAY}, GOOD),
    ],
)
def test_consent(row: dict[str, object], found: str) -> None:
    """Of one purpose and channel, as it was last said; an end at the same instant holds."""
    facts = known(consents=[CONSENT | row])
    assert clause(one(stream="marketing"), facts=facts) == [found]


def test_all_marketing_ends_every_purpose_and_nothing_that_is_owed() -> None:
    end = {"subject": "ada", "purpose": "all", "channel": "all", "withdrawn_at": NOW - HOUR}
    facts = known(consents=[CONSENT, end])
    found = [clause(one(stream=stream), facts=facts) for stream in STREAMS]
    assert found == [[GOOD], [GOOD], ["no_consent"], ["no_consent"]]


def test_a_soft_opt_in_ends_with_the_customer() -> None:
    soft = {**CONSENT, "explicit_at": None, "soft_at": NOW - 9 * DAY}
    both = msgspec.structs.replace(LEFT, consents=known(consents=[soft]).consents)
    assert clause(one(stream="marketing"), facts=both) == ["no_consent"]


@pytest.mark.parametrize(
    ("country", "verb", "withdrawn", "found"),
    [
        ("US", "message.send", None, GOOD),
        ("US", "message.send", NOW - DAY, "no_consent"),
        ("US", "phone.ring", None, "no_consent"),
        ("DE", "message.send", None, "no_consent"),
        (None, "message.send", None, "no_consent"),
    ],
)
def test_jurisdiction(
    country: str | None, verb: str, withdrawn: datetime | None, found: str
) -> None:
    """Mail alone, and only where the law asks for no consent before it; unknown is not there."""
    end = {"subject": "ada", "purpose": "marketing", "channel": "all", "withdrawn_at": withdrawn}
    facts = known(contact_points=[{"subject": "ada", "country": country}], consents=[end])
    assert clause(one(verb=verb, stream="marketing"), facts=facts) == [found]


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(
    ("row", "stopped"),
    [
        ({"bounced_at": NOW - DAY}, True),
        ({"complained_at": NOW - DAY}, True),
        ({"suppressed_at": NOW - DAY}, True),
        ({"bounced_at": NOW - DAY, "renewed_at": NOW - HOUR}, False),
        ({"suppressed_at": NOW - DAY, "renewed_at": NOW - HOUR}, False),
        ({"bounced_at": NOW - HOUR, "renewed_at": NOW - DAY}, True),
        ({"complained_at": NOW - DAY, "renewed_at": NOW - HOUR}, True),
        ({"channel": "sms", "bounced_at": NOW - DAY}, False),
        ({"renewed_at": NOW - DAY}, False),
    ],
)
def test_suppression(stream: str, row: dict[str, object], stopped: bool) -> None:
    place = {"subject": "ada", "channel": "mail"}
    facts = known(suppressions=[place | row], consents=[CONSENT])
    assert (clause(one(stream=stream), facts=facts) == ["suppressed"]) == stopped


def test_our_own_people_are_reached_always() -> None:
    """The morning briefing goes to somebody of the house: none of this is asked of him."""
    facts = known(
        contact_points=[{"subject": "anna", "erased": True}],
        suppressions=[{"subject": "anna", "channel": "mail", "complained_at": NOW}],
    )
    night = msgspec.structs.replace(Contact(), quiet_from_hour=0, quiet_until_hour=23)
    said = one(subject="ceo", to="anna", stream="marketing")
    assert clause(said, facts=facts, contact=night, people={"anna": "owner"}) == [GOOD]
    assert clause(said, facts=facts, contact=night) == ["no_longer"]


def test_the_recipient_is_whom_the_message_names() -> None:
    facts = known(suppressions=[{"subject": "eve", "channel": "mail", "complained_at": NOW}])
    asked = [one("a", to="eve"), one("b", subject="eve", to="ada"), one("c")]
    assert clause(*asked, facts=facts) == ["suppressed", GOOD, GOOD]


def test_what_reaches_nobody_is_not_asked() -> None:
    def ask(people: pl.DataFrame) -> Known:
        raise AssertionError(people)

    plain = msgspec.structs.replace(ground(), people=ask)
    row = one(verb="invoice.issue", automation="finance.invoicing")
    found = judge(pl.DataFrame([row], schema=DECISION_SCHEMA), plain, NOW)
    assert found["clause"].to_list() == [GOOD]


def test_the_holdout_is_stable_and_of_the_asked_size() -> None:
    """Of 2,000 subjects about a fifth; the same at another time; owed streams know none."""
    contact = msgspec.structs.replace(OPEN, holdout_share=0.2)
    asked = [one(f"{n}", subject=f"s{n}", stream="product") for n in range(2000)]
    first = judged(asked, contact=contact)
    held = first["clause"] == "held_out"
    assert 320 <= held.sum() <= 480
    assert set(first.filter(held)["level"]) == {"off"}
    later = judged(asked, contact=contact, now=NOW + 400 * DAY)
    assert (later["clause"] == "held_out").to_list() == held.to_list()
    more = msgspec.structs.replace(contact, holdout_share=0.3)
    wider = judged(asked, contact=more)["clause"] == "held_out"
    assert (wider | ~held).all() and wider.sum() > held.sum()
    for stream in ("service", "billing"):
        owed = [one(f"{n}", subject=f"s{n}", stream=stream) for n in range(200)]
        assert set(clause(*owed, contact=contact)) == {GOOD}


def test_another_house_holds_out_others() -> None:
    contact = msgspec.structs.replace(OPEN, holdout_share=0.5)
    asked = [one(f"{n}", subject=f"s{n}", stream="product") for n in range(50)]
    frame = pl.DataFrame(asked, schema=DECISION_SCHEMA)
    levels = {(WISHES, "*"): Level.AUTO}
    plain = msgspec.structs.replace(ground(), policy=Policy(levels=levels, contact=contact))
    one_, other = (
        judge(frame, msgspec.structs.replace(plain, salt=salt), NOW).sort("id")["held_out"]
        for salt in ("a", "b")
    )
    assert one_.to_list() != other.to_list()
