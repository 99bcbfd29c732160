"""The only place that reads the wall clock. All times are UTC, whole microseconds, naive."""

from datetime import UTC, datetime, timedelta

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
