"""The lens: a DuckDB of one process that follows the log by position, with its own tables.

It is a cache. What it folds and sums is folded and summed from the same rows by the same SQL, and
the chain of every batch has to come out as it stands in the log.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import polars as pl

from psizero.core.clock import quarter_hour
from psizero.core.errors import Problem
from psizero.core.ports import Position
from psizero.core.tables import Catalog, Kind, schema
from psizero.store import appending, parquet, sealing
from psizero.store.duck import DuckStore
from psizero.store.folding import fold
from psizero.store.parquet import manifest_of
from psizero.store.server import Connection, sql
from psizero.store.statement import event_table, statement
from psizero.store.transfer import listed, taken

SLICE_POSITIONS = 100_000
_LINKS_MAX = 2_000
_LENS = "the lens (lens-*.duckdb in the home, a cache)"


class Link(msgspec.Struct, frozen=True):
    """A batch as the log has it."""

    batch: int
    first: int
    last: int
    kinds: list[str]
    chunks: list[str]
    digest: str
    chain: str


def standing(con: Connection) -> Position:
    """Where the log stands."""
    row = con.execute(sql("standing")).fetchall()[0]
    return msgspec.convert(dict(zip(Position.__struct_fields__, row, strict=True)), Position)


def follow(store: DuckStore, con: Connection) -> bool:
    """Apply what was sealed elsewhere; whether there was anything. Nothing in the lens may wait.

    Raises Problem where the lens holds what the log does not, or a batch does not come out as it
    stands there.
    """
    stands = standing(con)
    if stands == store.position:
        return False
    _check_past(con, store.position)
    while store.position.batches < stands.batches:
        for part in _parts(links(con, store.position.batches, stands.batches)):
            _apply(store, con, part)
    _settle(store, stands)
    store.reload()
    return True


def begin(store: DuckStore, con: Connection, folder: Path) -> None:
    """Take a snapshot as the lens's past. Raises Problem where it is none of this log."""
    stands = manifest_of(folder).position
    found = con.execute(sql("link"), {"batch": stands.batches}).fetchall()
    if stands.batches and (not found or found[0][0] != stands.chain):
        raise Problem(f"{folder} is a snapshot of another log", "take it away, or make it anew")
    parquet.read(store.ledger, folder)
    _know_raw_since(store, stands.last)
    store.reload()


def raw_since(store: DuckStore) -> int:
    """After which position the lens has raw rows of metered kinds; 0 where it has all."""
    store.ledger.con.execute(statement("lens_made"))
    return int(store.ledger.con.execute(statement("lens_raw_since")).fetchall()[0][0])


def _know_raw_since(store: DuckStore, position: int) -> None:
    con = store.ledger.con
    con.execute(statement("lens_made"))
    with sealing.transaction(con):
        con.execute(statement("lens_raw_none"))
        con.execute(statement("lens_raw"), {"position": position})


def complete(store: DuckStore, con: Connection, through: int) -> None:
    """Take in the raw rows that a lens from a snapshot lacks after a position, for a replay."""
    lacks = raw_since(store)
    if lacks <= through:
        return
    known = [kind for kind in store.catalog.kinds.values() if kind.metered is None]
    stamps = [
        store.ledger.con.execute(
            statement("rewind_sealed_part", table=event_table(kind)), {"through": through}
        ).fetchall()[0][0]
        for kind in known
    ]
    since = max((one for one in stamps if one is not None), default=datetime(1, 1, 1))
    values = {"last": lacks, "since": quarter_hour(since)}
    for kind in store.catalog.kinds.values():
        if kind.metered:
            typed: dict[str, pl.DataType] = {"position": pl.Int64(), **schema(kind)}
            query = sql("raw", table=kind.table, columns=listed(typed))
            frame = _lacking(store, kind, taken(con, query, values, typed))
            if frame.height:
                appending.insert(store.ledger.con, kind, frame, position="position")
    _know_raw_since(store, through)


