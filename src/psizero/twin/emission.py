"""What the twin says in one step: rows by kind, and the truth behind them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import polars as pl

from psizero.core.tables import POLARS_TYPES, Kind, Type

SOURCE = "twin"
Row = dict[str, object]
Rows = dict[str, pl.DataFrame]
"""By kind: id, subject, cause, occurred_at, delivered_at and the kind's columns.

`delivered_at` is when the outside hands the row in, never before `occurred_at`.
"""


class Emission(msgspec.Struct, frozen=True):
    """Rows by kind, and rows of truth by the name of their table."""

    rows: Rows = {}
    truth: dict[str, pl.DataFrame] = {}


def joined(emissions: Iterable[Emission]) -> Emission:
    """All of several emissions, in their order."""
    rows: dict[str, list[pl.DataFrame]] = {}
    truth: dict[str, list[pl.DataFrame]] = {}
    for one in emissions:
        for name, frame in one.rows.items():
            rows.setdefault(name, []).append(frame)
        for name, frame in one.truth.items():
            truth.setdefault(name, []).append(frame)
    return Emission(
        {name: pl.concat(frames, how="diagonal") for name, frames in rows.items()},
        {name: pl.concat(frames, how="diagonal") for name, frames in truth.items()},
    )


def rows_of(kind: Kind, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Rows of a kind that says little: each has id, subject, occurred_at and what else it says.

    What is left out is null; `delivered_at` is then `occurred_at`.
    """
    filled = [{"delivered_at": row["occurred_at"], **row} for row in rows]
    return pl.DataFrame(filled, schema=_schema(kind))


def _schema(kind: Kind) -> dict[str, pl.DataType]:
    if kind.name not in _SCHEMAS:
        _SCHEMAS[kind.name] = _typed(kind)
    return _SCHEMAS[kind.name]


_SCHEMAS: dict[str, dict[str, pl.DataType]] = {}


def _typed(kind: Kind) -> dict[str, pl.DataType]:
    texts = dict.fromkeys(("id", "subject", "cause"), POLARS_TYPES[Type.TEXT])
    instants = dict.fromkeys(("occurred_at", "delivered_at"), POLARS_TYPES[Type.INSTANT])
    return {**texts, **instants, **{n: POLARS_TYPES[c.type] for n, c in kind.columns.items()}}
