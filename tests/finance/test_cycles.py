"""Billing periods: the days an owner would name, and no gap and no overlap in any zone."""

from datetime import date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.finance.cycles import (
    Cycle,
    Period,
    aligned,
    boundary_day,
    local_day,
    midnight,
    months_later,
    periods,
)

HOUR = timedelta(hours=1)
ZONES = """UTC Europe/Berlin America/New_York America/St_Johns Pacific/Kiritimati Pacific/Pago_Pago
Asia/Kathmandu America/Sao_Paulo Africa/Cairo America/Havana Pacific/Apia Australia/Lord_Howe
America/Nuuk""".split()
DAYS = st.dates(date(1980, 1, 1), date(2090, 1, 1))
INTERVALS = st.sampled_from(["day", "week", "month", "year"])
CYCLES = st.builds(
    lambda interval, count, anchor, zone: Cycle(
        interval=interval, count=count, anchor=anchor, zone=zone
    ),
    INTERVALS,
    st.integers(1, 40),
    DAYS,
    st.sampled_from(ZONES),
)


def days(interval: str, anchor: str, nths: range, count: int = 1) -> list[str]:
    cycle = Cycle(interval=interval, count=count, anchor=date.fromisoformat(anchor))
    return [boundary_day(cycle, nth).isoformat() for nth in nths]


def first(cycle: Cycle, since: str, count: int) -> list[Period]:
    return list(islice(periods(cycle, datetime.fromisoformat(since)), count))


def test_a_month_begun_on_the_31st_comes_back_to_it() -> None:
    assert days("month", "2026-01-31", range(5)) == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
    ]
    assert days("month", "2028-01-30", range(1, 3)) == ["2028-02-29", "2028-03-30"]


