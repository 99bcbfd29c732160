"""What somebody with a database tool can do to a house's file."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import duckdb

from psizero.core.tables import Kept, Kind, Type
from psizero.house.home import House
from psizero.house.members import members
from psizero.store import sealing, verify
from psizero.store.statement import digest, event_table, kept_table, rollup_table

CATALOG = members().catalog
MIDDLE = "quantile_disc(position, 0.5)"

_OTHER = {
    Type.TEXT: "coalesce({0}, '') || ' '",
    Type.JSON: "coalesce({0}, '') || ' '",
    Type.INTEGER: "coalesce({0}, 0) + 1",
    Type.QUANTITY: "coalesce({0}, 0) + 0.000000001",
    Type.RATE: "coalesce({0}, 0) + 0.000000000000001",
    Type.NUMBER: "coalesce({0}, 0) + 1e-12",
    Type.INSTANT: "coalesce({0}, timestamp '2026-01-01') + interval 1 microsecond",
    Type.BOOLEAN: "not coalesce({0}, false)",
}


def another(column: str, kept: Type) -> str:
    """The assignment that gives a column another value of its type, as near as can be."""
    return f'"{column}" = ' + _OTHER[kept].replace("{0}", f'"{column}"')


_INVENTED = {"VARCHAR": "'made up'", "TIMESTAMP": "timestamp '2026-10-05'", "BOOLEAN": "true"}
"""A value by the type of its column; 7 for the others."""


@contextmanager
def meddling(house: House) -> Iterator[duckdb.DuckDBPyConnection]:
    """The house's own connection, whose changes are taken back at the end."""
    connection = house.store._con
    connection.execute("begin")
    try:
        yield connection
    finally:
        connection.execute("rollback")


def run(connection: duckdb.DuckDBPyConnection, name: str, **parts: object) -> list[tuple[int, ...]]:
    """The statement `sql/<name>.sql` with its parts."""
    text = (Path(__file__).parent / "sql" / f"{name}.sql").read_text()
    return connection.execute(text.format(**parts)).fetchall()


def place(connection: duckdb.DuckDBPyConnection, table: str, which: str = MIDDLE) -> int:
    """The position of a row in the midst of a table, or of another one of it."""
    found = run(connection, "place", table=table, which=which)[0][0]
    assert found, f"{table} is empty"
    return found


def edit(
    connection: duckdb.DuckDBPyConnection, table: str, change: str, where: object = "true"
) -> None:
    """`where` is a condition, or a position."""
    condition = f"position = {where}" if isinstance(where, int) else where
    run(connection, "edit", table=table, change=change, where=condition)


def invent(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """A row that no event gave a kept table, true of the second position on."""
    place_ = {"from_position": "2", "to_position": "null"}
    stored = connection.table(table)
    columns = zip(stored.columns, map(str, stored.types), strict=True)
    values = [place_.get(name) or _INVENTED.get(kept, "7") for name, kept in columns]
    run(connection, "invent", table=table, values=", ".join(values))


def insert(connection: duckdb.DuckDBPyConnection, kind: Kind, place_: object) -> int:
    """A second row like the one in the midst of a kind's table, with a digest that fits it."""
    table = event_table(kind)
    position = place(connection, table)
    unlike = "subject as subject"
    if kind.unique:
        unlike = f"{kind.unique[-1]} + interval 1 hour as {kind.unique[-1]}"
    parts = {"table": table, "unlike": unlike, "where": f"position = {position}"}
    run(connection, "copy", place=place_, **parts)
    edit(connection, table, f"digest = {digest(kind)}", "id like '%!'")
    return position


def faults(house: House, most: int = 50) -> list[str]:
    """What `verify` says of the file as it stands now; the first ones, since it may go on long."""
    connection = house.store._con
    found = verify.faults(connection, house.store.catalog, sealing.standing(connection))
    return list(islice(found, most))


def names(found: list[str], position: int) -> bool:
    """Whether a line names a position, or positions from and to that hold it."""
    for line in found:
        for first, last in re.findall(r"positions? (\d+)(?: to (\d+))?", line):
            if int(first) <= position <= int(last or first):
                return True
    return False


def cut(home: Path, batches: int) -> None:
    """The tail gone without a trace in the file: rows, kept tables, ledger and standing."""
    with duckdb.connect(str(home / "house.duckdb")) as connection:
        batch, last, chain = run(connection, "keep", batches=batches)[0]
        for kind in CATALOG.kinds.values():
            run(connection, "remove", table=event_table(kind), where=f"position > {last}")
            if kind.metered:
                run(connection, "remove", table=rollup_table(kind), where=f"position > {last}")
        for table in CATALOG.tables.values():
            if isinstance(table, Kept):
                kept = kept_table(table)
                run(connection, "remove", table=kept, where=f"from_position > {last}")
                edit(connection, kept, "to_position = null", f"to_position > {last}")
        run(connection, "remove", table="ledger", where=f"batch > {batch}")
        stand = f"batches = {batch}, last_position = {last}, chain = '{chain}'"
        edit(connection, "standing", stand)
