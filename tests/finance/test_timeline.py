"""Changes inside a period: what an owner would expect on the bill, by day and by second."""

from datetime import datetime, timedelta
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.errors import Problem
from tests.finance.quoting import book, quote, told, used
from tests.finance.slow_prices import rounded

SMALL: dict[str, object] = {"base": "30"}
LARGE: dict[str, object] = {"plan": "large", "base": "90"}
YEAR: dict[str, object] = {"plan": "year", "base": "365", "interval": "year"}
PLANS = book(SMALL, LARGE, YEAR, {"plan": "euro", "currency": "EUR"})
ASK: dict[str, object] = {"plan": "small", "start": "2026-09-01", "proration": "day"}


def change(at: str, **more: object) -> dict[str, object]:
    return {"at": at, **more}


def asked(*changes: dict[str, object], **more: object) -> list[str]:
    return told(quote(PLANS, {**ASK, "changes": changes, **more}))


def test_by_day_the_day_of_a_change_belongs_to_the_new_plan() -> None:
    assert asked(change("2026-09-11T15:00:00Z", plan="large")) == [
        "09-01 09-11 small, fixed fee for 10 of 30 days: 1000",
        "09-11 10-01 large, fixed fee for 20 of 30 days: 6000",
    ]


def test_by_second_it_belongs_to_each_for_its_hours() -> None:
    assert asked(change("2026-09-11T12:00:00Z", plan="large"), proration="second") == [
        "09-01 09-11 small, fixed fee for 907,200 of 2,592,000 seconds: 1050",
        "09-11 10-01 large, fixed fee for 1,684,800 of 2,592,000 seconds: 5850",
    ]


def test_without_proration_a_change_waits_for_the_next_period() -> None:
    moved = change("2026-09-11T12:00:00Z", plan="large", seats=2)
    assert asked(moved, proration="none", until="2026-10-02") == [
        "09-01 10-01 small, fixed fee: 3000",
        "10-01 11-01 large, fixed fee for 2 seats: 18000",
    ]


def test_a_change_on_the_first_and_on_the_last_day() -> None:
    assert asked(change("2026-09-01T18:00:00Z", plan="large")) == [
        "09-01 10-01 large, fixed fee: 9000"
    ]
    assert asked(change("2026-09-30T00:00:00Z", plan="large")) == [
        "09-01 09-30 small, fixed fee for 29 of 30 days: 2900",
        "09-30 10-01 large, fixed fee for 1 of 30 days: 300",
    ]


def test_of_two_changes_in_a_day_the_last_one_has_the_day() -> None:
    twice = change("2026-09-11T08:00:00Z", seats=50), change("2026-09-11T09:00:00Z", seats=3)
    frame = quote(PLANS, {**ASK, "changes": twice})
    assert told(frame) == ["09-01 10-01 small, fixed fee: 7000"]
    assert "3 seats for 20 of 30 days" in frame["steps"][0]


def test_up_and_down_again_costs_what_was_held_to_the_cent() -> None:
    up, down = change("2026-09-11", plan="large"), change("2026-09-21", plan="small")
    amounts = [int(line.rpartition(" ")[2]) for line in asked(up, down)]
    assert amounts == [1000, 3000, 1000]
    at_once = [change("2026-09-11", seats=9), change("2026-09-11", seats=1)]
    assert asked(*at_once) == ["09-01 10-01 small, fixed fee: 3000"]


@pytest.mark.parametrize(("policy", "amount"), [("day", 1100), ("second", 1050), ("none", 3000)])
def test_a_termination_by_each_policy(policy: str, amount: int) -> None:
    """By day the day on which it ends belongs to it."""
    (line,) = asked(ends_at="2026-09-11T12:00:00Z", proration=policy, until="2027-01-01")
    assert line.endswith(f": {amount}")


def test_a_termination_at_the_end_of_a_period_is_no_part_of_the_next() -> None:
    assert asked(ends_at="2026-10-01", until="2027-01-01") == ["09-01 10-01 small, fixed fee: 3000"]


