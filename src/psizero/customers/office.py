"""The office: in which hours there is somebody, and what time is counted. Pure.

A clock runs in the windows of the company's working days, in its own zone: nine to five is eight
hours on a day of 23 hours too, and what comes at night begins with the next opening.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

DAYS_MAX = 400
Span = tuple[datetime, datetime]


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """`windows` as 09:00-17:00, several a day; `weekdays` from 0, Monday; `holidays` as dates."""

    zone: str = "UTC"
    windows: tuple[str, ...] = ("09:00-17:00",)
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: tuple[str, ...] = ()


@lru_cache(maxsize=4_096)
def _opened(hours: Hours, day: date) -> tuple[Span, ...]:
    """The windows of one day, in UTC. An hour that a clock change skips is before the change."""
    if day.weekday() not in hours.weekdays or day.isoformat() in hours.holidays:
        return ()
    zone = ZoneInfo(hours.zone)
    found = list[Span]()
    for window in hours.windows:
        begin, _, end = window.partition("-")
        first, last = (_utc(datetime.combine(day, time(0)), one, zone) for one in (begin, end))
        if first < last:
            found.append((first, last))
    return tuple(sorted(found))


def _utc(day: datetime, said: str, zone: ZoneInfo) -> datetime:
    hour, _, minute = said.strip().partition(":")
    local = day + timedelta(hours=int(hour), minutes=int(minute or 0))
    return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def _windows(hours: Hours, begin: datetime) -> Iterator[Span]:
    """Windows from an instant on, for a year and a bit."""
    local = begin.replace(tzinfo=UTC).astimezone(ZoneInfo(hours.zone)).date()
    for number in range(-1, DAYS_MAX):
        for first, last in _opened(hours, local + timedelta(days=number)):
            if last > begin:
                yield max(first, begin), last


def worked(hours: Hours, begin: datetime, end: datetime, pauses: Iterable[Span] = ()) -> timedelta:
    """How long somebody was there between two instants, less the pauses (which do not overlap)."""
    total = timedelta(0)
    for first, last in _windows(hours, begin):
        if first >= end:
            break
        total += min(last, end) - first
    for paused, resumed in pauses:
        if paused < end and resumed > begin:
            total -= worked(hours, max(paused, begin), min(resumed, end))
    return total


def due(hours: Hours, begin: datetime, allowed: timedelta) -> datetime:
    """When so much working time has passed; the last window known where it never does."""
    left, last = allowed, begin
    for first, last in _windows(hours, begin):
        if last - first >= left:
            return first + left
        left -= last - first
    return last
