"""Clocks go forward, instants are read and spelled one way, quarter-hours begin on the quarter."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.clock import VirtualClock, WallClock, instant, iso, quarter_hour

START = datetime(2026, 10, 1)


def test_a_clock_that_goes_back_is_refused() -> None:
    clock = VirtualClock(START)
    clock.move_to(START)
    clock.move_to(START + timedelta(seconds=1))
    with pytest.raises(ValueError, match="cannot go back"):
        clock.move_to(START)
    assert clock.now() == START + timedelta(seconds=1)


def test_the_wall_clock_is_utc_and_naive() -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    assert before <= WallClock().now() <= datetime.now(UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-10-08T06:00:00Z", datetime(2026, 10, 8, 6)),
        ("2026-10-08T06:00:00", datetime(2026, 10, 8, 6)),
        ("2026-10-08T06:00:00+02:00", datetime(2026, 10, 8, 4)),
        ("2026-10-08", datetime(2026, 10, 8)),
        ("2026-10-08T06:00:00.000001-00:30", datetime(2026, 10, 8, 6, 30, 0, 1)),
    ],
)
def test_instants_are_read_into_utc(text: str, said: datetime) -> None:
    assert instant(text) == said


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "08.10.2026"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        instant(text)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 4, 14 * 4))
def test_whatever_the_offset_it_is_the_same_instant(moment: datetime, quarters: int) -> None:
    zone = timezone(timedelta(minutes=15 * quarters))
    shown = moment.replace(tzinfo=UTC).astimezone(zone).isoformat()
    assert instant(shown) == moment == instant(iso(moment))


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))
def test_quarter_hours(moment: datetime) -> None:
    start = quarter_hour(moment)
    assert start <= moment < start + timedelta(minutes=15)
    assert start.minute in (0, 15, 30, 45) and (start.second, start.microsecond) == (0, 0)
