"""Frames into PostgreSQL and out of it, by COPY: whole columns as text, never row by row."""

from collections.abc import Iterable, Mapping

import polars as pl

from psizero.core.errors import Problem
from psizero.store.server import Connection, sql
from psizero.store.statement import names

SLICE_ROWS = 50_000
_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def put(con: Connection, table: str, frame: pl.DataFrame) -> None:
    """Write the rows of a frame into the columns of its names.

    Raises Problem where a text holds a NUL, which PostgreSQL cannot keep.
    """
    if frame.height == 0:
        return
    _check(table, frame)
    with con.cursor() as cursor:
        put_sql = sql("put", table=table, columns=names(frame.columns))
        with cursor.copy(put_sql) as copy:
            for part in frame.iter_slices(SLICE_ROWS):
                copy.write(_text(part))


def taken(
    con: Connection,
    query: bytes,
    values: Mapping[str, object],
    typed: Mapping[str, pl.DataType],
) -> pl.DataFrame:
    """What a query gives, with these names and types in their order; binary ones as hex."""
    body = bytearray()
    with con.cursor() as cursor, cursor.copy(_copied(query), values) as copy:
        for part in copy:
            body += part
    if not body:
        return pl.DataFrame(schema=typed)
    raw = pl.read_csv(
        bytes(body), has_header=False, schema={name: _raw(kept) for name, kept in typed.items()}
    )
    return raw.select(_typed(name, kept) for name, kept in typed.items())


def _copied(query: bytes) -> bytes:
    return sql("taken", query=query.decode())


def _check(table: str, frame: pl.DataFrame) -> None:
    for name, kept in frame.schema.items():
        if kept == pl.String and frame[name].str.contains("\0", literal=True).any():
            raise Problem(f"{table.split('.')[-1]}: {name} holds a NUL, which no text may here")


def _text(frame: pl.DataFrame) -> bytes:
    """The text form of COPY: tabs between values, backslash before what would be taken for one."""
    shown = frame.with_columns(_spelled(name, kept) for name, kept in frame.schema.items())
    return shown.write_csv(
        include_header=False, separator="\t", quote_style="never", null_value="\\N"
    ).encode()


def _spelled(name: str, kept: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kept == pl.Binary:
        return pl.format("\\\\x{}", column.bin.encode("hex")).alias(name)
    if kept == pl.String:
        for plain, escaped in _ESCAPES:
            column = column.str.replace_all(plain, escaped, literal=True)
    return column


def _raw(kept: pl.DataType) -> pl.DataType:
    return kept if kept.is_numeric() else pl.String()


def _typed(name: str, kept: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kept == pl.Boolean:
        return column == "t"
    if kept == pl.Binary:
        return column.str.decode("hex")
    if isinstance(kept, pl.Datetime):
        return column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    return column


def listed(columns: Iterable[str], prefix: str = "") -> str:
    """Columns as `taken` reads them: a digest as hex."""
    return ", ".join(
        f"encode({prefix}digest, 'hex')" if name == "digest" else f'{prefix}"{name}"'
        for name in columns
    )
