"""Rows as programs read them: one stable spelling of every value, the same at every door."""

from collections.abc import Sequence

import msgspec
import polars as pl


def spelled(frame: pl.DataFrame) -> pl.DataFrame:
    """Instants as ISO 8601 with Z, decimals as text without trailing zeros."""
    made = []
    for name, kept in frame.schema.items():
        column = pl.col(name)
        if isinstance(kept, pl.Datetime):
            made.append(column.dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ"))
        elif isinstance(kept, pl.Decimal):
            text = column.cast(pl.String)
            bare = text.str.strip_chars_end("0").str.strip_chars_end(".")
            made.append(pl.when(text.str.contains(".", literal=True)).then(bare).otherwise(text))
    return frame.with_columns(made)


def objects(frame: pl.DataFrame, nested: Sequence[str] = ()) -> list[dict[str, object]]:
    """Rows as objects; columns in `nested` hold JSON text and become objects."""
    rows: list[dict[str, object]] = spelled(frame).to_dicts()
    for row in rows:
        for name in nested:
            row[name] = msgspec.json.decode(str(row[name])) if row[name] else None
    return rows