def test_a_year_begun_on_the_29th_of_february() -> None:
    assert days("year", "2024-02-29", range(1, 5)) == [
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


@pytest.mark.parametrize("day", ["30", "31"])
def test_a_quarter_begun_late_in_a_month(day: str) -> None:
    assert days("month", f"2025-08-{day}", range(1, 4), count=3) == [
        "2025-11-30",
        "2026-02-28",
        f"2026-05-{day}",
    ]


def test_every_28_days_and_weeks_over_the_years_end() -> None:
    assert days("day", "2026-12-08", range(3), count=28) == [
        "2026-12-08",
        "2027-01-05",
        "2027-02-02",
    ]
    assert days("week", "2026-12-24", range(3)) == ["2026-12-24", "2026-12-31", "2027-01-07"]
    assert days("week", "2026-12-24", range(1, 2), count=2) == ["2027-01-07"]


@pytest.mark.parametrize(
    ("interval", "count", "begins"),
    [
        ("day", 5, "2026-08-20"),
        ("week", 1, "2026-08-17"),
        ("week", 2, "2026-08-17"),
        ("month", 1, "2026-08-01"),
        ("month", 3, "2026-07-01"),
        ("month", 6, "2026-07-01"),
        ("year", 1, "2026-01-01"),
    ],
)
def test_the_calendars_own_periods(interval: str, count: int, begins: str) -> None:
    cycle = Cycle(interval=interval, count=count, anchor=date(2026, 8, 20))
    assert aligned(cycle, "calendar").anchor.isoformat() == begins
    assert aligned(cycle, "anniversary") == cycle


def test_a_month_with_a_change_of_the_clock_has_an_hour_less_or_more() -> None:
    cycle = Cycle(interval="month", anchor=date(2026, 1, 1), zone="Europe/Berlin")
    march, october = first(cycle, "2026-03-10", 1)[0], first(cycle, "2026-10-10", 1)[0]
    assert (march.end - march.start, march.days) == (743 * HOUR, 31)
    assert (october.end - october.start, october.days) == (745 * HOUR, 31)
    assert march.start == datetime(2026, 2, 28, 23), "midnight of the 1st in Berlin"
    assert march.end == datetime(2026, 3, 31, 22)


def test_a_year_has_366_days_in_a_leap_year() -> None:
    cycle = Cycle(interval="year", anchor=date(2023, 7, 1))
    assert [one.days for one in first(cycle, "2023-07-01", 3)] == [366, 365, 365]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_every_local_day_is_billed_once_at_the_edges_of_the_world(zone: str) -> None:
    found = first(Cycle(interval="day", anchor=date(2026, 3, 1), zone=zone), "2026-03-05", 40)
    assert [one.first_day for one in found] == [
        found[0].first_day + timedelta(days=n) for n in range(40)
    ]
    assert {one.end - one.start for one in found} == {24 * HOUR}


def test_a_day_that_a_zone_left_out_is_no_period() -> None:
    """Samoa had no 30 December 2011."""
    cycle = Cycle(interval="day", anchor=date(2011, 12, 28), zone="Pacific/Apia")
    found = first(cycle, "2011-12-28T10:00:00", 4)
    assert [one.first_day.day for one in found] == [28, 29, 31, 1]
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_midnight_that_is_skipped_is_the_first_instant_of_its_day() -> None:
    """In Sao Paulo 4 November 2018 began at 1 o'clock."""
    at = midnight(date(2018, 11, 4), "America/Sao_Paulo")
    assert at == datetime(2018, 11, 4, 3)
    assert local_day(at, "America/Sao_Paulo") == date(2018, 11, 4)


def test_a_midnight_that_comes_twice_counts_the_first_time() -> None:
    """In Havana the clock goes back from 1 to 0 o'clock."""
    assert midnight(date(2026, 11, 1), "America/Havana") == datetime(2026, 11, 1, 4)


@given(CYCLES, st.sampled_from(["anniversary", "calendar"]), st.datetimes(datetime(1980, 1, 1)))
def test_no_gap_no_overlap_and_the_first_one_holds_the_instant(
    cycle: Cycle, alignment: str, since: datetime
) -> None:
    since = since.replace(year=1980 + since.year % 110)
    cycle = aligned(cycle, alignment)
    found = list(islice(periods(cycle, since), 6))
    assert found[0].start <= since < found[0].end
    for one, other in pairwise(found):
        assert one.start < one.end == other.start
    for one in found:
        assert one.start == midnight(one.first_day, cycle.zone)
        if cycle.interval in ("month", "year"):
            step = cycle.count * (12 if cycle.interval == "year" else 1)
            months = (one.first_day.year - cycle.anchor.year) * 12
            months += one.first_day.month - cycle.anchor.month
            assert months % step == 0
            assert one.first_day == months_later(cycle.anchor, months)
            assert one.first_day.day == cycle.anchor.day or one.first_day.day >= 28
        else:
            step = cycle.count * (7 if cycle.interval == "week" else 1)
            assert (one.first_day - cycle.anchor).days % step == 0


MOVES = st.lists(
    st.tuples(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.sampled_from(ZONES)),
    max_size=3,
    unique_by=lambda one: one[0],
).map(lambda moves: tuple(sorted(moves)))


@given(INTERVALS, st.sampled_from(ZONES), MOVES)
def test_a_move_to_another_zone_leaves_no_gap_and_no_overlap(
    interval: str, zone: str, moves: tuple[tuple[datetime, str], ...]
) -> None:
    cycle = Cycle(interval=interval, anchor=date(2026, 1, 31), zone=zone, moves=moves)
    found = list(islice(periods(cycle, datetime(2026, 1, 31, 12)), 30))
    for one, other in pairwise(found):
        assert one.start < one.end == other.start
    last = moves[-1] if moves else (datetime(2026, 1, 1), zone)
    for one in found:
        if one.start > last[0]:
            assert one.start == midnight(one.first_day, last[1]), "the new zone's own midnight"


def test_a_customer_who_moves_east_within_a_period() -> None:
    moved = (datetime(2026, 3, 10, 12), "Asia/Tokyo")
    cycle = Cycle(
        interval="month", anchor=date(2026, 3, 1), zone="America/New_York", moves=(moved,)
    )
    march, april = first(cycle, "2026-03-05", 2)
    assert (march.start, march.end) == (datetime(2026, 3, 1, 5), datetime(2026, 3, 31, 15))
    assert (april.end, april.zone) == (datetime(2026, 4, 30, 15), "Asia/Tokyo")


def test_a_zone_that_is_none_is_a_problem() -> None:
    for name in ("Mars/Olympus", "", "/etc/passwd", "../x", "Europe"):
        with pytest.raises(Problem, match="there is no zone"):
            midnight(date(2026, 1, 1), name)


def test_an_end_beyond_the_calendar_is_a_problem() -> None:
    cycle = Cycle(interval="year", count=9_000, anchor=date(2026, 1, 1))
    with pytest.raises(Problem, match="after the year 9999"):
        next(periods(cycle, datetime(2026, 1, 1)))
    with pytest.raises(Problem, match="alignment is 'lunar'"):
        aligned(cycle, "lunar")
