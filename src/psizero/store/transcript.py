"""A transcript: all that PostgreSQL holds, in a DuckDB of its own, to be verified or exported."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import msgspec
import polars as pl

from psizero.core.tables import Kept, Kind
from psizero.store import sealing
from psizero.store.layout import columns
from psizero.store.lens import links, standing
from psizero.store.migration import connect, migrate
from psizero.store.mirror import Ledger, Mirror
from psizero.store.server import Connection, sql
from psizero.store.statement import event_table, kept_table, names, rollup_table, statement
from psizero.store.transfer import listed, taken

_SLICE_ROWS = 200_000


@contextmanager
def transcribed(server: Connection, lens: Ledger, threads: int = 2) -> Iterator[Ledger]:
    """Every row, sealed or waiting, as it lies there, in the order in which it was appended.

    Kept tables and roll-ups are those of the lens. It is gone at the end. The transaction has to
    be one that sees the log as it stood at its begin.
    """
    with TemporaryDirectory(prefix="psizero-transcript-") as folder:
        path = Path(folder) / "log.duckdb"
        with closing(connect(path, threads)) as con:
            migrate(con, lens.catalog)
            for kind in lens.catalog.kinds.values():
                for frame in _slices(server, kind):
                    fill(con, event_table(kind), frame)
            _chain(server, con)
        _copy_folded(lens, path)
        with closing(connect(path, threads)) as con:
            yield Ledger(con, lens.catalog, Mirror(con))


def fill(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Rows into a table as they are, digests included."""
    con.register("incoming", frame)
    con.execute(statement("fill", table=table))
    con.unregister("incoming")


def _slices(server: Connection, kind: Kind) -> Iterator[pl.DataFrame]:
    lying = columns(kind)
    typed: dict[str, pl.DataType] = {"position": pl.Int64(), **lying}
    query = sql("everything", table=kind.table, columns=listed(typed), stored=names(lying))
    after = 0
    while True:
        values = {"after": after, "most": _SLICE_ROWS}
        frame = taken(server, query, values, typed | {"nth": pl.Int64()})
        if frame.height == 0:
            return
        after = int(frame["nth"][-1])
        yield frame.drop("nth")


def _chain(server: Connection, con: duckdb.DuckDBPyConnection) -> None:
    stands, batch = standing(server), 0
    while batch < stands.batches:
        for link in links(server, batch, stands.batches):
            con.execute(statement("ledger_add"), msgspec.structs.asdict(link))
            batch = link.batch
    sealing.stand(con, stands)


def _copy_folded(lens: Ledger, path: Path) -> None:
    lens.con.execute(statement("rewind_attach", path=str(path).replace("'", "''")))
    try:
        for table in lens.catalog.tables.values():
            if isinstance(table, Kept):
                lens.con.execute(statement("fill_same", table=kept_table(table)))
        for kind in lens.catalog.kinds.values():
            if kind.metered:
                lens.con.execute(statement("fill_same", table=rollup_table(kind)))
    finally:
        lens.con.execute(statement("rewind_detach"))
