"""The connector `files`: reads one file of history through an import map.

The file lies in a view of an in-memory DuckDB that may not spill: what is personal in the file
never reaches the disk. The map's SQL sees that view alone.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

import duckdb
import polars as pl

from psizero.connectors.files.form import form_of
from psizero.connectors.files.importmap import ImportMap, Select, parse_map
from psizero.connectors.files.projection import RAW, check, columns
from psizero.connectors.files.statement import literal, statement
from psizero.core.errors import Problem
from psizero.core.ports import Batch
from psizero.core.tables import POLARS_TYPES, Kind

__all__ = ["BATCH_ROWS_MAX", "ImportMap", "Select", "parse_map", "read_file"]

BATCH_ROWS_MAX = 200_000
_ORDER = ("line", "source", "id", "subject", "cause", "occurred_at")
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


@contextmanager
def _told(where: str) -> Iterator[None]:
    """DuckDB's errors in a line, and the columns it offers; a running stream gives OSError."""
    try:
        yield
    except (duckdb.Error, csv.Error, OSError, EOFError) as error:
        said, *more = (line[:300] for line in str(error).splitlines() or [""])
        offers = [line for line in more[:1] if line.startswith("Candidate bindings")]
        raise Problem(where, said, *offers) from None


def _select(db: duckdb.DuckDBPyConnection, number: int, select: Select) -> dict[str, str]:
    """Make the map's select a view; its columns, in small letters, and their DuckDB types."""
    db.execute(statement("selected", number=str(number), select=select.sql))
    view = db.view(f"selected_{number}")
    names = (name.lower() for name in view.columns)
    return dict(zip(names, (str(one) for one in view.types), strict=True))


def _frames(db: duckdb.DuckDBPyConnection, query: str) -> Iterator[pl.DataFrame]:
    for batch in db.sql(query).to_arrow_reader(BATCH_ROWS_MAX):
        yield from pl.DataFrame(batch).iter_slices(BATCH_ROWS_MAX)


def _content(file: Path) -> str:
    """32 hex digits (128 bits of SHA-256) over the file's bytes."""
    with file.open("rb") as held:
        return file_digest(held, "sha256").hexdigest()[:32]


def _shaped(frame: pl.DataFrame, kind: Kind, source: str) -> pl.DataFrame:
    """The columns in their order, and of the raw ones those that hold something."""
    raw = [name + RAW for name in kind.columns if name + RAW in frame.columns]
    bad = [name for name in raw if frame[name].null_count() < frame.height]
    return frame.with_columns(source=pl.lit(source)).select(*_ORDER, *kind.columns, *bad)


def _unreadable(db: duckdb.DuckDBPyConnection, kind: Kind, source: str) -> Iterator[pl.DataFrame]:
    """Rows that are no rows: everything is null but `line`, `source` and what is wrong."""
    empty = [pl.lit(None, pl.String).alias(name) for name in _ORDER[2:]]
    typed = [pl.lit(None, POLARS_TYPES[c.type]).alias(n) for n, c in kind.columns.items()]
    for frame in _frames(db, statement("unreadable")):
        yield frame.with_columns(pl.lit(source).alias("source"), *empty, *typed).select(
            *_ORDER, *kind.columns, "objection"
        )


def read_file(path: Path, import_map: ImportMap, kinds: Mapping[str, Kind]) -> Iterator[Batch]:
    """Batches of at most BATCH_ROWS_MAX rows, select by select in the map's order.

    A frame has `line`, `source`, `id`, `subject`, `cause`, `occurred_at` (naive UTC, or text
    where the select gives no timestamp) and the kind's columns in its types; a value that does
    not fit is null there and stands as text in `<column>__raw`, which exists only where needed.
    Rows that could not be cut into columns come first, under the first select's kind, with
    everything null and a column `objection`. Raises Problem, also midway through the file.
    """
    file = path.absolute()
    with duckdb.connect(":memory:", config=_SETTINGS) as db:
        with _told(f"{path}: it cannot be read"):
            form = form_of(file)
            db.execute(statement("lock", path=literal(str(file))))
            db.execute(statement("rejected"))
            form(db, file)
            content = _content(file)
        queries: list[tuple[str, Kind, str]] = []
        for number, select in enumerate(import_map.selects, 1):
            where = f"{import_map.origin}: select {number} ({select.kind})"
            with _told(where):
                given = _select(db, number, select)
                kind = kinds[select.kind]
                check(where, kind, given)
                listed = columns(kind, given)
                query = statement("rows", number=str(number), columns=listed)
                db.sql(query)
            queries.append((where, kind, query))
        first = queries[0][1]
        for frame in _unreadable(db, first, import_map.source):
            yield Batch(first.name, frame, path.name, content)
        for where, kind, query in queries:
            with _told(where):
                for frame in _frames(db, query):
                    shaped = _shaped(frame, kind, import_map.source)
                    yield Batch(kind.name, shaped, path.name, content)
