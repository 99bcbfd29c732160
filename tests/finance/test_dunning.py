"""The dunning schedule as the mission has it, and what no run may ever do."""

from datetime import datetime, timedelta

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.finance.automations.dunning import measure, propose
from psizero.finance.dunning import (
    CAUSES,
    DAY,
    WORDS,
    Cause,
    Settings,
    at_hand,
    cause,
    limit,
    steps,
)

BEGIN = datetime(2026, 3, 1, 6, 1)
USUAL = Settings()
CODES = (*CAUSES, "something_new", "")
WHEN = st.timedeltas(timedelta(), timedelta(days=40))


def tries(why: Cause) -> list[int]:
    """The days on which a payment is tried again."""
    return [one.days for one in steps(why, USUAL) if one.retry]


def test_a_soft_decline_is_tried_on_the_days_of_the_mission() -> None:
    assert tries(Cause.SOFT) == [1, 3, 7, 14]


def test_an_unknown_code_is_soft_with_one_try_less() -> None:
    assert cause("something_new") is Cause.UNKNOWN
    assert tries(Cause.UNKNOWN) == [1, 3, 7]


@pytest.mark.parametrize("why", [Cause.HARD, Cause.CONFIRM])
def test_what_time_does_not_heal_is_never_tried(why: Cause) -> None:
    assert tries(why) == []
    assert steps(why, USUAL)[0].days == 0 and steps(why, USUAL)[0].message


def test_the_limits_of_the_mission_then_read_only() -> None:
    seen = [limit(Cause.SOFT, BEGIN, USUAL, BEGIN + day * DAY) for day in (0, 1, 3, 7, 14, 21)]
    assert seen == [(100, False), (100, False), (50, False), (20, False), (5, False), (5, True)]


@given(st.sampled_from([Cause.HARD, Cause.CONFIRM]), st.timedeltas(timedelta(), 7 * DAY))
def test_seven_days_of_service_where_the_customer_has_to_act(why: Cause, after: timedelta) -> None:
    now = BEGIN + min(after, 7 * DAY - timedelta(microseconds=1))
    assert limit(why, BEGIN, USUAL, now) == (100, False)


@given(st.sampled_from(list(Cause)), WHEN, WHEN)
def test_a_limit_only_tightens_within_a_run(why: Cause, one: timedelta, more: timedelta) -> None:
    first, later = (limit(why, BEGIN, USUAL, BEGIN + at) for at in (one, one + more))
    assert later[0] <= first[0] and later[1] >= first[1]


@given(st.sampled_from(list(Cause)), WHEN)
def test_a_step_is_at_hand_for_one_day(why: Cause, after: timedelta) -> None:
    found = at_hand(why, BEGIN, USUAL, BEGIN + after)
    assert len(found) <= 1
    assert all(one.days == after // DAY for one in found)


def test_every_step_has_its_words() -> None:
    said = {one.message for why in Cause for one in steps(why, USUAL) if one.message}
    assert said == set(WORDS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"step_days": (1, 3)},
        {"step_days": (1, 7, 3, 14, 21)},
        {"limit_percents": (1, 2, 3, 4, 500)},
    ],
)
def test_a_schedule_that_no_run_could_keep_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(USUAL) | wrong, Settings)


def facts(code: str, owed_minor: int, entitled: tuple[int, bool] | None) -> dict[str, pl.DataFrame]:
    """One customer whose invoice failed, and perhaps is limited."""
    failed = {"customer": "acme", "currency": "USD", "owed_minor": owed_minor, "invoice": "12"}
    failed |= {"first_failed_at": BEGIN, "last_failed_at": BEGIN, "decline_code": code}
    run = pl.DataFrame([failed]).with_columns(
        method_updated_at=pl.lit(None, pl.Datetime("us")), invoices=1
    )
    schema = {"customer": pl.String, "limit_percent": pl.Int64, "read_only": pl.Boolean}
    rows = [("acme", *entitled)] if entitled else []
    known = pl.DataFrame(rows, schema=schema, orient="row")
    changed = known.with_columns(changed_at=pl.lit(BEGIN, pl.Datetime("us")))
    invoices = run.drop("method_updated_at", "invoices").with_columns(failures=1)
    return {"dunning_runs": run, "dunned_invoices": invoices, "entitlements": changed}


@given(st.sampled_from(CODES), WHEN, st.integers(1, 10_000))
def test_one_morning_asks_a_customer_once(code: str, after: timedelta, owed_minor: int) -> None:
    made = list(propose(facts(code, owed_minor, None), USUAL, BEGIN + after))
    verbs = [one.verb for one in made]
    assert len(verbs) == len(set(verbs))
    assert not made or owed_minor >= USUAL.owed_minor_min
    if cause(code) in (Cause.HARD, Cause.CONFIRM):
        assert "payment.charge" not in verbs
    names = [one.id_for("finance.dunning") for one in made]
    again = [
        one.id_for("finance.dunning")
        for one in propose(facts(code, owed_minor, None), USUAL, BEGIN + after)
    ]
    assert names == again


@given(st.sampled_from(CODES), WHEN)
def test_what_is_allowed_already_is_not_said_again(code: str, after: timedelta) -> None:
    now = BEGIN + after
    stands = limit(cause(code), BEGIN, USUAL, now)
    made = propose(facts(code, 4900, stands), USUAL, now)
    assert "entitlement.set" not in [one.verb for one in made]


def test_who_is_excluded_is_left_alone_and_not_limited() -> None:
    settings = Settings(excluded=("acme",))
    made = list(propose(facts("lost_card", 4900, (5, True)), settings, BEGIN + 2 * DAY))
    assert [(one.verb, one.parameters["limit_percent"]) for one in made] == [
        ("entitlement.set", 100)
    ]


def test_a_new_card_is_tried_at_once_whatever_the_code() -> None:
    known = facts("lost_card", 4900, None)
    at = BEGIN + 2 * DAY
    known["dunning_runs"] = known["dunning_runs"].with_columns(method_updated_at=pl.lit(at))
    made = list(propose(known, USUAL, at + timedelta(seconds=1)))
    assert [one.verb for one in made] == ["payment.charge"]


def test_a_complaint_is_bad_and_a_debt_is_only_counted() -> None:
    due = pl.DataFrame(
        {
            "decision": ["a", "b", "c"],
            "subject": ["acme", "bolt", "cove"],
            "episode": ["2026-03-01 12 day 1", "2026-03-01 13 day 1", "2026-03-01 14 day 1"],
        }
    )
    at = {"acme": BEGIN + DAY, "bolt": BEGIN - 9 * DAY, "cove": None}
    said = pl.DataFrame({"subject": list(at), "complained_at": list(at.values())})
    owed = pl.DataFrame({"customer": ["cove"], "owed_minor": [4900]})
    found = measure({"dunning_runs": owed, "suppressions": said}, due)
    assert found["good"].to_list() == [False, True, True]
    assert found["value"].to_list() == [0, 0, 4900]
