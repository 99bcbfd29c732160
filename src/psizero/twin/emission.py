"""What the twin says in one step: rows by kind, and the truth behind them."""

from collections.abc import Iterable

import msgspec
import polars as pl

SOURCE = "twin"
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
