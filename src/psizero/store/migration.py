"""Opening a ledger's file and bringing it to what the house of now declares."""

import re
from collections.abc import Collection
from pathlib import Path

import duckdb

from psizero.core.errors import Problem
from psizero.core.tables import Catalog, Kept, Kind
from psizero.store.folding import fold_all
from psizero.store.sealing import transaction
from psizero.store.statement import (
    create_kept,
    create_kind,
    definition,
    event_table,
    kept_table,
    statement,
)

MIGRATIONS = ((1, "0001_house"),)


def connect(path: Path, threads: int) -> duckdb.DuckDBPyConnection:
    """Raises Problem where another process owns the file, naming it, or it is no database."""
    try:
        return duckdb.connect(str(path), config={"threads": threads})
    except duckdb.Error as error:
        owner = re.search(r"PID (\d+)", str(error))
        if owner:
            raise Problem(
                f"{path.name} is in use by process {owner[1]}", "stop that one or wait for it"
            ) from None
        raise Problem(f"cannot open {path}: {str(error).splitlines()[0]}") from None


def migrate(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Numbered migrations, then tables of new kinds, then kept tables that are new or changed.

    Raises Problem on a database that is no ledger, or one of a later version.
    """
    tables = {row[0] for row in con.execute(statement("tables")).fetchall()}
    done = 0
    if "migration" in tables:
        done = con.execute(statement("migrations_done")).fetchall()[0][0]
    elif tables:
        raise Problem("this database is no ledger of a house", f"it holds {sorted(tables)[0]}")
    if done > MIGRATIONS[-1][0]:
        raise Problem(f"this home is of a later version (migration {done})")
    with transaction(con):
        for number, name in MIGRATIONS[done:]:
            con.execute(statement(name))
            con.execute(statement("migrated"), {"number": number})
        found = dict(con.execute(statement("columns")).fetchall())
        for kind in catalog.kinds.values():
            table = event_table(kind)
            columns = found.get(table if "." in table else f"main.{table}")
            if columns is None or kind.unique or kind.metered:  # an index or a sum may be new too
                for made in create_kind(kind):
                    con.execute(made)
            if columns is not None:
                _check_columns(kind, columns)
        _make_kept(con, catalog)


def _check_columns(kind: Kind, found: Collection[str]) -> None:
    missing = [name for name in kind.columns if name not in found]
    if missing:
        raise Problem(
            f"kind {kind.name} has a new column {missing[0]!r} that this home does not hold",
            "columns of a kind come with a numbered migration",
        )


def _make_kept(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Kept tables that are new, or defined otherwise now, are folded from all events."""
    stand = dict(con.execute(statement("kept_definitions")).fetchall())
    for table in catalog.tables.values():
        if isinstance(table, Kept):
            said = definition(table, catalog.sql[table.name])
            if stand.get(table.name) != said:
                con.execute(statement("drop_kept", table=kept_table(table)))
                con.execute(create_kept(table))
                fold_all(con, catalog, table)
                values = {"name": table.name, "definition": said}
                con.execute(statement("kept_defined"), values)
