"""The only place that reads the wall clock. All times are UTC, whole microseconds, naive."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

import msgspec

QUARTER_HOUR = timedelta(minutes=15)
MICROSECOND = timedelta(microseconds=1)


class Cadence(msgspec.Struct, frozen=True):
    """A recurring instant: an RFC 5545 rule in an IANA zone, e.g. FREQ=DAILY;BYHOUR=7."""

    rule: str
    zone: str = "UTC"


class WallClock:
    """Time as the machine tells it."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(tzinfo=None)


class LiveClock:
    """The wall's time for a house that runs: it never goes back, and is never before `floor`.

    Where the wall is set back, time goes on by the machine's monotonic seconds from the last
    instant that was told, until the wall is ahead again. Any thread may ask.
    """

    def __init__(
        self,
        floor: datetime,
        wall: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic, self._lock = wall, monotonic, Lock()
        self._told, self._told_at_seconds = floor, monotonic()

    def now(self) -> datetime:
        return self._read()[0]

    def behind_seconds(self) -> float:
        """How far the wall lies behind the house; 0 where it does not."""
        now, wall = self._read()
        return (now - wall).total_seconds()

    def _read(self) -> tuple[datetime, datetime]:
        with self._lock:
            seconds, wall = self._monotonic(), self._wall()
            passed = timedelta(seconds=seconds - self._told_at_seconds)
            self._told, self._told_at_seconds = max(wall, self._told + passed), seconds
            return self._told, wall


class VirtualClock:
    """Time as a flight or a test sets it; it never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Raises ValueError when `instant` lies before the present one."""
        if instant < self._now:
            raise ValueError(f"a clock cannot go back from {self._now} to {instant}")
        self._now = instant


def quarter_hour(instant: datetime) -> datetime:
    """Start of the quarter-hour that holds `instant`; zones in use are whole quarter-hours."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def instant(text: str) -> datetime:
    """Read ISO 8601 with any offset (none means UTC) into a naive UTC instant.

    Raises ValueError on anything else.
    """
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


def iso(moment: datetime) -> str:
    """The one spelling of an instant in every output: 2026-10-08T06:00:00Z."""
    return moment.isoformat() + "Z"
