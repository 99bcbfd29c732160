"""Kept tables: folded in the transaction of the events, rebuilt to be compared."""

import re

import duckdb

from psizero.core.tables import SQL_TYPES, Catalog, Fold, Kept
from psizero.store.mirror import INCOMING_ROWS, Ledger, Row, valued
from psizero.store.statement import event_table, kept_table, names, statement

_SECTION = re.compile(r"^-- kind: (\S+)$", re.MULTILINE)
_FOLDS = {
    Fold.LATEST: 'last_value("{0}" ignore nulls) over w as "{0}"',
    Fold.FIRST: 'first_value("{0}" ignore nulls) over w as "{0}"',
    Fold.SUM: 'cast(sum("{0}") over w as {1}) as "{0}"',
    Fold.MAX: 'max("{0}") over w as "{0}"',
}
SPAN_ROWS = 5_000  # of a longer batch nobody asks whether few rows of it concern a table
_EVERYTHING = {"first": 0, "last": 2**62}


def sections(sql: str) -> dict[str, str]:
    """A kept table's file: one select per kind, each under a line `-- kind: <name>`."""
    parts = _SECTION.split(sql)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fold(ledger: Ledger, kinds: frozenset[str], span: dict[str, int]) -> None:
    """Bring every kept table that reads one of `kinds` up to the rows of the span."""
    con, catalog, mirror = ledger.con, ledger.catalog, ledger.mirror
    mirror.begin(span["first"], span["last"])
    few = span["last"] - span["first"] < SPAN_ROWS
    for table in catalog.tables.values():
        if isinstance(table, Kept) and kinds.intersection(table.kinds):
            incoming = _incoming(con, catalog, table, kinds, span) if few else None
            if incoming is None or not mirror.fold(table, incoming):
                mirror.forget(table)
                _fold_one(con, catalog, table, kinds, span)


def _incoming(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    table: Kept,
    kinds: frozenset[str],
    span: dict[str, int],
) -> list[Row] | None:
    """What a batch brings to a kept table, in order; None where that is more than a few rows."""
    columns = names([*table.key, *valued(table)])
    parts = _parts(catalog, table, kinds)
    sql = statement("incoming", columns=columns, parts=parts, rows=str(INCOMING_ROWS + 1))
    rows: list[Row] = con.execute(sql, span).fetchall()
    return rows if len(rows) <= INCOMING_ROWS else None


def fold_all(con: duckdb.DuckDBPyConnection, catalog: Catalog, table: Kept) -> None:
    """Fold a kept table that is new to a house from everything that happened in it."""
    _fold_one(con, catalog, table, frozenset(table.kinds), dict(_EVERYTHING))


def _fold_one(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    table: Kept,
    kinds: frozenset[str],
    span: dict[str, int],
) -> None:
    values = valued(table)
    key = names(table.key)
    folding = con.execute(_folding(catalog, table, kinds, kept_table(table)), span).fetchall()
    if not folding[0][0]:
        return
    match = " and ".join(f'{kept_table(table)}."{n}" = f."{n}"' for n in table.key)
    con.execute(statement("fold_close", table=kept_table(table), key=key, match=match))
    con.execute(
        statement(
            "fold_open",
            table=kept_table(table),
            key=key,
            values=names(values),
            open_when=f'"{table.open_when}"' if table.open_when else "true",
        )
    )


def _folding(catalog: Catalog, table: Kept, kinds: frozenset[str], current: str) -> str:
    values = valued(table)
    spell = statement("spell", key=names(table.key), open_when=table.open_when)
    return statement(
        "fold",
        parts=_parts(catalog, table, kinds),
        table=current,
        key=names(table.key),
        values=names(values),
        spell=spell if table.open_when else "0",
        opens=f'coalesce("{table.open_when}", false)' if table.open_when else "true",
        folds=", ".join(_fold_column(table, name) for name in values),
    )


def _parts(catalog: Catalog, table: Kept, kinds: frozenset[str]) -> str:
    selects = sections(catalog.sql[table.name])
    return " union all by name ".join(
        statement("kind_batch", table=event_table(catalog.kinds[name]), select=selects[name])
        for name in table.kinds
        if name in kinds
    )


def _fold_column(table: Kept, name: str) -> str:
    kept, how = table.columns[name]
    return _FOLDS[how].format(name, SQL_TYPES[kept])


def rebuilt_differs(con: duckdb.DuckDBPyConnection, catalog: Catalog, table: Kept) -> int:
    """How many rows of a kept table differ from its fold over all events, either way."""
    span = _EVERYTHING
    empty = statement("nothing", table=kept_table(table))
    con.execute(_folding(catalog, table, frozenset(table.kinds), empty), span)
    columns = names([*table.columns, "from_position", "to_position"])
    found = con.execute(
        statement(
            "rebuilt",
            table=kept_table(table),
            columns=columns,
            open_when=f'"{table.open_when}"' if table.open_when else "true",
        )
    ).fetchall()
    return int(found[0][0])
