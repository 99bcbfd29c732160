"""A row of a `metric_` table: one metric of the mission as it was measured. Pure.

How the columns are read: house/measures.py. A share gives its counts alone, and its bounds are
made of them there (Wilson).
"""

from math import ceil, floor, sqrt

import polars as pl

from psizero.models.interval import Z_95

_NUMBERS = ("numerator", "denominator", "value", "low", "high")
METRIC = {
    "metric": pl.String(),
    **dict.fromkeys(_NUMBERS, pl.Float64()),
    "n": pl.Int64(),
    "method": pl.String(),
}
Row = dict[str, object]


def share(metric: str, part: int, whole: int) -> Row:
    """`part` of `whole`, both counts."""
    counts = {"numerator": float(part), "denominator": float(whole), "n": whole}
    return {"metric": metric, **dict.fromkeys(_NUMBERS), **counts, "method": "wilson"}


def mean(metric: str, values: pl.Series, method: str) -> Row:
    """Normal bounds at 95 %, none below two values; an empty one has n = 0."""
    found = values.drop_nulls().cast(pl.Float64).sort()
    n = found.len()
    row: Row = {"metric": metric, **dict.fromkeys(_NUMBERS), "n": n, "method": method}
    if not n:
        return row
    total, spread = float(found.sum()), found.std()
    row |= {"numerator": round(total, 6), "denominator": float(n), "value": round(total / n, 6)}
    if n > 1:
        half = Z_95 * float(str(spread)) / sqrt(n)
        row |= {"low": round(total / n - half, 6), "high": round(total / n + half, 6)}
    return row


def median(metric: str, values: pl.Series, method: str) -> Row:
    """The middle one, with the bounds of its order statistics: ranks n/2 -+ z sqrt(n)/2."""
    found = values.drop_nulls().cast(pl.Float64).sort()
    n = found.len()
    row: Row = {"metric": metric, **dict.fromkeys(_NUMBERS), "n": n, "method": method}
    if not n:
        return row
    half = Z_95 * sqrt(n) / 2
    low, high = max(1, floor(n / 2 - half)), min(n, ceil(n / 2 + 1 + half))
    row |= {"value": round(float(str(found.median())), 6)}
    return row | {"low": round(found[low - 1], 6), "high": round(found[high - 1], 6)}
