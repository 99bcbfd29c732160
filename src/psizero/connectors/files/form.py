"""The forms a file may have, each made into the view `file` and the table `rejected`.

`file` has the file's columns beside `line`; `rejected` has the line and the reason of every
row that could not even be cut into columns. A file's own column `line` is called `line_1`.
"""

import csv
import gzip
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

import duckdb
import polars as pl

from psizero.connectors.files.layout import layout_of
from psizero.connectors.files.statement import literal, quoted, statement
from psizero.core.errors import Problem

COLUMNS_MAX = 1_000
_CUTS = ",;|\t"


def _free(names: Iterable[str]) -> list[str]:
    """`line` is the row's number, so the file's own is moved aside, as DuckDB itself would."""
    return ["line_1" if name.lower() == "line" else name for name in names]


def _compression(path: Path) -> str:
    """Said outright: DuckDB takes a name with a `?` for an address and misses the ending."""
    return "gzip" if path.name.lower().endswith(".gz") else "none"


def _text(path: Path) -> TextIO:
    if _compression(path) == "gzip":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _header(path: Path) -> tuple[str, list[str]]:
    """The delimiter and the column names: the first line always names the columns."""
    with _text(path) as lines:
        first = lines.readline(1_000_000)
        cut = max(_CUTS, key=first.count)
        if ".tsv" in (suffix.lower() for suffix in path.suffixes):
            cut = "\t"
        names = next(csv.reader([first], delimiter=cut), [])
    taken = _free(name.strip() for name in names)
    if not all(taken) or not taken:
        raise Problem(f"{path.name}: the first line has to name every column")
    if len({name.lower() for name in taken}) < len(taken) or len(taken) > COLUMNS_MAX:
        raise Problem(
            f"{path.name}: the first line names a column twice, or more than {COLUMNS_MAX:,}"
        )
    return cut, taken


def _csv(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    cut, names = _header(path)
    parts = {
        "path": literal(str(path)),
        "compression": literal(_compression(path)),
        "types": "{" + ", ".join(f"{quoted(name)}: 'varchar'" for name in names) + "}",
        "delimiter": literal(cut),
    }
    db.execute(statement("csv_check", **parts)).fetchall()
    with _text(path) as lines:
        layout = layout_of(lines, cut, len(names))
    found: pl.DataFrame = db.sql(statement("csv_rejected")).pl()
    found = found.with_columns(line=layout.lines(found["line"]))
    if layout.opened:
        reason = f"the quote opened in line {layout.opened} is never closed"
        rest = {"line": layout.begun, "reason": f"{reason}: all the rest is this row"}
        found = pl.concat([found, pl.DataFrame(rest, schema=found.schema)])
    db.register("broken", found)
    db.execute(statement("csv_broken"))
    db.register("no_rows", layout.no_rows(found["line"]))
    db.execute(statement("csv", **parts))


def _json(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    with _text(path) as lines:
        start = lines.read(65_536).lstrip()[:1]
    layout = "array" if start == "[" and ".json" in path.name.lower() else "newline_delimited"
    parts = {"compression": literal(_compression(path)), "layout": literal(layout)}
    db.execute(statement("json_object", path=literal(str(path)), **parts))
    db.execute(statement("json_rejected"))
    spellings: dict[str, list[str]] = {}
    for (key,) in db.execute(statement("json_keys")).fetchall():
        spellings.setdefault(str(key).lower(), []).append(str(key))
    if not spellings or len(spellings) > COLUMNS_MAX:
        raise Problem(f"{path.name}: it holds no JSON object, or more than {COLUMNS_MAX:,} keys")
    columns = [_json_column(keys) for keys in spellings.values()]
    db.execute(statement("json", columns=", ".join(["line", *columns])))


def _json_column(keys: list[str]) -> str:
    """SQL does not tell `Client` from `client`: all spellings of a key are one column."""
    pointers = ["/" + key.replace("~", "~0").replace("/", "~1") for key in keys]
    values = ", ".join(f"json_extract_string(json, {literal(pointer)})" for pointer in pointers)
    return f"coalesce({values}) as {quoted(_free([keys[0]])[0])}"


def _parquet(db: duckdb.DuckDBPyConnection, path: Path) -> None:
    held = db.read_parquet(str(path)).columns
    pairs = zip(held, _free(held), strict=True)
    columns = (f"{quoted(name)} as {quoted(free)}" for name, free in pairs)
    db.execute(statement("parquet", path=literal(str(path)), columns=", ".join(columns)))


Form = Callable[[duckdb.DuckDBPyConnection, Path], None]
FORMS: dict[str, Form] = {
    ".csv": _csv,
    ".csv.gz": _csv,
    ".tsv": _csv,
    ".tsv.gz": _csv,
    ".parquet": _parquet,
    ".ndjson": _json,
    ".ndjson.gz": _json,
    ".jsonl": _json,
    ".jsonl.gz": _json,
    ".json": _json,
    ".json.gz": _json,
}


def form_of(path: Path) -> Form:
    """The form by the file's ending. Raises Problem on a missing, empty or unknown file."""
    if not path.is_file():
        raise Problem(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise Problem(f"{path}: it is empty")
    ending = next((one for one in FORMS if path.name.lower().endswith(one)), None)
    if ending is None:
        raise Problem(f"{path}: its form is not known", f"known are: {' '.join(FORMS)}")
    return FORMS[ending]
