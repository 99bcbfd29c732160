"""Tables as known at an instant, through a position: one query for each."""

import re
import warnings
from collections.abc import Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches

import duckdb
import msgspec
import polars as pl

from psizero.core.errors import Problem
from psizero.core.ports import Position
from psizero.core.tables import Catalog, Derived, EventTable, Kept, Kind, RollUp, Table, View, below
from psizero.store.statement import (
    event_table,
    kept_table,
    names,
    rollup_table,
    statement,
    united,
)

NEAREST = 5
"""So many names of tables are offered for one that is none."""


def query(catalog: Catalog, name: str, keys: Iterable[str] = ()) -> str:
    """The query of a table that is not derived, over `$through` and `$now`, in its order.

    With `keys`, only the rows that equal one of the registered frame `wanted` in these columns.
    """
    ctes: dict[str, str] = {}
    _collect(catalog, name, ctes)
    order = ", ".join(order_of(catalog, find(catalog, name)))
    body = ", ".join(f'"{table}" as ({text})' for table, text in ctes.items())
    found = statement("wanted", table=name, keys=names(keys)) if keys else f'"{name}"'
    return f"with {body} from {found} order by {order}"


def kinds_beneath(catalog: Catalog, name: str) -> frozenset[str]:
    """The kinds of which a table is made."""
    tables = [catalog.tables[one] for one in below([name], catalog.tables)]
    kept = [kind for one in tables if isinstance(one, Kept) for kind in one.kinds]
    return frozenset([*kept, *(one.kind for one in tables if isinstance(one, EventTable))])


def find(catalog: Catalog, name: str) -> Table:
    """Raises Problem naming the nearest tables when there is none of that name."""
    table = catalog.tables.get(name)
    if table is None:
        near = get_close_matches(name, sorted(catalog.tables), NEAREST, 0.5)
        said = f"near to it: {', '.join(near)}; " if near else ""
        raise Problem(f"there is no table {name!r}", f"{said}all of them: psizero tables")
    return table


def order_of(catalog: Catalog, table: Table) -> list[str]:
    """The columns by which a table's rows are ordered: its grain."""
    if isinstance(table, Kept):
        return [f'"{name}"' for name in table.key]
    if isinstance(table, EventTable):
        kind = catalog.kinds[table.kind]
        if kind.metered is None:
            return ["position"]
        return [f'"{n}"' for n in ("recorded", "start", kind.subject, *kind.metered.by)]
    return [f'"{name}"' for name in table.grain]


class Page(msgspec.Struct, frozen=True):
    """Some rows of a table in its order; `newest` the other way round."""

    offset: int
    limit: int
    newest: bool = False


def page(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    name: str,
    seen: Mapping[str, object],
    cut: Page,
) -> tuple[pl.DataFrame, int]:
    """The rows of a page, and how many there are; no other row leaves the engine."""
    ordered = query(catalog, name)
    plain = ordered[: ordered.rindex(" order by ")]
    order = ", ".join(
        f"{one} {'desc' if cut.newest else 'asc'}" for one in order_of(catalog, find(catalog, name))
    )
    values = used(plain, dict(seen))
    sql = statement("page", query=plain, order=f"order by {order}")
    rows = queried(con, sql, values | {"limit": cut.limit, "offset": cut.offset})
    total = con.execute(statement("page_total", query=plain), values or None).fetchall()[0][0]
    return rows, int(total)


def queried(
    con: duckdb.DuckDBPyConnection,
    sql: str,
    values: Mapping[str, object] | None = None,
    small: bool = False,
) -> pl.DataFrame:
    """What a query gives. A relation is planned twice, once to know its columns; a result that is
    known to be small is had with one plan, for a copy that the engine warns of.
    """
    if not small:
        found: pl.DataFrame = con.sql(sql, params=values or None).pl()
        return found
    con.execute(sql, values or None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        arrow = con.to_arrow_table()
    return pl.DataFrame(arrow)


def last_positions(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, int]:
    """Position of the last sealed row of each kind; 0 where there is none."""
    sql = united(
        statement("last_position", name=name, table=event_table(kind))
        for name, kind in catalog.kinds.items()
    )
    found = con.execute(sql).fetchall() if sql else []
    return {name: int(last) for name, last in found}


def sealed_since(con: duckdb.DuckDBPyConnection, batch: int) -> list[tuple[Iterable[str], int]]:
    """Kinds and last position of each batch after one, in order."""
    rows = con.execute(statement("ledger_since"), {"batch": batch}).fetchall()
    return [(kinds, int(last)) for _, _, last, kinds, *_ in rows]


def through(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    at: datetime,
    position: Position,
    known: dict[datetime, int],
) -> int:
    """The last position that was known at an instant; `known` remembers, as no past changes."""
    if position.sealed_at is None or at >= position.sealed_at:
        return position.last
    if at not in known:
        sql = united(
            statement("through", table=event_table(kind)) for kind in catalog.kinds.values()
        )
        known[at] = max(int(row[0]) for row in con.execute(sql, {"now": at}).fetchall())
    return known[at]


def running(
    con: duckdb.DuckDBPyConnection, kind: Kind, metered: RollUp, rolled: datetime | None
) -> pl.DataFrame:
    """Usage recorded since the last roll-up, by group."""
    sql = statement(
        "running",
        table=event_table(kind),
        by=names(metered.by),
        quantity=metered.quantity,
        since="and recorded_at >= $since" if rolled else "",
    )
    return queried(con, sql, {"since": rolled} if rolled else {})


def used(sql: str, values: dict[str, object]) -> dict[str, object]:
    """Only the named parameters that occur: an excess one is an error in the engine."""
    return {name: value for name, value in values.items() if re.search(rf"\${name}\b", sql)}


def _collect(catalog: Catalog, name: str, ctes: dict[str, str]) -> None:
    if name in ctes:
        return
    table = find(catalog, name)
    if isinstance(table, View):
        for below in table.reads:
            _collect(catalog, below, ctes)
        ctes[name] = catalog.sql[name]
    elif isinstance(table, Kept):
        ctes[name] = statement("read_kept", table=kept_table(table), columns=names(table.columns))
    elif isinstance(table, EventTable):
        ctes[name] = _event(catalog.kinds[table.kind])
    elif isinstance(table, Derived):
        raise Problem(f"table {table.name!r} is derived and cannot be read by a view")


def _event(kind: Kind) -> str:
    if kind.metered:
        return statement("read_rollup", table=rollup_table(kind))
    return statement("read_event", table=event_table(kind))
