"""From the lens to PostgreSQL: what a batch came to, in one transaction that a fence guards."""

from datetime import datetime

import duckdb
import msgspec
import polars as pl

from psizero.core.errors import Problem
from psizero.core.ports import Position
from psizero.core.tables import Kind
from psizero.store.arrivals import ARRIVAL_ROWS
from psizero.store.layout import Months, claimed, columns
from psizero.store.mirror import Ledger
from psizero.store.reading import queried
from psizero.store.server import Connection, sql
from psizero.store.statement import event_table, names, statement
from psizero.store.transfer import put

_MANY_ROWS = 20_000  # of so many the planner has to know, or it goes through them one by one


class Batch(msgspec.Struct, frozen=True):
    """What was computed in the lens: from where to where, its kinds, and whether we made it all.

    `fence` is that of the committer who computed it.
    """

    before: Position
    after: Position
    kinds: frozenset[str]
    ours: bool
    fence: int

    @property
    def span(self) -> dict[str, int]:
        return {"first": self.before.last + 1, "last": self.after.last}


class Overtaken(Exception):
    """Another process committed, or became committer, in between."""


def hand_over(con: Connection, lens: Ledger, batch: Batch, months: Months) -> None:
    """Write a batch that is computed in the lens and not committed there.

    Raises Overtaken where the log does not stand where the batch began, or the fence is not ours.
    """
    values = msgspec.structs.asdict(batch.after)
    values |= {"expected": batch.before.batches, "fence": batch.fence}
    if con.execute(sql("stand"), values).rowcount != 1:
        raise Overtaken
    kinds = {name: lens.catalog.kinds[name] for name in sorted(batch.kinds)}
    if batch.after.last > batch.before.last:
        for link in lens.con.execute(
            statement("ledger_since"), {"batch": batch.before.batches}
        ).fetchall():
            keys = ("batch", "first", "last", "kinds", "chunks", "digest", "chain")
            con.execute(sql("ledger_add"), dict(zip(keys, link, strict=True)))
        if batch.ours:
            for kind in kinds.values():
                _write(con, lens.con, kind, batch, months)
        else:
            _seal(con, lens.con, kinds, batch, months)


def _seal(
    con: Connection,
    lens: duckdb.DuckDBPyConnection,
    kinds: dict[str, Kind],
    batch: Batch,
    months: Months,
) -> None:
    """Rows that waited: only where they stand now is written, and they change tables."""
    parts = " union all ".join(
        statement("sealed_part", kind=kind.name, table=event_table(kind)) for kind in kinds.values()
    )
    rows = queried(lens, parts, batch.span)
    con.execute(sql("staged"))
    put(con, "staged", rows)
    if rows.height > _MANY_ROWS:
        con.execute(sql("counted"))
    for (name,), mine in rows.group_by("kind", maintain_order=True):
        kind = kinds[str(name)]
        months.ready(con, kind, stamps(mine))
        head = ("occurred_at", "recorded_at")
        kept = names([one for one in columns(kind) if one not in head])
        moved = con.execute(sql("seal", table=kind.table, kind=kind.name, columns=kept)).rowcount
        if moved != mine.height:
            raise Problem(
                f"{mine.height - moved} rows of {kind.name} that the lens sealed do not wait",
                "the lens and the log differ: delete the lens, it is made again",
            )
    con.execute(sql("arrivals_over"))


def _write(
    con: Connection, lens: duckdb.DuckDBPyConnection, kind: Kind, batch: Batch, months: Months
) -> None:
    """Rows that the tick made itself: they are written whole, numbered as they were appended."""
    frame = queried(lens, statement("span", table=event_table(kind)), batch.span)
    if frame.height == 0:
        return
    months.ready(con, kind, stamps(frame))
    for part in frame.iter_slices(ARRIVAL_ROWS):
        first = int(str(con.execute(sql("arrival_next")).fetchall()[0][0])) * ARRIVAL_ROWS
        nths = pl.int_range(first, first + part.height, dtype=pl.Int64)
        put(con, f"event.{kind.table}", part.with_columns(nth=nths))
    claim = sql("claim_sealed", table=kind.table, columns=names(claimed(kind)))
    con.execute(claim, batch.span)


def stamps(rows: pl.DataFrame) -> tuple[datetime, datetime]:
    """The first and the last instant at which rows were recorded."""
    first, last = rows.select(pl.col("recorded_at").min().alias("a"), pl.col("recorded_at").max())
    return first[0], last[0]
