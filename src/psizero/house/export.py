"""Moving a house, and backing it up: its log as Parquet, its keys apart from it."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path

from psizero.core.errors import Problem
from psizero.house.charter import read_text
from psizero.house.home import House
from psizero.house.members import members
from psizero.house.storage import HEAD, LEDGER, SNAPSHOT, is_home, url_of
from psizero.store import layout, parquet
from psizero.store.duck import DuckStore
from psizero.store.key_file import KeyFolder, lay_down, make_folder
from psizero.store.key_table import KeyTable
from psizero.store.keys import Keys
from psizero.store.parquet import Manifest, manifest_of
from psizero.store.push import push
from psizero.store.server import Server
from psizero.store.signature import read_head, sign_head, write_head

PUBLIC = "house.pub"
_SECRET = ("house.key", PUBLIC)
_KEYS_PAGE = 5_000


def export(house: House, folder: Path, keys: Path | None) -> Manifest:
    """The whole log, sealed and waiting, with a signed head and house.toml; keys where asked for.

    Raises Problem where a folder is there already, or the log does not continue the signed head.
    """
    if keys is not None and keys.exists():
        raise Problem(f"{keys} is there already", "keys are never mixed: name another folder")
    with _whole(folder) as partial, house.store.entire() as found:
        manifest = parquet.write(found, partial, "export")
        (partial / HEAD).write_bytes(_signed(house, manifest))
        shutil.copyfile(house.home / "keys" / PUBLIC, partial / PUBLIC)
        (partial / "house.toml").write_text(_portable(read_text(house.home / "house.toml")))
    if keys is not None:
        make_folder(keys)
        lay_down(keys, house.keys.cabinet.everything())
        for name in _SECRET:
            shutil.copy(house.home / "keys" / name, keys / name)
    return manifest


def snapshot(house: House) -> Path:
    """What a new lens begins with, in the home's folder `snapshot`."""
    place = house.home / SNAPSHOT
    with _whole(place, replacing=True) as partial:
        parquet.write(house.store.ledger, partial, "snapshot")
    return place


def load(folder: Path, home: Path, keys: Path | None) -> list[str]:
    """Make a home of an exported log, in a file or in the PostgreSQL that the home names.

    Returns what is worth knowing. Raises Problem where there is a home already, or what lies in
    the folder is not what was exported; nothing is made then.
    """
    manifest, head = _trusted(folder)
    if is_home(home):
        raise Problem(f"{home} is a home already", "a house is loaded into a home of its own")
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "house.toml").exists():
        shutil.copyfile(folder / "house.toml", home / "house.toml")
    url, fresh = url_of(home), home / f"{LEDGER}.new"
    for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        left.unlink(missing_ok=True)
    with closing(DuckStore(fresh, members().catalog, Keys(home / "keys"))) as store:
        parquet.read(store.ledger, folder)
        store.reload()
        fault = next(iter(store.faults()), "") or store.head_fault(*head)
        if fault:
            raise Problem(f"{folder} is not as it was exported: {fault}")
        if url:
            _push(url, store)
    said = _take_keys(home, url, keys)
    stands = manifest.position
    signed = {"batch": stands.batches, "position": stands.last, "chain": stands.chain}
    write_head(home / HEAD, home / "keys", signed)
    fresh.rename(home / ("lens-1.duckdb" if url else LEDGER))
    return said


def _trusted(folder: Path) -> tuple[Manifest, tuple[int, str]]:
    manifest = manifest_of(folder)
    if manifest.form != "export":
        raise Problem(f"{folder} is a snapshot, a start for lenses", "a house moves by its export")
    try:
        said = read_head((folder / HEAD).read_bytes(), (folder / PUBLIC).read_bytes())
    except OSError:
        raise Problem(f"{folder} lacks {HEAD} or {PUBLIC}", "take all that was exported") from None
    head = int(str(said["batch"])), str(said["chain"])
    if head != (manifest.position.batches, manifest.position.chain):
        raise Problem(f"{folder}: its signed head is that of another log")
    return manifest, head


def _push(url: str, store: DuckStore) -> None:
    with closing(Server(url)) as server:
        server.patiently(lambda con: layout.lay_out(con, store.catalog))
        with server.whole():
            server.patiently(lambda con: push(con, store.ledger))


def _take_keys(home: Path, url: str, keys: Path | None) -> list[str]:
    if keys is None:
        return ["without --keys: personal values stay unreadable, heads get a new signature"]
    make_folder(home / "keys")
    for name in _SECRET:
        shutil.copy(keys / name, home / "keys" / name)
    records = sorted(KeyFolder(keys).everything(), key=lambda one: one[0])
    if not url:
        return [f"{lay_down(home / 'keys', records):,} keys taken over"]
    with closing(KeyTable(Server(url))) as table:
        for purpose, mine in groupby(records, key=lambda one: one[0].partition("/")[0]):
            found = dict(mine)
            for page in _pages(list(found)):
                table.save(purpose, {place: found[place] for place in page}, {})
    return [f"{len(records):,} keys taken over"]


def _pages(places: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(places), _KEYS_PAGE):
        yield places[begin : begin + _KEYS_PAGE]


def _signed(house: House, manifest: Manifest) -> bytes:
    """A head over what is exported, where the log continues the one that the home has."""
    kept = (house.home / HEAD).read_bytes()
    said = read_head(kept, (house.home / "keys" / PUBLIC).read_bytes())
    fault = house.store.head_fault(int(str(said["batch"])), str(said["chain"]))
    if fault:
        raise Problem(f"{HEAD}: {fault}", "psizero verify says more; nothing was exported")
    stands = manifest.position
    head: Mapping[str, object] = {
        "batch": stands.batches,
        "position": stands.last,
        "chain": stands.chain,
    }
    return sign_head(house.home / "keys", head)


def _portable(charter: str) -> str:
    """house.toml without where the log lies: that is another place now."""
    kept, inside = list[str](), False
    for line in charter.splitlines(keepends=True):
        said = line.strip()
        inside = said.startswith("[store]") if said.startswith("[") else inside
        if not inside or not said or said.startswith("#"):
            kept.append(line)
    return "".join(kept)


@contextmanager
def _whole(folder: Path, replacing: bool = False) -> Iterator[Path]:
    """A folder that is there wholly or not at all."""
    if folder.exists() and not replacing:
        raise Problem(f"{folder} is there already", "name a folder that is not")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
