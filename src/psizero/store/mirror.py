"""The mirror: what is open in small kept tables, in memory, so that a few rows fold at once.

The fold of `sql/fold.sql` costs three statements over windows however few rows it has; of a few
rows it is a loop, and what follows from it is written as it stands. Both give the same rows: a
law rebuilds every kept table by the SQL alone.
"""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Protocol, runtime_checkable

import duckdb
import msgspec

from psizero.core.money import EXACT
from psizero.core.tables import SQL_TYPES, Catalog, Fold, Kept, Type
from psizero.store.statement import kept_table, names, places, statement

INCOMING_ROWS = 200
OPEN_ROWS = 5_000
Row = tuple[object, ...]


@runtime_checkable
class Ordered(Protocol):
    """What has a greater and a less."""

    def __lt__(self, other: object, /) -> bool: ...


def valued(table: Kept) -> list[str]:
    """The columns of a kept table beside its key."""
    return [name for name in table.columns if name not in table.key]


def exact(table: Kept) -> bool:
    """Whether its fold is the same in any order of adding: no sum of doubles."""
    return all((kept, how) != (Type.NUMBER, Fold.SUM) for kept, how in table.columns.values())


class Mirror:
    """The open rows of kept tables by key, as of the last position that was folded."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._open: dict[str, dict[Row, Row] | None] = {}
        self._through = -1

    def begin(self, first: int, last: int) -> None:
        """The positions to be folded next; where they do not follow, one batch was rolled back."""
        if self._through != first - 1:
            self._open.clear()
        self._through = last

    def fold(self, table: Kept, incoming: list[Row]) -> bool:
        """Fold rows of key, values and position, in order; False: SQL has to do it."""
        width = len(table.key)
        known = self._known(table) if exact(table) else None
        if known is None or any(None in row[:width] for row in incoming):
            return False
        versions, standing = _versions(table, known, incoming)
        first: dict[Row, object] = {}
        for row in incoming:
            first.setdefault(row[:width], row[-1])
        self._close(table, [(at, *key) for key, at in first.items() if key in known])
        self._add(table, versions)
        for key, version in standing.items():
            known.pop(key, None)
            if version is not None:
                known[key] = tuple(version[width:-2])
        if len(known) > OPEN_ROWS:
            self._open[table.name] = None
        return True

    def forget(self, table: Kept) -> None:
        """It is folded by SQL: what is open in it is read again when it is needed."""
        if self._open.get(table.name) is not None:
            del self._open[table.name]

    def _known(self, table: Kept) -> dict[Row, Row] | None:
        """What is open, by key; None where that is too much to hold."""
        if table.name not in self._open:
            columns, width = names([*table.key, *valued(table)]), len(table.key)
            sql = statement(
                "open", table=kept_table(table), columns=columns, rows=str(OPEN_ROWS + 1)
            )
            rows = self._con.execute(sql).fetchall()
            found = {row[:width]: row[width:] for row in rows}
            self._open[table.name] = found if len(rows) <= OPEN_ROWS else None
        return self._open[table.name]

    def _close(self, table: Kept, closed: list[Row]) -> None:
        if closed:
            kept = kept_table(table)
            typed = ["BIGINT", *(SQL_TYPES[table.columns[name][0]] for name in table.key)]
            sql = statement(
                "mirror_close",
                table=kept,
                rows=places(len(closed), typed),
                key=names(table.key),
                match=" and ".join(f'{kept}."{name}" = v."{name}"' for name in table.key),
            )
            self._con.execute(sql, _flat(closed)).fetchall()

    def _add(self, table: Kept, versions: list[list[object]]) -> None:
        if versions:
            columns = [*table.key, *valued(table)]
            typed = [*(SQL_TYPES[table.columns[name][0]] for name in columns), "BIGINT", "BIGINT"]
            sql = statement(
                "mirror_add",
                table=kept_table(table),
                columns=names([*columns, "from_position", "to_position"]),
                rows=places(len(versions), typed),
            )
            self._con.execute(sql, _flat(versions)).fetchall()


class Ledger(msgspec.Struct, frozen=True):
    """The open file, what is declared to lie in it, and the mirror of what is open."""

    con: duckdb.DuckDBPyConnection
    catalog: Catalog
    mirror: Mirror


def _flat(rows: Iterable[Iterable[object]]) -> list[object]:
    return [value for row in rows for value in row]


def _versions(
    table: Kept, known: dict[Row, Row], incoming: list[Row]
) -> tuple[list[list[object]], dict[Row, list[object] | None]]:
    """The rows to add (key, values, from_position, to_position), and what stands by key then."""
    width, folds = len(table.key), [table.columns[name][1] for name in valued(table)]
    shut = valued(table).index(table.open_when) if table.open_when else -1
    chain: dict[Row, Row | None] = {}
    versions: list[list[object]] = []
    standing: dict[Row, list[object] | None] = {}
    with localcontext(EXACT):
        for row in incoming:
            key, values = row[:width], row[width:-1]
            before, last = chain.get(key, known.get(key)), standing.get(key)
            if key in chain and chain[key] is None:
                before = None
            if before is None and shut >= 0 and not values[shut]:
                continue  # not opened yet: it counts for nothing
            if last is not None:
                last[-1] = row[-1]
            after = values if before is None else _folded(folds, before, values)
            standing[key] = None
            if shut < 0 or after[shut]:
                versions.append([*key, *after, row[-1], None])
                standing[key] = versions[-1]
            chain[key] = None if shut >= 0 and values[shut] is False else after
    return versions, standing


def _folded(folds: list[Fold], before: Row, values: Row) -> Row:
    return tuple(
        old if new is None else new if old is None else _next(how, old, new)
        for how, old, new in zip(folds, before, values, strict=True)
    )


def _next(how: Fold, before: object, value: object) -> object:
    if how is Fold.FIRST:
        return before
    if how is Fold.SUM and isinstance(before, int | Decimal) and isinstance(value, int | Decimal):
        return before + value
    if how is Fold.MAX and isinstance(before, Ordered):
        return value if before < value else before
    return value
