"""Billing periods: weekly to yearly and every n days, in the customer's zone.

A boundary is the beginning of a local day, turned into UTC each time, and its day is counted from
the original anchor each time: a month anchored on the 31st ends February on its last day and comes
back to the 31st in March; no clock change and no short month is carried on.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from psizero.core.errors import Problem

ALIGNMENTS = ("anniversary", "calendar")
"""From the day on which it began, or from the first of a month, of a quarter, or a Monday."""
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_LONGEST_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """Periods of `count` intervals whose boundaries are counted from the day `anchor`.

    `moves` are instants (UTC) from which on another zone counts, in their order.
    """

    interval: str
    count: int = 1
    anchor: date
    zone: str = "UTC"
    moves: tuple[tuple[datetime, str], ...] = ()


class Period(msgspec.Struct, frozen=True):
    """Half open: `start` is in it, `end` is not (UTC). The days are those of the zone."""

    start: datetime
    end: datetime
    first_day: date
    end_day: date
    zone: str

    @property
    def days(self) -> int:
        """How many days of the calendar it has, whatever their hours."""
        return (self.end_day - self.first_day).days


def zone_of(name: str) -> ZoneInfo:
    """Raises Problem where there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Problem(f"there is no zone {name!r}; write one like Europe/Berlin") from None


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a local day in UTC; where midnight is skipped, what comes instead.

    Of a midnight that comes twice the first one counts.
    """
    local = datetime(day.year, day.month, day.day, tzinfo=zone_of(zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def local_day(at: datetime, zone: str) -> date:
    """The day of the zone that holds an instant of UTC."""
    return at.replace(tzinfo=UTC).astimezone(zone_of(zone)).date()


def months_later(anchor: date, months: int) -> date:
    """The same day of a month so many months away, or that month's last day."""
    month = anchor.year * 12 + anchor.month - 1 + months
    year, nth = divmod(month, 12)
    return date(year, nth + 1, min(anchor.day, monthrange(year, nth + 1)[1]))


def aligned(cycle: Cycle, alignment: str) -> Cycle:
    """The cycle from its own anchor, or from the calendar's beginning of the anchor's period.

    A year begins on the 1st of January, months on the 1st, several ones where their number
    divides the year: quarters in January, April, July and October. A week begins on Monday.
    """
    if alignment not in ALIGNMENTS:
        raise Problem(f"alignment is {alignment!r}, it must be {' or '.join(ALIGNMENTS)}")
    if alignment == "anniversary" or cycle.interval == "day":
        return cycle
    anchor = cycle.anchor
    if cycle.interval == "week":
        first = anchor - timedelta(days=anchor.weekday())
    elif cycle.interval == "year":
        first = date(anchor.year, 1, 1)
    else:
        month = anchor.year * 12 + anchor.month - 1
        year, nth = divmod(month - month % cycle.count, 12)
        first = date(year, nth + 1, 1)
    return msgspec.structs.replace(cycle, anchor=first)


def boundary_day(cycle: Cycle, nth: int) -> date:
    """The local day on which period `nth` begins; period 0 begins at the anchor."""
    if cycle.interval in _DAYS:
        return cycle.anchor + timedelta(days=nth * cycle.count * _DAYS[cycle.interval])
    return months_later(cycle.anchor, nth * cycle.count * _MONTHS[cycle.interval])


def boundary(cycle: Cycle, nth: int) -> datetime:
    """The instant (UTC) at which period `nth` begins.

    It is midnight in the zone that counts then; where a move to another zone has skipped that, it
    is the instant of the move. So periods neither overlap nor leave a gap.
    """
    day = boundary_day(cycle, nth)
    at = midnight(day, cycle.zone)
    for moved_at, zone in cycle.moves:
        if moved_at < at:
            at = max(midnight(day, zone), moved_at)
    return at


def periods(cycle: Cycle, since: datetime) -> Iterator[Period]:
    """Full periods in their order, the first one that which holds `since`; without end.

    A local day that a zone has left out altogether makes no period. Raises Problem after the year
    9999.
    """
    try:
        nth = _holding(cycle, since)
        while True:
            start, end = boundary(cycle, nth), boundary(cycle, nth + 1)
            if start < end:
                days = boundary_day(cycle, nth), boundary_day(cycle, nth + 1)
                yield Period(start, end, *days, _zone_at(cycle, start))
            nth += 1
    except (OverflowError, ValueError):
        raise Problem("a period ends after the year 9999") from None


def _holding(cycle: Cycle, at: datetime) -> int:
    """The period in which an instant lies: a guess from the days, set right from there."""
    longest = _LONGEST_DAYS[cycle.interval] * cycle.count
    nth = (local_day(at, cycle.zone) - cycle.anchor).days // longest
    while boundary(cycle, nth) > at:
        nth -= 1
    while boundary(cycle, nth + 1) <= at:
        nth += 1
    return nth


def _zone_at(cycle: Cycle, at: datetime) -> str:
    zones = [zone for moved_at, zone in cycle.moves if moved_at <= at]
    return zones[-1] if zones else cycle.zone
