"""A line of bars: four weeks of a figure for the eye, and in words for whoever cannot see it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

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
    begin = figure.day - timedelta(days=DAYS)
    known = seen.days.get((figure.name, figure.subject), [])
    rows = [(day, value) for day, value in known if begin < day <= figure.day]
    if len(rows) < DAYS_MIN:
        return None
    return Spark(bars=_drawn(figure, dict(rows)), label=_label(figure, rows))


def _drawn(figure: Figure, on: Mapping[datetime, Decimal]) -> str:
    """One bar a day, the last one at the right; a gap where nothing is known."""
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


def _label(figure: Figure, rows: list[tuple[datetime, Decimal]]) -> Pieces:
    """The lowest, the highest and the last day, each with its number."""
    low = min(rows, key=lambda row: (row[1], row[0]))
    high = max(rows, key=lambda row: (row[1], row[0]))
    said: Pieces = ()
    for lead, row in (("Lowest ", low), (", highest ", high), (", last ", rows[-1])):
        said += (lead, *_on(figure, row))
    return (*said, ".")


def _on(figure: Figure, row: tuple[datetime, Decimal]) -> Pieces:
    at, known = row
    key = {"name": figure.name, "subject": figure.subject, "day": at.isoformat()}
    value = Cell(
        text=amount(known, figure.unit, figure.subject),
        unit=figure.unit,
        value=str(known),
        table="figures_daily",
        key=key,
    )
    return (value, " on ", on_day(("figures_daily", key, "day"), at))
