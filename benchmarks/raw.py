"""The raw engine: plain DuckDB tables with the columns and the key of our usage events."""

from pathlib import Path

import duckdb
import msgspec
import polars as pl

CREATE = """
create table usage (
    occurred_at timestamp, recorded_at timestamp, source varchar not null, id varchar not null,
    subject varchar not null, cause varchar, meter varchar, quantity decimal(38, 9),
    properties varchar, primary key (source, id)
)
"""
FAILING = """
insert into usage
select occurred_at, recorded_at, source, id, subject, cause, meter, quantity, properties
from incoming
"""
SKIPPING = f"{FAILING} on conflict do nothing"


class Raw(msgspec.Struct, frozen=True):
    """An open file with one table; `insert` takes what is registered as `incoming`."""

    con: duckdb.DuckDBPyConnection
    insert: str

    def append(self, frame: pl.DataFrame) -> None:
        """One batch, durable when this returns."""
        self.con.register("incoming", frame)
        self.con.execute(self.insert).fetchall()
        self.con.unregister("incoming")


def raw_engine(path: Path, insert: str = SKIPPING) -> Raw:
    """An empty table, on as many threads as the house uses.

    SKIPPING passes over rows whose key it knows, as our door does; FAILING refuses the batch.
    """
    con = duckdb.connect(str(path), config={"threads": 2})
    con.execute(CREATE)
    return Raw(con, insert)
