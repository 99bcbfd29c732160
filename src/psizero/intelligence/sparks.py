"""A line of bars for the eye; the words beside it carry the numbers."""

from datetime import timedelta

import polars as pl

from psizero.core.tables import Facts
from psizero.intelligence.figures import Figure

_BARS = "▁▂▃▄▅▆▇█"
_DAYS = 28


def bars(facts: Facts, figure: Figure) -> str:
    """Twenty-eight days of a meter, the last one at the right; a gap where nothing was used."""
    daily = facts["usage_daily"].filter(pl.col("meter") == figure.subject)
    used = dict(daily.select("day", "quantity").iter_rows())
    most = max(used.values(), default=0)
    drawn = ""
    for back in range(_DAYS - 1, -1, -1):
        found = used.get(figure.day - timedelta(days=back))
        drawn += _BARS[int(found * 7 // most)] if found is not None and most else " "
    return drawn.strip()
