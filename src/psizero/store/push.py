"""A whole log from a DuckDB into an empty PostgreSQL, as it lies there."""

from collections.abc import Iterator

import duckdb
import msgspec
import polars as pl

from psizero.core.errors import Problem
from psizero.core.tables import Kind
from psizero.store import sealing
from psizero.store.arrivals import ARRIVAL_ROWS
from psizero.store.handover import stamps
from psizero.store.layout import Months, claimed
from psizero.store.mirror import Ledger
from psizero.store.reading import queried
from psizero.store.server import Connection, sql
from psizero.store.statement import event_table, statement
from psizero.store.transfer import put

_SLICE_ROWS = 200_000


def push(con: Connection, ledger: Ledger) -> None:
    """Rows sealed and waiting with their order and digests, batches, and where the log stands.

    Raises Problem where a house lies there already.
    """
    stands = msgspec.structs.asdict(sealing.standing(ledger.con))
    empty = con.execute(sql("arrival_rows")).fetchall() == []
    if not empty or con.execute(sql("stand"), stands | {"expected": 0, "fence": 0}).rowcount != 1:
        raise Problem("this database holds a house already", "a house is loaded into an empty one")
    months = Months()
    for kind in ledger.catalog.kinds.values():
        for frame in _slices(ledger.con, kind):
            _push(con, kind, frame, months)
    for link in ledger.con.execute(statement("ledger_since"), {"batch": 0}).fetchall():
        keys = ("batch", "first", "last", "kinds", "chunks", "digest", "chain")
        con.execute(sql("ledger_add"), dict(zip(keys, link, strict=True)))


def _slices(con: duckdb.DuckDBPyConnection, kind: Kind) -> Iterator[pl.DataFrame]:
    table = event_table(kind)
    rows = con.execute(statement("rows", table=table)).fetchall()[0][0]
    for first in range(0, rows, _SLICE_ROWS):
        span = {"first": first, "last": first + _SLICE_ROWS - 1}
        yield queried(con, statement("rows_of", table=table), span)


def _push(con: Connection, kind: Kind, frame: pl.DataFrame, months: Months) -> None:
    arrival = int(str(con.execute(sql("arrival_next")).fetchall()[0][0]))
    first = arrival * ARRIVAL_ROWS
    rows = frame.with_columns(nth=pl.int_range(first, first + frame.height, dtype=pl.Int64))
    sealed = rows.filter(pl.col("position").is_not_null())
    waiting = rows.filter(pl.col("position").is_null()).drop("position")
    put(con, f"known.{kind.table}", rows.select(claimed(kind)))
    if sealed.height:
        months.ready(con, kind, stamps(sealed))
        put(con, f"event.{kind.table}", sealed)
    if waiting.height:
        put(con, f"inbox.{kind.table}", waiting)
        said = {"arrival": arrival, "kind": kind.name, "rows": waiting.height}
        con.execute(sql("arrival_add"), said)
