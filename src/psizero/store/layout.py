"""What lies in PostgreSQL: the log alone. No view and no fold; a lens beside it evaluates those.

A kind has three tables: `inbox` holds what waits for its seal, `event` what is sealed and never
changes (that of records and metered kinds is one a month of `recorded_at`), and `known` every
source and id there is, whichever month or table the row lies in.
"""

from collections.abc import Iterable
from datetime import datetime

import polars as pl
from dateutil.relativedelta import relativedelta
from procrastinate.schema import SchemaManager

from psizero.core.errors import Problem
from psizero.core.records import RECORD_KINDS
from psizero.core.tables import ENVELOPE, POLARS_TYPES, Catalog, Kind, Type
from psizero.store.server import Connection, sql
from psizero.store.statement import names

MIGRATIONS = ((1, "0001_log"), (2, "0002_work"))
LAYOUT_LOCK, COMMITTER_LOCK, COUNTING_LOCK, AIDE_LOCK = 8_701_001, 8_701_002, 8_701_003, 8_701_004
"""Advisory locks of the database: who lays it out, who commits, who counts, who thinks along."""
_MONTH = relativedelta(months=1)
_TYPES: dict[Type, str] = {
    Type.TEXT: 'text collate "C"',
    Type.JSON: 'text collate "C"',
    Type.INTEGER: "bigint",
    Type.QUANTITY: "numeric(38,9)",
    Type.RATE: "numeric(38,15)",
    Type.NUMBER: "double precision",
    Type.INSTANT: "timestamp",
    Type.BOOLEAN: "boolean",
}
_RECORDS = frozenset(kind.name for kind in RECORD_KINDS)


def by_month(kind: Kind) -> bool:
    """Whether the kind's rows are many enough to lie in a table a month."""
    return kind.metered is not None or kind.name in _RECORDS


def columns(kind: Kind) -> dict[str, pl.DataType]:
    """What a row has beside its position: the envelope, the kind's columns and its digest."""
    heads = {name: POLARS_TYPES[kept] for name, kept in ENVELOPE.items() if name != "position"}
    mine = {name: POLARS_TYPES[column.type] for name, column in kind.columns.items()}
    return heads | mine | {"digest": pl.Binary()}


def lay_out(con: Connection, catalog: Catalog) -> None:
    """Numbered migrations, then tables of new kinds.

    Raises Problem on a database that is not UTF-8, holds something else, or is of a later version.
    """
    with con.transaction():
        con.execute(sql("lock_step"), {"lock": LAYOUT_LOCK})
        ours, encoding, strange = con.execute(sql("found")).fetchall()[0]
        if encoding != "UTF8":
            raise Problem(f"this database keeps text as {encoding}; the log needs UTF8")
        if strange and not ours:
            raise Problem("this database is no log of a house", "give the house one of its own")
        done = con.execute(sql("migrations_done")).fetchall()[0][0] if ours else 0
        if not isinstance(done, int) or done > MIGRATIONS[-1][0]:
            raise Problem(f"this log is of a later version (migration {done})")
        for number, name in MIGRATIONS[done:]:
            con.execute(sql(name, procrastinate=SchemaManager.get_schema()))
            con.execute(sql("migrated"), {"number": number})
        _lay_kinds(con, catalog.kinds.values())


def _lay_kinds(con: Connection, kinds: Iterable[Kind]) -> None:
    found: dict[object, set[object]] = {}
    for table, column in con.execute(sql("columns")).fetchall():
        found.setdefault(table, set()).add(column)
    for kind in kinds:
        if kind.table not in found:
            con.execute(_create(kind))
            continue
        missing = [name for name in kind.columns if name not in found[kind.table]]
        if missing:
            raise Problem(
                f"kind {kind.name} has a new column {missing[0]!r} that this log does not hold",
                "columns of a kind come with a numbered migration",
            )


def _create(kind: Kind) -> bytes:
    typed = {name: _TYPES[column.type] for name, column in kind.columns.items()}
    unique = "".join(f'"{name}" {typed.get(name, _TYPES[Type.TEXT])},' for name in _more(kind))
    if kind.unique:
        unique += f" unique ({names(kind.unique)}),"
    return sql(
        "create_kind",
        table=kind.table,
        columns=", ".join(f'"{name}" {one}' for name, one in typed.items()),
        unique=unique,
        partitioned=sql("by_month").decode() if by_month(kind) else "",
    )


def _more(kind: Kind) -> list[str]:
    return [name for name in kind.unique if name not in ("source", "id")]


def claimed(kind: Kind) -> list[str]:
    """The columns of `known`, as they are named in the kind's other tables too."""
    return ["source", "id", "nth", "occurred_at", "digest", *_more(kind)]


class Months:
    """The months of which tables are there; a new one is made in the transaction that needs it."""

    def __init__(self) -> None:
        self._known: set[tuple[str, datetime]] = set()

    def ready(self, con: Connection, kind: Kind, stamps: tuple[datetime, datetime]) -> None:
        """Tables for the stamps from the first to the last, both included."""
        if not by_month(kind):
            return
        first = datetime(stamps[0].year, stamps[0].month, 1)
        while first <= stamps[1]:
            end = first + _MONTH
            if (kind.table, first) not in self._known:
                month = f"{first:%Y_%m}"
                made = sql("month", table=kind.table, month=month, first=f"{first}", end=f"{end}")
                con.execute(made)
                self._known.add((kind.table, first))
            first = end

    def forget(self) -> None:
        """A transaction was rolled back: what it made is not there."""
        self._known.clear()
