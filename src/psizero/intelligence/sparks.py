"""A line of bars: four weeks of a figure for the eye, and in words for whoever cannot see it."""

from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl

from psizero.intelligence.days import DAYS
from psizero.intelligence.figures import Figure
from psizero.intelligence.morning import Morning, on_day
from psizero.intelligence.prose import Cell, Pieces, Spark, amount

_BARS = "▁▂▃▄▅▆▇█"
DAYS_MIN = 7
FROM_NOTHING = ("usage", "callers", "opened", "closed")
"""Their bars begin at nothing; those of what stands, and of shares, at the lowest day."""


def spark(seen: Morning, figure: Figure) -> Spark | None:
    """The last 28 days, as far as they are known; none where fewer than seven are."""
    rows = seen.facts["figures_daily"].filter(
        pl.col("name") == figure.name,
        pl.col("subject") == figure.subject,
        pl.col("day") <= figure.day,
        pl.col("day") > figure.day - timedelta(days=DAYS),
    )
    if rows.height < DAYS_MIN:
        return None
    return Spark(bars=_drawn(figure, rows), label=_label(figure, rows))


def _drawn(figure: Figure, rows: pl.DataFrame) -> str:
    """One bar a day, the last one at the right; a gap where nothing is known."""
    on = dict(rows.select("day", "value").iter_rows())
    most = max(on.values())
    least = 0 if figure.name in FROM_NOTHING else min(on.values())
    end, drawn = max(on), ""
    for back in range(DAYS - 1, -1, -1):
        found = on.get(end - timedelta(days=back))
        if found is None:
            drawn += " "
        elif most == least:
            drawn += _BARS[3] if most else _BARS[0]
        else:
            drawn += _BARS[int((found - least) * 7 // (most - least))]
    return drawn.strip()


def _label(figure: Figure, rows: pl.DataFrame) -> Pieces:
    """The lowest, the highest and the last day, each with its number."""
    low = rows.sort("value", "day").row(0, named=True)
    high = rows.sort(["value", "day"], descending=[True, False]).row(0, named=True)
    last = rows.sort("day").row(-1, named=True)
    said: Pieces = ()
    for lead, row in (("Lowest ", low), (", highest ", high), (", last ", last)):
        said += (lead, *_on(figure, row))
    return (*said, ".")


def _on(figure: Figure, row: dict[str, object]) -> Pieces:
    at = row["day"]
    if not isinstance(at, datetime):
        return ()
    key = {"name": figure.name, "subject": figure.subject, "day": at.isoformat()}
    value = Cell(
        text=amount(Decimal(str(row["value"])), figure.unit, figure.subject),
        unit=figure.unit,
        value=str(row["value"]),
        table="figures_daily",
        key=key,
    )
    return (value, " on ", on_day(("figures_daily", key, "day"), at))
