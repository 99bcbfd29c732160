"""Verification: every row against its digest, every batch against the chain."""

from collections.abc import Iterator
from hashlib import sha256

import duckdb

from psizero.core.ports import Position
from psizero.core.tables import Catalog, Kept
from psizero.store.folding import rebuilt_differs
from psizero.store.sealing import batch_digest, chunk_digests
from psizero.store.statement import digest, event_table, names, rollup_table, statement

CHUNK_ROWS = 1024


def faults(con: duckdb.DuckDBPyConnection, catalog: Catalog, position: Position) -> Iterator[str]:
    """One line for each place where the ledger is not what was written; none when sound."""
    yield from _edited(con, catalog)
    yield from _misplaced(con, catalog, position)
    yield from _unchained(con, catalog, position)
    yield from _unfolded(con, catalog)
    yield from _miscounted(con, catalog, position)


def _edited(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> Iterator[str]:
    for kind in catalog.kinds.values():
        sql = statement("verify_rows", kind=kind.name, table=event_table(kind), digest=digest(kind))
        for name, position, source, key in con.execute(sql).fetchall():
            place = f"position {position}" if position is not None else "unsealed"
            yield f"{name} at {place} (source {source}, id {key}): content was changed"


def _misplaced(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, position: Position
) -> Iterator[str]:
    parts = " union all ".join(
        statement("verify_part", kind=kind.name, table=event_table(kind))
        for kind in catalog.kinds.values()
    )
    last = 0
    for kind, here, before in con.execute(statement("verify_positions", parts=parts)).fetchall():
        if here > before + 1:
            gap = f"{before + 1}" if here == before + 2 else f"{before + 1} to {here - 1}"
            yield f"position {gap}: missing (deleted, or moved elsewhere), before {kind} at {here}"
        else:
            yield f"position {here}: stands twice, once in {kind} (inserted or moved)"
    found = con.execute(statement("highest", parts=parts)).fetchall()[0][0]
    last = int(found or 0)
    if last < position.last:
        yield f"positions {last + 1} to {position.last}: missing at the end (cut off)"
    if last > position.last:
        yield f"positions {position.last + 1} to {last}: beyond the end (inserted)"


def _unchained(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, position: Position
) -> Iterator[str]:
    chain, expected, batch = "", 1, 0
    for row in con.execute(statement("ledger_rows")).fetchall():
        batch, first, last, kinds, chunks, said, link = row
        if first != expected:
            yield f"batch {batch}: begins at position {first}, not {expected} (batch cut out)"
        expected = last + 1
        span = {"first": first, "last": last}
        yield from _unlike(con, catalog, batch, span, (kinds, chunks))
        if batch_digest(span, kinds, chunks) != said:
            yield f"batch {batch}: its kinds, span or digest were changed"
        chain = sha256(f"{chain}\n{said}".encode()).hexdigest()
        if chain != link:
            yield f"batch {batch}: the chain is broken here"
            chain = link
    if (batch, expected - 1, chain) != (position.batches, position.last, position.chain):
        yield f"the chain ends at batch {batch}, not {position.batches} (cut off, or rewritten)"


def _unlike(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    batch: int,
    span: dict[str, int],
    said: tuple[list[str], list[str]],
) -> Iterator[str]:
    """The chunks of a batch whose rows do not give the digest that was written."""
    kinds, chunks = said
    strange = sorted(set(kinds) - set(catalog.kinds))
    if strange:
        yield f"batch {batch}: holds the kind {strange[0]}, which is not installed"
        return
    actual = chunk_digests(con, catalog, kinds, span)
    for number in range(max(len(actual), len(chunks))):
        if actual[number : number + 1] != chunks[number : number + 1]:
            low = span["first"] + number * CHUNK_ROWS
            high = min(low + CHUNK_ROWS - 1, span["last"])
            yield f"batch {batch}, positions {low} to {high}: order, stamps or rows changed"


def _unfolded(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> Iterator[str]:
    for table in catalog.tables.values():
        if isinstance(table, Kept):
            rows = rebuilt_differs(con, catalog, table)
            if rows:
                yield f"kept table {table.name}: {rows} rows differ from its events"


def _miscounted(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, position: Position
) -> Iterator[str]:
    for kind in catalog.kinds.values():
        if kind.metered and position.rolled_until:
            sql = statement(
                "rollup_differs",
                table=rollup_table(kind),
                source=event_table(kind),
                by=names(kind.metered.by),
                quantity=f'"{kind.metered.quantity}"',
            )
            rows = con.execute(sql, {"until": position.rolled_until}).fetchall()[0][0]
            if rows:
                yield f"roll-up {kind.table}: {rows} rows differ from its events"


def head_fault(con: duckdb.DuckDBPyConnection, batch: int, chain: str) -> str:
    """What a head signed earlier says against the chain; empty when it is part of it."""
    links = {row[0]: row[6] for row in con.execute(statement("ledger_rows")).fetchall()}
    if batch == 0 or links.get(batch) == chain:
        return ""
    if batch not in links:
        return f"the signed head names batch {batch}, the ledger ends before it (cut off)"
    return f"the signed head names another chain at batch {batch} (rewritten)"
