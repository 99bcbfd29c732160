"""Metrics as they are pushed in, and the rules by which they become rows of ours.

A counter that only grows tells what stands on it, not what was added: such a reading lies in the
letterbox as it came, and is taken off against the one before when it is taken in (`added`).
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
import polars as pl

from psizero.core.arrival import Constant, Terms, framed
from psizero.core.errors import Problem
from psizero.core.ports import Batch

EPOCH = datetime(1970, 1, 1)
YOUNG = timedelta(hours=1)
"""A counter that began within this time before it was first seen counts from its beginning."""
READ = {"series": pl.String(), "at": pl.Datetime("us"), "value": pl.Float64()}
"""What is kept of every counter: what last stood on it, and when."""


class Metric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a metric becomes: `columns` by our name are labels, or `{ value = ... }`.

    `subject`: the labels that may name it, the first that is there; `otherwise` stands where a
    label is absent; the value times `scale` is the quantity; `grows`: it is a running total.
    """

    kind: str
    subject: tuple[str, ...] = ()
    columns: Mapping[str, str | Constant] = {}
    otherwise: Mapping[str, str] = {}
    scale: float = 1.0
    grows: bool | None = None


class Sample(msgspec.Struct, frozen=True):
    """One value of a series; `since` is when a running total began, where that is known."""

    labels: Mapping[str, str]
    at: datetime
    value: float
    grows: bool = False
    since: datetime | None = None


def check(metrics: Mapping[str, Metric], terms: Terms, where: str) -> None:
    """Raises Problem where a metric becomes what cannot come in, or has no quantity."""
    for name, metric in metrics.items():
        kind = terms.kinds.get(metric.kind)
        if kind is None or kind.ours or "quantity" not in kind.columns:
            raise Problem(f"{where}: {name}: {metric.kind!r} is no kind with a quantity")
        strange = sorted(set(metric.columns) - set(kind.columns))
        if strange:
            raise Problem(f"{where}: {name}: {metric.kind} has no column {strange[0]!r}")


def instant(nanoseconds: int) -> datetime:
    """Raises ValueError where no calendar has it."""
    try:
        return EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        raise ValueError("an instant beyond the calendar") from None


def batches(
    name: str, metric: Metric, samples: Sequence[Sample], terms: Terms, origin: str
) -> list[Batch]:
    """The samples of one metric: what was added, and what stands on running totals, apart."""
    sound = [one for one in samples if math.isfinite(one.value)]
    parts = ([one for one in sound if one.grows is grows] for grows in (False, True))
    return [Batch(metric.kind, _frame(name, metric, part, terms), origin) for part in parts if part]


def _frame(name: str, metric: Metric, samples: Sequence[Sample], terms: Terms) -> pl.DataFrame:
    series = [_series(name, one.labels) for one in samples]
    said: dict[str, Sequence[object]] = {
        "source": [name] * len(samples),
        "id": [
            f"{hashed}/{(one.at - EPOCH) // timedelta(microseconds=1)}"
            for hashed, one in zip(series, samples, strict=True)
        ],
        "subject": [_label(one.labels, metric.subject) for one in samples],
        "occurred_at": [one.at for one in samples],
    }
    for column, label in metric.columns.items():
        said[column] = [_value(one.labels, label, metric.otherwise.get(column)) for one in samples]
    if "status_class" in said:
        said["status_class"] = [_class(one) for one in said["status_class"]]
    values = [one.value * metric.scale for one in samples]
    if not samples[0].grows:
        return framed(terms.kinds[metric.kind], said | {"quantity": values})
    return framed(terms.kinds[metric.kind], said).with_columns(
        pl.Series("series", series, pl.String),
        pl.Series("reading", values, pl.Float64),
        pl.Series("since", [one.since for one in samples], pl.Datetime("us")),
    )


def added(rows: pl.DataFrame, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with what was added since the reading before as their quantity, and what stands now.

    `rows`: with series, reading, since; `known`: READ. A reading below the one before, or of a
    total that began later, begins anew. What is not later than the last known reading was taken
    off before, and is left out; so is the first reading of a total that began long ago, of which
    nobody knows what was added, and one to which nothing was.
    """
    met = rows.with_columns(at="occurred_at").join(
        known.rename({"at": "last_at", "value": "last"}), on="series", how="left"
    )
    met = met.filter(pl.col("last_at").is_null() | (pl.col("at") > pl.col("last_at")))
    met = met.unique(["series", "at"], keep="first").sort("series", "at")
    before = pl.coalesce(pl.col("reading").shift().over("series"), "last")
    before_at = pl.coalesce(pl.col("at").shift().over("series"), "last_at")
    anew = (pl.col("reading") < before) | (pl.col("since") > before_at).fill_null(False)
    young = before.is_null() & (pl.col("since") >= pl.col("at") - YOUNG).fill_null(False)
    step = pl.when(anew | young).then(pl.col("reading")).otherwise(pl.col("reading") - before)
    made = met.with_columns(quantity=step.round(9).cast(pl.Decimal(38, 9)))
    stands = pl.concat([known, met.select("series", "at", value="reading")])
    stands = stands.sort("series", "at").unique("series", keep="last", maintain_order=True)
    beside = ("series", "reading", "since", "at", "last_at", "last")
    return made.filter(pl.col("quantity") > 0).select(pl.exclude(*beside)), stands


def _series(name: str, labels: Mapping[str, str]) -> str:
    said = "\0".join(f"{key}\1{labels[key]}" for key in sorted(labels))
    return sha256(f"{name}\0{said}".encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _label(labels: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((labels[name] for name in names if labels.get(name)), None)


def _value(labels: Mapping[str, str], label: str | Constant, otherwise: str | None) -> object:
    return labels.get(label, otherwise) if isinstance(label, str) else label.value


def _class(status: object) -> object:
    """404 is 4xx."""
    text = str(status)
    return f"{text[0]}xx" if len(text) == 3 and text.isdigit() else status
