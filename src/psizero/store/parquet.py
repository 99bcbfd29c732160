"""A log as a folder of Parquet files: to move a house, to back it up, to give a lens a start.

`manifest.json` says what it is; `kinds/<kind>/rows.parquet` are the rows of a kind in the order in
which they were appended, `ledger.parquet` the batches. A snapshot has also `kept/` and `rollups/`,
and neither what waits nor the raw rows that are rolled up.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import duckdb
import msgspec

from psizero.core.errors import Problem
from psizero.core.ports import Position
from psizero.core.tables import Catalog, Kept, Kind
from psizero.store import sealing
from psizero.store.folding import fold_all
from psizero.store.mirror import Ledger
from psizero.store.statement import (
    definition,
    event_table,
    kept_table,
    rollup_table,
    statement,
)

VERSION = 1
MANIFEST = "manifest.json"
_LEDGER = "ledger.parquet"
Form = Literal["export", "snapshot"]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by kind, where the log stood, and how its kept tables were defined."""

    version: int = VERSION
    form: Form
    position: Position
    rows: dict[str, int]
    kept: dict[str, str]


def write(ledger: Ledger, folder: Path, form: Form) -> Manifest:
    """Raises Problem where the folder is there already: nothing is written over."""
    if folder.exists():
        raise Problem(f"{folder} is there already", "name a folder that is not")
    con, catalog = ledger.con, ledger.catalog
    position, rows = sealing.standing(con), dict[str, int]()
    for kind in catalog.kinds.values():
        place = _rows(folder, kind)
        place.parent.mkdir(parents=True)
        rows[kind.name] = _write(con, event_table(kind), _condition(kind, form, position), place)
    _write(con, "ledger", "true", folder / _LEDGER)
    if form == "snapshot":
        for table, place in _folded(catalog, folder):
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(con, table, "true", place)
    kept = {one.name: definition(one, catalog.sql[one.name]) for one in _kept(catalog)}
    manifest = Manifest(form=form, position=position, rows=rows, kept=kept)
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


def manifest_of(folder: Path) -> Manifest:
    """Raises Problem where the folder holds no log, or one of a later version."""
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        raise Problem(f"{folder} holds no exported log", f"it has no {MANIFEST}") from None
    if found.version > VERSION:
        raise Problem(f"{folder} is of a later version ({found.version})")
    return found


def read(ledger: Ledger, folder: Path) -> Manifest:
    """Fill a ledger that is empty, all or nothing; kept tables and roll-ups stand afterwards.

    Raises Problem where a kind is not installed, or the files do not hold what the manifest says.
    """
    manifest, con, catalog = manifest_of(folder), ledger.con, ledger.catalog
    strange = sorted(
        name for name, rows in manifest.rows.items() if rows and name not in catalog.kinds
    )
    if strange:
        raise Problem(f"{folder} holds the kind {strange[0]}, which is not installed here")
    with sealing.transaction(con):
        for kind in catalog.kinds.values():
            rows = manifest.rows.get(kind.name, 0)
            if rows:
                found = _read(con, event_table(kind), _rows(folder, kind))
                _check(folder, kind.name, found, rows)
        batches = _read(con, "ledger", folder / _LEDGER)
        _check(folder, "ledger", batches, manifest.position.batches)
        if manifest.form == "snapshot":
            _read_folded(ledger, folder, manifest)
        else:
            _fold(ledger, manifest.position)
        sealing.stand(con, manifest.position)
    return manifest


def _fold(ledger: Ledger, stands: Position) -> None:
    """Everything that is made of rows, made of all rows."""
    for table in _kept(ledger.catalog):
        fold_all(ledger.con, ledger.catalog, table)
    if stands.rolled_until is not None:
        kinds = ledger.catalog.kinds.values()
        sealing.roll_up(ledger.con, kinds, Position(), stands.rolled_until)


def _read_folded(ledger: Ledger, folder: Path, manifest: Manifest) -> None:
    """Kept tables that are defined otherwise now are folded from the rows."""
    for table in _kept(ledger.catalog):
        if manifest.kept.get(table.name) == definition(table, ledger.catalog.sql[table.name]):
            place = folder / "kept" / f"{table.name}.parquet"
            _read(ledger.con, kept_table(table), place)
        else:
            fold_all(ledger.con, ledger.catalog, table)
    for kind in ledger.catalog.kinds.values():
        if kind.metered and kind.name in manifest.rows:
            place = folder / "rollups" / f"{kind.name}.parquet"
            _read(ledger.con, rollup_table(kind), place)


def _kept(catalog: Catalog) -> list[Kept]:
    return [table for table in catalog.tables.values() if isinstance(table, Kept)]


def _folded(catalog: Catalog, folder: Path) -> Iterator[tuple[str, Path]]:
    for table in _kept(catalog):
        yield kept_table(table), folder / "kept" / f"{table.name}.parquet"
    for kind in catalog.kinds.values():
        if kind.metered:
            yield rollup_table(kind), folder / "rollups" / f"{kind.name}.parquet"


def _rows(folder: Path, kind: Kind) -> Path:
    return folder / "kinds" / kind.name / "rows.parquet"


def _condition(kind: Kind, form: Form, position: Position) -> str:
    if form == "export":
        return "true"
    if kind.metered is None or position.rolled_until is None:
        return statement("parquet_sealed")
    return statement("parquet_running", rolled=str(position.rolled_until))


def _write(con: duckdb.DuckDBPyConnection, table: str, condition: str, place: Path) -> int:
    query = statement("parquet_rows", table=table, condition=condition)
    written = statement("parquet_write", query=query, path=_quoted(place))
    return int(con.execute(written).fetchall()[0][0])


def _read(con: duckdb.DuckDBPyConnection, table: str, place: Path) -> int:
    filled = statement("parquet_read", table=table, path=_quoted(place))
    try:
        return int(con.execute(filled).fetchall()[0][0])
    except duckdb.Error as error:
        raise Problem(f"cannot read {place}: {str(error).splitlines()[0]}") from None


def _check(folder: Path, what: str, found: int, said: int) -> None:
    if found != said:
        raise Problem(f"{folder} holds {found:,} rows of {what}, its manifest says {said:,}")


def _quoted(place: Path) -> str:
    return str(place).replace("'", "''")