def test_another_interval_begins_a_cycle_of_its_own() -> None:
    """The month is cut, by its full length, and the year is counted from the change."""
    assert asked(change("2026-09-16", plan="year"), until="2027-09-15") == [
        "09-01 09-16 small, fixed fee for 15 of 30 days: 1500",
        "09-16 09-16 year, fixed fee: 36500",
    ]


def test_another_anchor_cuts_the_period_and_stands_from_then_on() -> None:
    moved = change("2026-09-11", anchor="2026-09-15")
    assert asked(moved, until="2026-10-16") == [
        "09-01 09-11 small, fixed fee for 10 of 30 days: 1000",
        "09-11 09-15 small, fixed fee for 4 of 31 days: 387",
        "09-15 10-15 small, fixed fee: 3000",
        "10-15 11-15 small, fixed fee: 3000",
    ]


def test_a_calendar_month_begins_with_what_is_left_of_it() -> None:
    assert asked(start="2026-01-15", alignment="calendar", until="2026-02-02") == [
        "01-15 02-01 small, fixed fee for 17 of 31 days: 1645",
        "02-01 03-01 small, fixed fee: 3000",
    ]


def test_a_month_begun_on_the_31st() -> None:
    found = asked(start="2026-01-31", until="2026-04-01")
    assert [line[:11] for line in found] == ["01-31 02-28", "02-28 03-31", "03-31 04-30"]
    anchored = asked(start="2026-02-28", anchor="2026-01-31", until="2026-04-01")
    assert [line[:11] for line in anchored] == ["02-28 03-31", "03-31 04-30"]


def test_a_new_price_counts_from_the_next_period_or_at_once() -> None:
    versions = book({}, {"version": 2, "valid_from": "2026-09-16", "base": "60"})
    ask = {**ASK, "until": "2026-10-02"}
    assert told(quote(versions, ask)) == [
        "09-01 10-01 small, fixed fee: 3000",
        "10-01 11-01 small, fixed fee: 6000",
    ]
    assert told(quote(versions, {**ask, "new_prices": "at_once"})) == [
        "09-01 09-16 small, fixed fee for 15 of 30 days: 1500",
        "09-16 10-01 small, fixed fee for 15 of 30 days: 3000",
        "10-01 11-01 small, fixed fee: 6000",
    ]
    kept = told(quote(versions, {**ask, "version": 1, "new_prices": "at_once"}))
    assert kept == ["09-01 10-01 small, fixed fee: 3000", "10-01 11-01 small, fixed fee: 3000"]
    moved = {**ask, "version": 1, "changes": [change("2026-09-11", version=2)]}
    assert told(quote(versions, moved))[:2] == [
        "09-01 09-11 small, fixed fee for 10 of 30 days: 1000",
        "09-11 10-01 small, fixed fee for 20 of 30 days: 4000",
    ]


def test_use_is_priced_by_what_was_in_force_when_it_was_used() -> None:
    plans = book({"included": "60"}, {**LARGE, "included": "300"})
    moved = [change("2026-09-16", plan="large")]
    rows = used(("2026-09-15T23:59:59Z", "100"), ("2026-09-16T00:00:00Z", "100"))
    found = told(quote(plans, {**ASK, "changes": moved, "usage": rows}))
    assert [line for line in found if "calls" in line] == [
        "09-01 09-16 100 calls, 30 included: 7000",
        "09-16 10-01 100 calls, 150 included: 0",
    ]


def test_a_customer_who_moves_to_another_zone_has_one_bill_a_month() -> None:
    moved = change("2026-09-20", zone="Pacific/Kiritimati")
    frame = quote(PLANS, {**ASK, "changes": [moved], "until": "2026-11-30"})
    starts = frame["bill_start"].to_list()
    assert starts == [datetime(2026, 9, 1), datetime(2026, 9, 30, 10), datetime(2026, 10, 31, 10)]
    assert frame["bill_end"].to_list()[:-1] == starts[1:]
    assert frame["amount_minor"].to_list() == [3000] * 3


