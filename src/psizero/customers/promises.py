"""Promises: what every ticket is owed by when, in hours of business, and how it went. Pure.

The first answer of a person has a clock of its own: what the autopilot says at once does not stop
it. Resolution stands still while only the customer can go on. Both are counted from the opening.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.tables import Facts
from psizero.customers.metric import METRIC, mean, share
from psizero.customers.office import Hours, Span, due, worked

PREFIX = "settings.customers.ticket_clock."
WINDOW = timedelta(days=90)
_AT = pl.Datetime("us")
CLOCKS = {
    "ticket": pl.String(),
    "customer": pl.String(),
    "opened_at": _AT,
    "priority": pl.String(),
    "team": pl.String(),
    "owner": pl.String(),
    "first_response_seconds": pl.Float64(),
    "human_response_minutes": pl.Float64(),
    "response_due_at": _AT,
    "response_late": pl.Boolean(),
    "resolution_hours": pl.Float64(),
    "resolution_due_at": _AT,
    "resolution_late": pl.Boolean(),
    "waits_for": pl.String(),
    "closed_at": _AT,
}
"""first_response_seconds: of the autopilot, wall time. The others: business time, so far where it
still runs. `waits_for`: us, the customer, or nobody."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Business hours, and what is owed by priority, in business time."""

    zone: str = "UTC"
    windows: tuple[str, ...] = ("09:00-17:00",)
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: tuple[str, ...] = ()
    critical_response_minutes: float = 30.0
    high_response_minutes: float = 120.0
    medium_response_minutes: float = 240.0
    low_response_minutes: float = 480.0
    critical_resolution_hours: float = 4.0
    high_resolution_hours: float = 8.0
    medium_resolution_hours: float = 24.0
    low_resolution_hours: float = 40.0
    check_hours: tuple[float, ...] = (4.0, 24.0, 72.0)
    lead: str = "head of support"

    @property
    def hours(self) -> Hours:
        return Hours(
            zone=self.zone,
            windows=self.windows,
            weekdays=self.weekdays,
            holidays=self.holidays,
        )

    def response_due(self, opened_at: datetime, priority: str) -> datetime:
        """Until when a person owes the first answer."""
        minutes = float(getattr(self, f"{priority}_response_minutes"))
        return due(self.hours, opened_at, timedelta(minutes=minutes))


def settings_from(known: pl.DataFrame, prefix: str) -> dict[str, object]:
    """What the kept table `settings` says of an automation; what is absent is at its default."""
    return {
        name.removeprefix(prefix): msgspec.json.decode(value)
        for name, value in known.select("name", "value").iter_rows()
        if name.startswith(prefix) and value != "null"
    }


def clock_settings(known: pl.DataFrame) -> Settings:
    """Those of customers.ticket_clock."""
    return msgspec.convert(settings_from(known, PREFIX), Settings)


def clocks(facts: Facts, now: datetime) -> pl.DataFrame:
    """CLOCKS of every ticket of a person, by ticket."""
    settings = clock_settings(facts["settings"])
    asked = facts["ticket_history"].filter(pl.col("silent") == "")
    rows = [_clock(row, settings, now) for row in asked.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=CLOCKS)


def _clock(row: Mapping[str, object], settings: Settings, now: datetime) -> dict[str, object]:
    opened = _instant(row["opened_at"]) or now
    closed, staff, hours = _instant(row["closed_at"]), _instant(row["staff_at"]), settings.hours
    priority = str(row["priority"] or "medium")
    replied = _instant(row["replied_at"])
    answer_due = settings.response_due(opened, priority)
    allowed = timedelta(hours=float(getattr(settings, f"{priority}_resolution_hours")))
    # what the autopilot alone has settled owes nobody a person's answer
    settled = staff or (closed if row["answered"] else None)
    pauses = list(_pauses(row, closed or now))
    taken = worked(hours, opened, closed or now, pauses)
    open_ = closed is None
    waits = "nobody" if not open_ else "the customer" if pauses and pauses[-1][1] >= now else "us"
    return {
        **{name: row[name] for name in ("ticket", "customer", "team", "owner")},
        "opened_at": opened,
        "priority": priority,
        "first_response_seconds": None if replied is None else (replied - opened).total_seconds(),
        "human_response_minutes": worked(hours, opened, settled or now) / timedelta(minutes=1)
        if staff or not row["answered"]
        else None,
        "response_due_at": answer_due,
        "response_late": (settled or now) > answer_due and not (row["answered"] and not staff),
        "resolution_hours": taken / timedelta(hours=1),
        "resolution_due_at": due(hours, opened, allowed + sum(_lengths(hours, pauses), _NOTHING)),
        "resolution_late": taken > allowed,
        "waits_for": waits,
        "closed_at": closed,
    }


_NOTHING = timedelta(0)


def _lengths(hours: Hours, pauses: list[Span]) -> Iterator[timedelta]:
    return (worked(hours, begin, end) for begin, end in pauses)


def _pauses(row: Mapping[str, object], until: datetime) -> Iterator[Span]:
    """When only the customer could go on."""
    paused, resumed = (str(row[name] or "").split(",") for name in ("paused_at", "resumed_at"))
    for begin, end in zip(paused, resumed, strict=True):
        if begin:
            last = min(datetime.fromisoformat(end) if end else until, until)
            if datetime.fromisoformat(begin) < last:
                yield datetime.fromisoformat(begin), last


def _instant(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def metrics(facts: Facts, now: datetime) -> pl.DataFrame:
    """The four metrics of support over the tickets of 90 finished days that a person wrote."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    inside = pl.col("opened_at").is_between(day - WINDOW, day, closed="left")
    asked = facts["ticket_history"].filter(inside, pl.col("silent") == "")
    until = pl.lit(now, _AT)
    first = pl.min_horizontal("staff_at", "replied_at")
    waited = (pl.coalesce(first, until) - pl.col("opened_at")).dt.total_microseconds()
    lasted = (pl.coalesce("closed_at", until) - pl.col("opened_at")).dt.total_microseconds()
    scores = facts["ticket_history"].filter(
        pl.col("rated_at").is_between(day - WINDOW, day, closed="left")
    )["score"]
    by_hand = asked["replied_at"].null_count()
    rated = f"mean of {scores.len()} rated of {asked.height} tickets"
    rows = [
        mean(
            "first_response_seconds",
            asked.select(waited / 1_000_000).to_series(),
            f"mean of tickets, {asked.height - by_hand} automated, open ones so far",
        ),
        mean(
            "resolution_hours",
            asked.select(lasted / 3_600_000_000).to_series(),
            "mean of tickets, open ones so far",
        ),
        mean("support_satisfaction", scores, rated),
        share(
            "escalation_rate",
            asked.height - asked["escalated_at"].null_count(),
            asked.height,
        ),
    ]
    return pl.DataFrame(rows, schema=METRIC).sort("metric")
