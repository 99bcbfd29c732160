"""Which sources are there, which are late, and which never came: the table `sources`."""

from datetime import datetime, timedelta

import polars as pl

from psizero.core.tables import Facts

DAY = timedelta(days=1)
GAP_HOURS_MAX = 2
SILENT_DAYS_MAX = 7
EXPECTED = ("meters", "tickets", "payments")
_SCHEMA = {"source": pl.String(), "state": pl.String(), "last_at": pl.Datetime("us")}


def sources(facts: Facts, now: datetime) -> pl.DataFrame:
    """One row a source: complete, incomplete (a day that stops early), late, silent, or absent.

    A meter is late without use yesterday, unless the same weekday was empty last week too; it is
    incomplete where yesterday ends over two hours before the days of the week before do. Tickets
    and payments come when they come: they are silent after seven days. `last_at` is the end of
    the last quarter-hour, or the last row.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    daily = facts["usage_daily"]
    last = dict(facts["feeds"].select("feed", "last_at").iter_rows())
    rows: list[tuple[str, str, datetime | None]] = []
    for feed, at in sorted(last.items()):
        kind, _, meter = feed.partition(" ")
        if kind == "meter":
            days = daily.filter(pl.col("meter") == meter)
            ends = dict(days.select("day", "last_until").iter_rows())
            end = max(ends.values(), default=at)
            rows.append((feed, _meter_state(ends, today), end))
        elif feed != "meters" and kind != "status":
            old = at < today - timedelta(days=SILENT_DAYS_MAX)
            rows.append((feed, "silent" if old else "complete", at))
    rows += [
        ("usage" if one == "meters" else one, "absent", None) for one in EXPECTED if one not in last
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("source")


def _meter_state(ends: dict[datetime, datetime], today: datetime) -> str:
    """Of the ends of a meter's days of use."""
    yesterday = today - DAY
    before = [today - n * DAY for n in range(2, 9)]
    if yesterday not in ends:
        free = today - 8 * DAY not in ends and any(one in ends for one in before)
        return "complete" if free and min(ends) < before[-1] else "late"
    usual = sorted(ends[one] - one for one in before if one in ends)
    if not usual:
        return "complete"
    gap = usual[len(usual) // 2] - (ends[yesterday] - yesterday)
    return "incomplete" if gap > timedelta(hours=GAP_HOURS_MAX) else "complete"
