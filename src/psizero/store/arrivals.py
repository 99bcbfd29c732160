"""What arrives: durable in PostgreSQL once, however often it comes; mirrored where it is asked for.

An arrival is one append of one kind. Its rows are numbered `arrival << 20` and onwards, so that
the order of `nth` is the order of appending, and a mirror says which arrivals it has.
"""

from collections.abc import Iterable, Iterator

import polars as pl

from psizero.core.ports import Appended
from psizero.core.tables import Catalog, Kind, schema
from psizero.store.duck import DuckStore
from psizero.store.layout import claimed, columns
from psizero.store.reading import queried
from psizero.store.server import Connection, Server, sql
from psizero.store.statement import digest, event_table, names, statement
from psizero.store.transfer import listed, put, taken

ARRIVAL_ROWS = 1 << 20
_BROUGHT_ARRIVALS = 200  # so many are brought at a time
_CONFLICTS = {"source": pl.String(), "id": pl.String()}


class Arrivals:
    """The inbox in PostgreSQL, and as much of it as the lens has been brought."""

    def __init__(self, server: Server, lens: DuckStore) -> None:
        self._server, self._lens = server, lens
        self._brought: dict[str, set[int]] = {}

    @property
    def catalog(self) -> Catalog:
        """What may arrive."""
        return self._lens.catalog

    def append(self, kind: Kind, frame: pl.DataFrame, mirrored: bool) -> Appended:
        """Append what is new, in one transaction. `mirrored`: the lens is given it as well."""
        ready = frame.with_columns(self._digests(kind, frame))
        parts = list(ready.iter_slices(ARRIVAL_ROWS)) or [ready]
        ids = [self._next() for _ in parts]
        begun = self._server.session

        def work(con: Connection) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
            again = self._server.session != begun
            if again and con.execute(sql("arrived"), {"arrival": ids[-1]}).fetchall():
                return [(part, part.clear().select("source", "id")) for part in parts]
            with con.transaction():
                return [_append(con, kind, part, one) for part, one in zip(parts, ids, strict=True)]

        done = self._server.patiently(work)
        for one, (fresh, _) in zip(ids, done, strict=True):
            if mirrored and fresh.height:
                self._brought.setdefault(kind.name, set()).add(one)
                self._lens.offer(kind, fresh.drop("digest"))
        rows = sum(fresh.height for fresh, _ in done)
        conflicts = pl.concat([one for _, one in done])
        return Appended(rows, frame.height - rows, conflicts)

    def known(self, kind: Kind, frame: pl.DataFrame) -> pl.Series:
        """Which rows stand already, with the same content at the same instant."""
        offered = frame.select("source", "id", "occurred_at").with_columns(
            self._digests(kind, frame), nth=pl.int_range(frame.height, dtype=pl.Int64)
        )

        def work(con: Connection) -> list[tuple[object, ...]]:
            with con.transaction():
                con.execute(sql("offered"))
                put(con, "offered", offered)
                return con.execute(sql("known", table=kind.table)).fetchall()

        met = pl.Series([row[0] for row in self._server.patiently(work)], dtype=pl.Int64)
        return offered["nth"].is_in(met.implode())

    def bring(self, kinds: Iterable[str]) -> None:
        """Mirror what has arrived of some kinds and is not in the lens yet."""
        asked = sorted(kinds)
        listing = self._server.patiently(
            lambda con: con.execute(sql("arrivals"), {"kinds": asked}).fetchall()
        )
        there: dict[str, list[int]] = {}
        for arrival, name in listing:
            there.setdefault(str(name), []).append(int(str(arrival)))
        for name in asked:
            known = self._brought.get(name, set())
            wanted = [one for one in there.get(name, []) if one not in known]
            for part in _slices(wanted):
                kind = self.catalog.kinds[name]
                self._lens.offer(kind, self._rows(kind, part))
            self._brought[name] = set(there.get(name, []))

    def _rows(self, kind: Kind, arrivals: list[int]) -> pl.DataFrame:
        typed = schema(kind)
        query = sql("arrived_rows", table=kind.table, columns=listed(typed, "i."))
        return self._server.patiently(lambda con: taken(con, query, {"arrivals": arrivals}, typed))

    def waiting(self) -> dict[str, int]:
        """Unsealed rows by kind, where there are any."""
        found = self._server.patiently(lambda con: con.execute(sql("arrival_rows")).fetchall())
        return {str(kind): int(str(rows)) for kind, rows in found}

    def forget(self) -> None:
        """Take out of the lens what is not sealed; what waits in PostgreSQL waits on."""
        mirrored = self._lens.waiting()
        self._brought.clear()
        for name in mirrored:
            table = event_table(self.catalog.kinds[name])
            self._lens.ledger.con.execute(statement("forget", table=table))
        if mirrored:
            self._lens.reload()

    def _next(self) -> int:
        found = self._server.patiently(lambda con: con.execute(sql("arrival_next")).fetchall())
        return int(str(found[0][0]))

    def _digests(self, kind: Kind, frame: pl.DataFrame) -> pl.Series:
        """The row digests, by the engine's own expression."""
        con = self._lens.ledger.con
        con.register("incoming", frame)
        found = queried(con, statement("digests", digest=digest(kind)))
        con.unregister("incoming")
        return found["digest"].cast(pl.Binary)


def _append(
    con: Connection, kind: Kind, frame: pl.DataFrame, arrival: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was new of a frame, and source and id of what is known with other content."""
    first = arrival * ARRIVAL_ROWS
    span = {"first": first, "last": first + frame.height - 1}
    nths = pl.int_range(first, first + frame.height, dtype=pl.Int64)
    put(con, f"inbox.{kind.table}", frame.select(columns(kind).keys()).with_columns(nth=nths))
    claim = sql(
        "claim_first" if kind.unique else "claim", table=kind.table, columns=names(claimed(kind))
    )
    conflicts, fresh = pl.DataFrame(schema=_CONFLICTS), frame
    if con.execute(claim, span).rowcount < frame.height:
        odd = con.execute(sql("unclaimed", table=kind.table), span).fetchall()
        gone = pl.Series([int(str(row[0])) - first for row in odd], dtype=pl.Int64)
        fresh = frame.filter(~pl.int_range(frame.height, dtype=pl.Int64).is_in(gone.implode()))
        differing = [(row[1], row[2]) for row in odd if row[3]]
        conflicts = pl.DataFrame(differing, schema=_CONFLICTS, orient="row")
    if fresh.height:
        said = {"arrival": arrival, "kind": kind.name, "rows": fresh.height}
        con.execute(sql("arrival_add"), said)
    return fresh, conflicts


def _slices(arrivals: list[int]) -> Iterator[list[int]]:
    for begin in range(0, len(arrivals), _BROUGHT_ARRIVALS):
        yield arrivals[begin : begin + _BROUGHT_ARRIVALS]
