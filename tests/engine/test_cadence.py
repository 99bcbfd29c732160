"""Cadences are read as wall time in their zone, also on the days on which a clock is changed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.clock import Cadence
from psizero.engine.agenda import ceil_second, next_cadence

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
RULES = (
    "FREQ=DAILY;BYHOUR=7",
    "FREQ=DAILY;BYHOUR=2;BYMINUTE=30",
    "FREQ=DAILY;BYHOUR=0,12;BYMINUTE=15",
    "FREQ=WEEKLY;BYDAY=MO;BYHOUR=6",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=23",
    "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=1;BYMINUTE=59",
)
cadences = st.builds(Cadence, st.sampled_from(RULES), st.sampled_from((BERLIN, NEW_YORK, "UTC")))
instants = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1))


def after(cadence: Cadence, instant: datetime) -> datetime:
    """The next one; none of these rules ends."""
    found = next_cadence(cadence, instant)
    assert found is not None
    return found


def series(cadence: Cadence, start: datetime, count: int) -> list[datetime]:
    """The next so many."""
    found = [start]
    while len(found) <= count:
        found.append(after(cadence, found[-1]))
    return found[1:]


def local(instant: datetime, zone: str) -> datetime:
    """What a clock on the wall shows."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def test_seven_in_berlin_stays_seven_over_the_spring() -> None:
    found = series(Cadence("FREQ=DAILY;BYHOUR=7", BERLIN), datetime(2026, 3, 27, 12), 3)
    assert found == [
        datetime(2026, 3, 28, 6),
        datetime(2026, 3, 29, 5),
        datetime(2026, 3, 30, 5),
    ]


def test_seven_in_berlin_stays_seven_over_the_autumn() -> None:
    found = series(Cadence("FREQ=DAILY;BYHOUR=7", BERLIN), datetime(2026, 10, 24), 3)
    assert found == [
        datetime(2026, 10, 24, 5),
        datetime(2026, 10, 25, 6),
        datetime(2026, 10, 26, 6),
    ]


def test_an_hour_that_a_clock_skips_comes_all_the_same() -> None:
    found = series(Cadence("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", BERLIN), datetime(2026, 3, 28), 3)
    assert found == [
        datetime(2026, 3, 28, 1, 30),
        datetime(2026, 3, 29, 1, 30),
        datetime(2026, 3, 30, 0, 30),
    ]


def test_within_the_hour_that_a_clock_skips() -> None:
    """At 01:15 UTC the wall shows 03:15, and what was to come at 02:30 is still to come."""
    cadence = Cadence("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", BERLIN)
    assert after(cadence, datetime(2026, 3, 29, 1, 15)) == datetime(2026, 3, 29, 1, 30)


def test_an_hour_that_comes_twice_counts_once() -> None:
    found = series(Cadence("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", BERLIN), datetime(2026, 10, 24), 3)
    assert found == [
        datetime(2026, 10, 24, 0, 30),
        datetime(2026, 10, 25, 0, 30),
        datetime(2026, 10, 26, 1, 30),
    ]


@pytest.mark.parametrize(
    "moment", [datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 25, 1, 0), datetime(2026, 10, 25)]
)
def test_within_the_hour_that_comes_twice(moment: datetime) -> None:
    """Seen from the first and from the second 02:30 of that night, the next is not skipped."""
    found = after(Cadence("FREQ=DAILY;BYHOUR=3", BERLIN), moment)
    assert found == datetime(2026, 10, 25, 2)


def test_the_31st_is_not_the_30th() -> None:
    found = series(Cadence("FREQ=MONTHLY;BYMONTHDAY=31"), datetime(2026, 1, 31), 3)
    assert found == [datetime(2026, 3, 31), datetime(2026, 5, 31), datetime(2026, 7, 31)]


@given(cadences, instants)
def test_strictly_after(cadence: Cadence, instant: datetime) -> None:
    assert after(cadence, instant) > instant


@given(cadences, instants, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_wherever_one_looks_from_the_next_is_the_same(
    cadence: Cadence, instant: datetime, step: timedelta
) -> None:
    """A run at another instant in between moves no cadence."""
    following = after(cadence, instant)
    later = min(instant + step, following - timedelta(microseconds=1))
    assert after(cadence, later) == following


@given(st.sampled_from((BERLIN, NEW_YORK)), instants)
def test_once_a_local_day_and_none_left_out(zone: str, instant: datetime) -> None:
    found = series(Cadence("FREQ=DAILY;BYHOUR=7", zone), instant, 10)
    days = [local(one, zone).date() for one in found]
    assert all(local(one, zone).hour == 7 for one in found)
    assert all(other - one == timedelta(days=1) for one, other in pairwise(days))


def test_a_rule_that_ended_has_no_next() -> None:
    cadence = Cadence("FREQ=DAILY;UNTIL=20260101T000000")
    assert next_cadence(cadence, datetime(2026, 1, 5)) is None


@given(instants)
def test_ceil_second(instant: datetime) -> None:
    whole = ceil_second(instant)
    assert whole.microsecond == 0
    assert timedelta(0) <= whole - instant < timedelta(seconds=1)
    assert ceil_second(whole) == whole