def test_an_account_opened_before_or_after_a_change_of_the_clock_pays_the_same() -> None:
    for policy in ("day", "second"):
        totals = {
            tuple(
                quote(
                    PLANS,
                    {**ASK, "proration": policy, "zone": "Europe/Berlin", "start": start}
                    | {"until": "2026-12-01"},
                )["amount_minor"]
            )
            for start in ("2026-10-24", "2026-10-25", "2026-10-26")
        }
        assert totals == {(3000, 3000)}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"plan": "none"}, "the price book has no plan 'none'; it has euro, large, small, year"),
        ({"version": 7}, "no priced small@7"),
        ({"start": "2019-09-01"}, "no price of the plan 'small' is in force at 2019-09-01"),
        ({"changes": [change("2026-08-01")]}, "lies before `start`"),
        ({"changes": [change("2026-09-02", plan="euro")]}, "one quote has one currency"),
        ({"until": "2190-01-01", "plan": "small", "start": "1990-01-01"}, "no price"),
        ({"until": "2026-09-01"}, "`until` is 2026-09-01 00:00:00, it must lie after"),
        ({"zone": "Mars"}, "there is no zone 'Mars'"),
    ],
)
def test_what_cannot_be_quoted_is_said_in_one_line(said: dict[str, object], wrong: str) -> None:
    with pytest.raises(Problem, match=wrong) as caught:
        quote(PLANS, {**ASK, **said})
    assert str(caught.value).startswith("quote '1': ")
    assert len(str(caught.value).splitlines()) == 1


def test_a_quote_has_an_end() -> None:
    daily = book({"interval": "day"})
    with pytest.raises(Problem, match="more than 4,000 periods"):
        quote(daily, {**ASK, "until": "2199-01-01"})


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 60 * 24 * 4 - 1),
        st.sampled_from(["small", "large", ""]),
        st.none() | st.integers(0, 9),
    ),
    max_size=5,
    unique_by=lambda one: one[0],
)
START = datetime(2026, 9, 1)
QUARTER = timedelta(minutes=15)
DAY_SLOTS = 24 * 4


def state_at(
    slot: int, changes: list[tuple[int, str, int | None]], by_day: bool
) -> tuple[str, int]:
    """Plan and seats in a quarter-hour: the last change before the end of its day, or of it."""
    plan, seats = "small", 1
    for at, to, count in sorted(changes):
        if at // DAY_SLOTS <= slot // DAY_SLOTS if by_day else at <= slot:
            plan, seats = to or plan, seats if count is None else count
    return plan, seats


@given(CHANGES, st.sampled_from(["day", "second"]), st.none() | st.integers(1, 60 * 24 * 4 - 1))
def test_fees_are_the_slow_sum_of_quarter_hours(
    changes: list[tuple[int, str, int | None]], policy: str, end: int | None
) -> None:
    """Two months of 30 and 31 days, each quarter-hour at its plan's price for its seats."""
    bases, by_day = {"small": 30, "large": 90}, policy == "day"
    said = [
        change(f"{START + slot * QUARTER}Z", plan=plan, **({} if n is None else {"seats": n}))
        for slot, plan, n in changes
    ]
    ask = {**ASK, "proration": policy, "changes": said, "until": "2026-10-02"}
    stop = 61 * DAY_SLOTS
    if end is not None:
        ask["ends_at"] = f"{START + end * QUARTER}Z"
        stop = -(-end // DAY_SLOTS) * DAY_SLOTS if by_day else end
    wanted: list[int] = []
    for first, days in ((0, 30), (30, 31)):
        held: list[tuple[str, Fraction]] = []
        for slot in range(first * DAY_SLOTS, min((first + days) * DAY_SLOTS, stop)):
            plan, seats = state_at(slot, changes, by_day)
            fee = Fraction(bases[plan] * seats, days * DAY_SLOTS)
            if held and held[-1][0] == plan:
                held[-1] = (plan, held[-1][1] + fee)
            else:
                held.append((plan, fee))
        wanted += [rounded(fee, 2) for _, fee in held if fee]
    frame = quote(PLANS, ask).filter(pl.col("kind") == "base")
    assert frame["amount_minor"].to_list() == wanted
