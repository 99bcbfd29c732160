"""Hours of business: zones, clock changes, holidays, several windows, pauses."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.customers.office import Hours, due, worked

BERLIN = Hours(zone="Europe/Berlin")
NIGHT = Hours(zone="Europe/Berlin", windows=("00:00-08:00",), weekdays=(6,))
SPLIT = Hours(windows=("09:00-12:00", "13:00-17:00"), holidays=("2026-03-03",))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "begin", "end", "expected"),
    [
        (Hours(), datetime(2026, 3, 2, 10), datetime(2026, 3, 2, 11), 1.0),
        (Hours(), datetime(2026, 3, 2, 16), datetime(2026, 3, 3, 10), 2.0),  # over a night
        (Hours(), datetime(2026, 3, 6, 16), datetime(2026, 3, 9, 10), 2.0),  # over a weekend
        (Hours(), datetime(2026, 3, 7, 10), datetime(2026, 3, 8, 10), 0.0),  # within one
        (SPLIT, datetime(2026, 3, 2, 11), datetime(2026, 3, 2, 14), 2.0),  # over lunch
        (SPLIT, datetime(2026, 3, 2, 16), datetime(2026, 3, 4, 10), 2.0),  # over a holiday
        (BERLIN, datetime(2026, 3, 2, 7, 30), datetime(2026, 3, 2, 9), 1.0),  # nine there is 8 UTC
        (BERLIN, datetime(2026, 6, 1, 6, 30), datetime(2026, 6, 1, 8), 1.0),  # in summer 7 UTC
        (NIGHT, datetime(2026, 3, 28), datetime(2026, 3, 30), 7.0),  # a day of 23 hours
        (NIGHT, datetime(2026, 10, 24), datetime(2026, 10, 26), 9.0),  # a day of 25 hours
    ],
)
def test_time_worked(hours: Hours, begin: datetime, end: datetime, expected: float) -> None:
    assert worked(hours, begin, end) == expected * HOUR


def test_a_pause_is_not_counted() -> None:
    begin, end = datetime(2026, 3, 2, 10), datetime(2026, 3, 2, 15)
    pause = (datetime(2026, 3, 2, 11), datetime(2026, 3, 2, 13))
    assert worked(Hours(), begin, end, [pause]) == 3 * HOUR


def test_what_comes_at_night_begins_with_the_next_opening() -> None:
    assert due(Hours(), datetime(2026, 3, 2, 23), HOUR) == datetime(2026, 3, 3, 10)
    assert due(Hours(), datetime(2026, 3, 6, 16, 30), HOUR) == datetime(2026, 3, 9, 9, 30)


INSTANT = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31))


@given(INSTANT, st.integers(min_value=1, max_value=3_000), st.sampled_from((BERLIN, SPLIT, NIGHT)))
def test_when_it_is_due_so_much_was_worked(begin: datetime, minutes: int, hours: Hours) -> None:
    allowed = timedelta(minutes=minutes)
    assert worked(hours, begin, due(hours, begin, allowed)) == allowed


@given(INSTANT, INSTANT, INSTANT)
def test_parts_add_up(one: datetime, two: datetime, three: datetime) -> None:
    begin, middle, end = sorted((one, two, three))
    assert worked(BERLIN, begin, middle) + worked(BERLIN, middle, end) == worked(BERLIN, begin, end)
