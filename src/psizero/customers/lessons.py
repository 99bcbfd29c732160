"""Lessons: what the churn model learns from those who left, and whether it may speak. Pure.

Instants are parted in time: fitted on the first three fifths, calibrated on the next fifth, tested
on the last. It speaks when its log loss there is lower than that of what speaks now, in pairs, by
more than 1.64 standard errors (clustered by customer, who is scored every week).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.core.content import canonical, content_id
from psizero.core.tables import Facts
from psizero.customers.churn import FEATURES, HEURISTIC, champion, matrix, ruled
from psizero.customers.metric import METRIC
from psizero.models import logistic
from psizero.models.interval import Z_90, Z_95, wilson
from psizero.models.logistic import Fitted, Numbers

SHARES = (0.6, 0.8)


class Lesson(msgspec.Struct, frozen=True):
    """A candidate, and how it did beside `before` on the rows of the last fifth.

    `gain` is what it lost less a row, with its standard error.
    """

    fitted: Fitted
    through: datetime
    metrics: Mapping[str, float]
    before: float
    gain: float
    error: float

    @property
    def text(self) -> str:
        return canonical(msgspec.to_builtins(self.fitted))

    @property
    def hash(self) -> str:
        return content_id("churn", self.text)

    @property
    def better(self) -> bool:
        return self.gain > Z_90 * self.error


def learned(examples: pl.DataFrame, models: pl.DataFrame, events_min: int) -> Lesson | None:
    """A candidate; None where too few left in any of the three parts."""
    known = examples.sort("scored_at", "customer")
    parts = _parts(known)
    if len(parts) < 3 or parts[0]["gone"].sum() < events_min:
        return None
    if any(not 0 < part["gone"].sum() < part.height for part in parts):
        return None
    rows, ends = [matrix(one) for one in parts], [one["gone"].to_numpy() for one in parts]
    fitted = logistic.fit(tuple(FEATURES), rows[0], ends[0], ridge=3.0)
    fitted = logistic.calibrated(fitted, rows[1], ends[1])
    chance = logistic.chances(fitted, rows[2])
    old = logistic.losses(_spoken(parts[2], models), ends[2])
    gain, error = paired(parts[2], old - logistic.losses(chance, ends[2]))
    through = known["scored_at"][-1]
    metrics = dict(logistic.evaluated(chance, ends[2]))
    return Lesson(fitted, through, metrics, round(float(old.mean()), 6), gain, error)


def _parts(known: pl.DataFrame) -> list[pl.DataFrame]:
    """Before, between and after two instants, no instant torn."""
    instants = known["scored_at"].unique().sort()
    if instants.len() < 5:
        return []
    first, second = (instants[int(share * instants.len())] for share in SHARES)
    at = pl.col("scored_at")
    return [
        known.filter(at < first),
        known.filter(at >= first, at < second),
        known.filter(at >= second),
    ]


def _spoken(rows: pl.DataFrame, models: pl.DataFrame) -> Numbers:
    """What the champion would say of these rows, or the rule."""
    best = champion(models)
    if best is None:
        return ruled(rows)["probability"].to_numpy()
    return logistic.chances(best[1], matrix(rows))


def paired(rows: pl.DataFrame, differences: Numbers) -> tuple[float, float]:
    """The mean of differences by row and its standard error, customers drawn whole."""
    by = (
        rows.select("customer", one=pl.Series(differences))
        .group_by("customer")
        .agg(pl.col("one").sum(), many=pl.len())
    )
    by = by.sort("customer")
    mean, size = float(differences.mean()), by.height
    spread = by["one"].to_numpy() - mean * by["many"].to_numpy()
    error = float(np.sqrt((spread**2).sum() * size / max(size - 1, 1))) / differences.size
    return round(mean, 6), round(error, 6)


def worse(
    examples: pl.DataFrame, models: pl.DataFrame, rows_min: int
) -> tuple[str, float, float] | None:
    """The champion's hash, loss beyond that of the plain share, and its error; None where what it
    said itself does not prove it worse."""
    best = champion(models)
    mine = examples.filter(pl.col("model") == (best[0] if best else ""))
    if best is None or mine.height < rows_min:
        return None
    mine = mine.sort("scored_at", "customer")
    ends = mine["gone"].to_numpy()
    share = np.full(ends.size, (ends.sum() + 0.5) / (ends.size + 1))
    chance = mine["probability"].to_numpy()
    lost, error = paired(mine, logistic.losses(chance, ends) - logistic.losses(share, ends))
    return (best[0], lost, error) if lost > Z_90 * error else None


def metrics(facts: Facts, now: datetime) -> pl.DataFrame:
    """Of each customer the last word that is 30 to 60 days old: right on the right side of a half.

    Beside it what saying of everybody that it stays would give.
    """
    words = facts["churn_examples"].filter(pl.col("scored_at") > now - timedelta(days=60))
    last = words.sort("scored_at").unique("customer", keep="last", maintain_order=True)
    gone = last["gone"] > 0.5
    right = int(((last["probability"] > 0.5) == gone).sum())
    row: dict[str, object] = dict.fromkeys(METRIC) | {"metric": "churn_accuracy", "n": last.height}
    row["method"] = "of customers"
    if last.height:
        low, high = wilson(right, last.height, Z_95)
        row |= {"numerator": float(right), "denominator": float(last.height)}
        row |= {"value": round(right / last.height, 6), "low": low, "high": high}
        dull = 1 - int(gone.sum()) / last.height
        by_model = float((last["model"] != HEURISTIC).sum()) / last.height
        row["method"] = f"of customers; that all stay: {dull:.1%}; said by a model: {by_model:.0%}"
    return pl.DataFrame([row], schema=METRIC)
