"""Appending: a row becomes durable once, however often it comes and however rows are batched."""

from contextlib import suppress

import duckdb
import msgspec
import polars as pl

from psizero.core.tables import ENVELOPE, SQL_TYPES, Kind
from psizero.store.reading import queried
from psizero.store.statement import digest, event_table, names, places, statement

_FEW_ROWS = 20


class Taken(msgspec.Struct, frozen=True):
    """The new rows, how many of them were written, source and id of those that conflict."""

    fresh: pl.DataFrame
    rows: int
    conflicts: pl.DataFrame


def take(con: duckdb.DuckDBPyConnection, kind: Kind, frame: pl.DataFrame, whole: bool) -> Taken:
    """Append what is new of `frame`, which has the columns of `schema(kind)`.

    Of a source and id the first row stands. Few batches hold anything that is known, and to skip
    it costs far more than to fail on it: so all of it is tried, then all but what stands at the
    same instant, which only few row groups can hold; last it is compared with the whole history.
    In a transaction that is to be `whole` nothing may fail, and only the last is done.
    """
    none = pl.DataFrame(schema={"source": pl.String, "id": pl.String})
    if not whole:
        with suppress(duckdb.ConstraintException):
            return Taken(frame, insert(con, kind, frame), none)
        said = [name for name in frame.columns if name != "recorded_at"]
        left = frame.filter(~known(con, kind, frame))
        left = left.unique(said, keep="first", maintain_order=True)
        with suppress(duckdb.ConstraintException):
            return Taken(left, insert(con, kind, left), none)
    con.register("incoming", frame.with_row_index("nth"))
    found = queried(con, statement("offered", table=event_table(kind), digest=digest(kind)))
    fresh = frame.filter(found["fresh"])
    rows = insert(con, kind, fresh, conflict="on conflict do nothing" if kind.unique else "")
    return Taken(fresh, rows, found.filter("differs").select("source", "id"))


def known(con: duckdb.DuckDBPyConnection, kind: Kind, frame: pl.DataFrame) -> pl.Series:
    """Which rows stand already, with the same content at the same instant."""
    con.register("incoming", frame.with_row_index("nth"))
    found = queried(con, statement("known", table=event_table(kind), digest=digest(kind)))
    con.unregister("incoming")
    return pl.int_range(frame.height, dtype=pl.UInt32, eager=True).is_in(found["nth"].implode())


def insert(
    con: duckdb.DuckDBPyConnection,
    kind: Kind,
    frame: pl.DataFrame,
    position: str = "null",
    conflict: str = "",
) -> int:
    """Write rows with their digests; how many they were.

    A few are written as values: to lend a frame to the engine costs as much as many rows.
    """
    few = 0 < frame.height <= _FEW_ROWS
    columns = [name for name in (*ENVELOPE, *kind.columns) if name in frame.columns]
    typed = [
        SQL_TYPES[ENVELOPE[name] if name in ENVELOPE else kind.columns[name].type]
        for name in columns
    ]
    given = f"(values {places(frame.height, typed)}) incoming({names(columns)})"
    sql = statement(
        "append",
        table=event_table(kind),
        position=position,
        columns=names(kind.columns),
        digest=digest(kind),
        conflict=conflict,
        incoming=given if few else "incoming",
    )
    if few:
        values = [value for row in frame.select(columns).iter_rows() for value in row]
        return int(con.execute(sql, values).fetchall()[0][0])
    con.register("incoming", frame)
    rows = int(con.execute(sql).fetchall()[0][0])
    con.unregister("incoming")
    return rows
