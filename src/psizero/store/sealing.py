"""Sealing: positions, stamps, kept tables, roll-ups and the chain, in one transaction."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from hashlib import sha256

import duckdb
import msgspec
import polars as pl

from psizero.core.clock import quarter_hour
from psizero.core.ports import Position
from psizero.core.tables import Catalog, Kind
from psizero.store.folding import fold
from psizero.store.mirror import Ledger
from psizero.store.statement import event_table, names, rollup_table, statement

SLICE_POSITIONS = 32 * 1024
"""Whole chunks of 1,024 positions, so that slices change no digest."""


class Moment(msgspec.Struct, frozen=True):
    """Until when rows are due, the earliest stamp they may get, and whether it is the founding.

    `unrolled`: metered kinds of which sealed rows may wait for the close of their quarter-hour.
    """

    until: datetime
    earliest: datetime
    founding: bool
    unrolled: frozenset[str]


class Sealed(msgspec.Struct, frozen=True):
    """What a batch is made of: its kinds, its last position, its last stamp."""

    kinds: frozenset[str]
    last: int
    stamp: datetime


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    con.execute("begin")
    with ExitStack() as undo:
        undo.callback(con.execute, "rollback")
        yield
        undo.pop_all()
    con.execute("commit")


def begun(con: duckdb.DuckDBPyConnection) -> Position:
    """One committed state for all that is read from here to `rested`; where it stands."""
    rested(con)
    con.execute("begin")
    return standing(con)


def rested(con: duckdb.DuckDBPyConnection) -> None:
    """What is read next is what is committed then."""
    with suppress(duckdb.TransactionException):
        con.execute("rollback")


def standing(con: duckdb.DuckDBPyConnection) -> Position:
    """Where the ledger stands, as the file says."""
    return Position(*con.execute(statement("standing")).fetchall()[0])


def seal(
    ledger: Ledger,
    position: Position,
    lows: dict[str, int],
    moment: Moment,
) -> Position:
    """Position the due rows of the kinds in `lows` (kind to lowest row number), then roll up."""
    con, catalog = ledger.con, ledger.catalog
    if lows:
        last, stamp = _positions(con, catalog, position, lows, moment)
        if last > position.last:
            position = finish(ledger, position, Sealed(frozenset(lows), last, stamp))
    if not moment.founding:
        kinds = [catalog.kinds[name] for name in sorted(moment.unrolled.union(lows))]
        position = roll_up(con, kinds, position, quarter_hour(moment.until))
    return position


def _positions(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    position: Position,
    lows: dict[str, int],
    moment: Moment,
) -> tuple[int, datetime]:
    condition = "recorded_at is null" if moment.founding else "recorded_at <= $until"
    parts = " union all ".join(
        statement(
            "sealing_part",
            kind=name,
            table=event_table(catalog.kinds[name]),
            low=str(low),
            condition=condition,
        )
        for name, low in lows.items()
    )
    values: dict[str, object] = {"earliest": moment.earliest, "last": position.last}
    if not moment.founding:
        values["until"] = moment.until
    con.execute(statement("sealing", parts=parts), values)
    last, stamp = position.last, moment.earliest
    for name, rows, latest, restamped in con.execute(statement("sealed")).fetchall():
        table = event_table(catalog.kinds[name])
        con.execute(statement("seal_positions", table=table, kind=name))
        if restamped:
            con.execute(statement("seal_stamps", table=table, kind=name))
        last, stamp = last + rows, max(stamp, latest)
    return last, stamp


def finish(ledger: Ledger, position: Position, sealed: Sealed) -> Position:
    """Fold the new rows into the kept tables and add their batch to the chain."""
    kinds, span = sealed.kinds, {"first": position.last + 1, "last": sealed.last}
    fold(ledger, kinds, span)
    con, catalog = ledger.con, ledger.catalog
    chunks = chunk_digests(con, catalog, sorted(kinds), span)
    digest = batch_digest(span, sorted(kinds), chunks)
    chain = sha256(f"{position.chain}\n{digest}".encode()).hexdigest()
    batch = position.batches + 1
    con.execute(
        statement("ledger_add"),
        {**span, "batch": batch, "kinds": sorted(kinds), "chunks": chunks}
        | {"digest": digest, "chain": chain},
    )
    stood = Position(sealed.last, sealed.stamp, position.rolled_until, batch, chain)
    return stand(con, stood)


def batch_digest(span: dict[str, int], kinds: list[str], chunks: list[str]) -> str:
    """SHA-256 over the span, the kinds and the chunk digests of a batch."""
    said = "\n".join([str(span["first"]), str(span["last"]), *kinds, *chunks])
    return sha256(said.encode()).hexdigest()


def chunk_digests(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, kinds: list[str], span: dict[str, int]
) -> list[str]:
    """One digest per 1,024 positions over positions, instants and row digests.

    Some of them at a time: of a large batch, all rows as text would be in memory at once.
    """
    parts = " union all ".join(
        statement("chunk_part", table=event_table(catalog.kinds[name])) for name in kinds
    )
    sql, found = statement("chunks", parts=parts), list[str]()
    for first in range(span["first"], span["last"] + 1, SLICE_POSITIONS):
        part = {"first": first, "last": min(first + SLICE_POSITIONS - 1, span["last"])}
        found += [row[1] for row in con.execute(sql, part).fetchall()]
    return found


def unrolled(
    con: duckdb.DuckDBPyConnection, kinds: Iterable[Kind], position: Position, until: datetime
) -> bool:
    """Whether sealed usage waits for the close of a recording quarter-hour that has ended."""
    if position.sealed_at is None or (position.rolled_until or datetime.min) >= until:
        return False
    values = {"until": until} | _since_value(position)
    return any(
        con.execute(
            statement("unrolled", table=event_table(kind), since=_since(position)), values
        ).fetchall()[0][0]
        for kind in kinds
    )


def roll_up(
    con: duckdb.DuckDBPyConnection, kinds: Iterable[Kind], position: Position, until: datetime
) -> Position:
    """Close the recording quarter-hours that ended by `until`, of the metered among `kinds`."""
    if position.rolled_until is not None and position.rolled_until >= until:
        return position
    for kind in kinds:
        if kind.metered:
            sql = statement(
                "roll_up",
                table=rollup_table(kind),
                source=event_table(kind),
                by=names(kind.metered.by),
                quantity=f'"{kind.metered.quantity}"',
                since=_since(position),
            )
            con.execute(sql, {"until": until} | _since_value(position))
    return stand(con, msgspec.structs.replace(position, rolled_until=until))


def _since(position: Position) -> str:
    return "and recorded_at >= $since" if position.rolled_until else ""


def _since_value(position: Position) -> dict[str, datetime]:
    return {"since": position.rolled_until} if position.rolled_until else {}


def stand(con: duckdb.DuckDBPyConnection, position: Position) -> Position:
    """Write down where the ledger stands."""
    con.execute(statement("stand"), {**msgspec.structs.asdict(position)})
    return position


def check_balance(kind: Kind, frame: pl.DataFrame) -> None:
    """Raises ValueError where the amounts of a balanced kind do not sum to zero."""
    if kind.balanced:
        sums = frame.group_by(kind.balanced).agg(pl.col("amount_minor").sum())
        off = sums.filter(pl.col("amount_minor") != 0)
        if off.height:
            raise ValueError(f"{kind.name} is out of balance in {off.height} entries")