def _lacking(store: DuckStore, kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
    """A snapshot holds the rows that were not rolled up yet."""
    held = store.since(kind.name, int(frame["position"][0]) - 1) if frame.height else frame
    return frame.join(held.select("position"), on="position", how="anti", maintain_order="left")


def through(con: Connection, catalog: Catalog, at: datetime) -> int:
    """The last position of a metered kind that was known at an instant."""
    found = [0]
    for kind in catalog.kinds.values():
        if kind.metered:
            rows = con.execute(sql("through", table=kind.table), {"at": at}).fetchall()
            found.append(int(str(rows[0][0])))
    return max(found)


def _check_past(con: Connection, position: Position) -> None:
    found = con.execute(sql("link"), {"batch": position.batches}).fetchall()
    if position.batches and not found:
        raise Problem(
            f"{_LENS} holds batch {position.batches}, the log ends before it: was it set back?",
            "look before you go on; without its lens a house follows the log as it is now",
        )
    if position.batches and found[0][0] != position.chain:
        raise Problem(
            f"{_LENS} holds another history than the log at batch {position.batches}",
            "is this another database? Without its lens a house follows the log as it is now",
        )


def links(con: Connection, after: int, last: int) -> list[Link]:
    """The batches that follow one, in order; not all of them at once."""
    values = {"after": after, "last": last, "most": _LINKS_MAX}
    rows = con.execute(sql("links"), values).fetchall()
    return [
        msgspec.convert(dict(zip(Link.__struct_fields__, row, strict=True)), Link) for row in rows
    ]


def _parts(links: Sequence[Link]) -> Iterator[list[Link]]:
    """Whole batches, together at most so many positions where it is not one alone."""
    part: list[Link] = []
    for link in links:
        if part and link.last - part[0].first >= SLICE_POSITIONS:
            yield part
            part = []
        part.append(link)
    if part:
        yield part


def _apply(store: DuckStore, con: Connection, part: Sequence[Link]) -> None:
    """Rows, folds and links of some batches, all or nothing."""
    ledger, catalog = store.ledger, store.catalog
    span = {"first": part[0].first, "last": part[-1].last}
    names = sorted({name for link in part for name in link.kinds})
    for name in names:
        if name not in catalog.kinds:
            raise Problem(f"the log holds the kind {name}, which is not installed here")
    with sealing.transaction(ledger.con):
        stamps = [_insert(store, con, catalog.kinds[name], span) for name in names]
        fold(ledger, frozenset(names), span)
        for link in part:
            ledger.con.execute(statement("ledger_add"), msgspec.structs.asdict(link))
        _check_chain(store, part)
        last = part[-1]
        sealed_at = max((one for one in stamps if one is not None), default=None)
        rolled = store.position.rolled_until
        position = Position(last.last, sealed_at, rolled, last.batch, last.chain)
        sealing.stand(ledger.con, position)
    store.position = position


def _insert(
    store: DuckStore, con: Connection, kind: Kind, span: Mapping[str, int]
) -> datetime | None:
    """The rows of a span; the last stamp among them."""
    typed: dict[str, pl.DataType] = {"position": pl.Int64(), **schema(kind)}
    frame = taken(con, sql("span", table=kind.table, columns=listed(typed)), span, typed)
    if frame.height:
        appending.insert(store.ledger.con, kind, frame, position="position")
    found = frame["recorded_at"].max()
    return found if isinstance(found, datetime) else None


def _check_chain(store: DuckStore, part: Sequence[Link]) -> None:
    """Raises Problem naming the first batch that is not what the log says."""
    kinds = [store.catalog.kinds[name] for name in sorted({n for one in part for n in one.kinds})]
    found: dict[int, list[str]] = {}
    if kinds:
        parts = " union all ".join(
            statement("chunk_part", table=event_table(kind)) for kind in kinds
        )
        span = {"first": part[0].first, "last": part[-1].last}
        rows = store.ledger.con.execute(statement("chunks_of", parts=parts), span).fetchall()
        for batch, _, digest in rows:
            found.setdefault(batch, []).append(digest)
    chain = store.position.chain
    for link in part:
        span = {"first": link.first, "last": link.last}
        chain = sha256(f"{chain}\n{link.digest}".encode()).hexdigest()
        said = sealing.batch_digest(span, link.kinds, found.get(link.batch, []))
        if (said, chain) != (link.digest, link.chain):
            raise Problem(
                f"batch {link.batch} of the log does not give the digest that it was sealed with",
                "psizero verify says where it was changed",
            )


def _settle(store: DuckStore, stands: Position) -> None:
    """Close the quarter-hours that are closed in the log, and stand where it stands."""
    ledger = store.ledger
    with sealing.transaction(ledger.con):
        if stands.rolled_until is not None:
            kinds = store.catalog.kinds.values()
            sealing.roll_up(ledger.con, kinds, store.position, stands.rolled_until)
        sealing.stand(ledger.con, stands)
    store.position = stands
