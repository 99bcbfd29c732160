"""The files that hold secrets: made whole and durable, or not at all.

A key file is `KEY_FILE_BYTES` long, so that a term is advanced and a key is overwritten in
place, by one write within one sector, and no stray copy of a key is left behind. (A
copy-on-write file system or a flash disk may still hold old blocks; there the disk itself has
to be encrypted.)
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from psizero.core.clock import instant, iso
from psizero.core.errors import Problem

KEY_BITS = 512
KEY_FILE_BYTES = 256
_SYNCERS = 8  # syncs that share a flush of the disk; more gave nothing on 2 cores


class KeyRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a key file holds: a key and until when it must stay, or when it was erased."""

    key: bytes = b""
    until: str = ""
    erased: str = ""

    def lasting(self, until: datetime | None) -> "KeyRecord":
        """The same key with the later one of two terms; itself where that is its own."""
        if until is None or (self.until and instant(self.until) >= until):
            return self
        return KeyRecord(key=self.key, until=iso(until))

    def due(self, now: datetime) -> datetime | None:
        """Until when the key must stay; None when nothing keeps it at `now`."""
        until = instant(self.until) if self.until else now
        return until if until > now else None


ERASED_RECORD = KeyRecord(erased="earlier")


class Cabinet(Protocol):
    """Where keys lie, each at `<purpose>/<name>`; durable when a method returns."""

    def read(self, place: str) -> KeyRecord | None:
        """None where there is no key; of an erased one its tombstone."""
        ...

    def save(
        self,
        purpose: str,
        made: Mapping[str, KeyRecord],
        advanced: Mapping[str, KeyRecord],
    ) -> Mapping[str, KeyRecord]:
        """Keys that were not there, and terms that got longer; what stands in their places."""
        ...

    def destroy(self, place: str, now: datetime) -> bool:
        """Put a tombstone in its place; whether there was a key."""
        ...

    def erased(self) -> list[str]:
        """Names of erased subjects, in order."""
        ...

    def changed(self) -> bool:
        """Whether another process destroyed a key since this was asked last."""
        ...

    def everything(self) -> Iterator[tuple[str, KeyRecord]]:
        """Every key and tombstone with its place."""
        ...


def lay_down(folder: Path, records: Iterable[tuple[str, KeyRecord]]) -> int:
    """Write keys and tombstones as files, each at its place; how many there were."""
    made = {}
    for place, record in records:
        path = folder / f"{place}.key"
        made[tombstone(path) if record.erased else path] = record
    create_keys(made)
    return len(made)


class KeyFolder:
    """Keys as files: `<folder>/<purpose>/<name>.key`. One process at a time opens the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._durable: set[str] = set()

    def read(self, place: str) -> KeyRecord | None:
        return read_key(self._path(place))

    def save(
        self,
        purpose: str,
        made: Mapping[str, KeyRecord],
        advanced: Mapping[str, KeyRecord],
    ) -> Mapping[str, KeyRecord]:
        """The first save syncs the names of the keys it found: whoever made them may have died
        before he did.
        """
        folder = self._folder / purpose
        if made:
            make_folder(self._folder)
        if purpose not in self._durable and folder.exists():
            sync(folder)
        self._durable.discard(purpose)
        create_keys({self._path(place): record for place, record in made.items()})
        for place, record in advanced.items():
            overwrite_key(self._path(place), record)
        self._durable.add(purpose)
        return {**made, **advanced}

    def destroy(self, place: str, now: datetime) -> bool:
        make_folder(self._folder)
        return destroy_key(self._path(place), now)

    def erased(self) -> list[str]:
        stones = (self._folder / "service").glob("*.key.erased")
        return sorted(stone.name.removesuffix(".key.erased") for stone in stones)

    def changed(self) -> bool:
        return False

    def everything(self) -> Iterator[tuple[str, KeyRecord]]:
        for path in sorted(self._folder.glob("*/*.key*")):
            place = f"{path.parent.name}/{path.name.split('.')[0]}"
            if path.suffix in (".key", ".erased"):
                record = read_key(self._path(place))
                if record is not None:
                    yield place, record

    def _path(self, place: str) -> Path:
        return self._folder / f"{place}.key"


def tombstone(path: Path) -> Path:
    """What stands in the place of an erased key."""
    return path.with_name(f"{path.name}.erased")


def read_key(path: Path) -> KeyRecord | None:
    """What a key file says, None where there is none.

    A tombstone wins over a key beside it, which only a backup can have brought back. Raises
    Problem on a damaged file: it is never taken for a missing one, or a new key would be made.
    """
    if tombstone(path).exists():
        return ERASED_RECORD
    try:
        record = _decoded(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Problem(f"The key file {path} cannot be read: {error.strerror}.") from None
    if record is None:
        raise Problem(
            f"The key file {path} is damaged.",
            "Bring it back from your own copy of the keys; without it its values stay unreadable.",
        )
    return record


def create_keys(records: Mapping[Path, KeyRecord]) -> None:
    """Make many key files: all written, then all synced, then all named, which is far quicker.

    Their folders are made as needed and synced once each.
    """
    folders = {path.parent for path in records}
    for folder in folders:
        make_folder(folder)
    for path, record in records.items():
        os.close(_write_fresh(path, _encoded(record, KEY_FILE_BYTES)))
    with ThreadPoolExecutor(_SYNCERS) as syncers:
        for _ in syncers.map(sync, map(_fresh, records)):
            pass
    for path in records:
        _fresh(path).replace(path)
    for folder in folders:
        sync(folder)


def overwrite_key(path: Path, record: KeyRecord) -> None:
    """Replace what the file holds where it lies on the disk, durably."""
    file = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(file, _encoded(record, os.fstat(file).st_size), 0)
        os.fsync(file)
    finally:
        os.close(file)


def destroy_key(path: Path, now: datetime) -> bool:
    """Overwrite a key and leave its tombstone, durably; whether there was a key.

    Without a key the tombstone is left all the same. A second call ends what a crash cut short.
    """
    record, existed = KeyRecord(erased=iso(now)), path.exists()
    if existed:
        overwrite_key(path, record)
        path.replace(tombstone(path))
    elif not tombstone(path).exists():
        create_keys({tombstone(path): record})
    sync(path.parent)
    return existed


def create_file(path: Path, content: bytes) -> None:
    """Make or replace a file that only its owner may read, durably with its name."""
    make_folder(path.parent)
    file = _write_fresh(path, content)
    try:
        os.fsync(file)
    finally:
        os.close(file)
    _fresh(path).replace(path)
    sync(path.parent)


def make_folder(folder: Path) -> None:
    """A folder that only its owner may enter, durable with its name."""
    if not folder.exists():
        if not folder.parent.exists():
            make_folder(folder.parent)
        folder.mkdir(mode=0o700)
        sync(folder.parent)
    else:
        folder.chmod(0o700)


def _fresh(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _write_fresh(path: Path, content: bytes) -> int:
    """Write the content beside its place, unsynced; the open file."""
    file = os.open(_fresh(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(file, content)
    return file


def sync(path: Path) -> None:
    """Bring a file's content, or a folder's names, to the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _encoded(record: KeyRecord, size_bytes: int) -> bytes:
    return msgspec.json.encode(record).ljust(max(size_bytes, KEY_FILE_BYTES))


def _decoded(data: bytes) -> KeyRecord | None:
    """None for what is no whole key record."""
    try:
        record = msgspec.json.decode(data, type=KeyRecord)
        whole = not record.until or bool(instant(record.until))
    except (msgspec.MsgspecError, ValueError):
        return None
    return record if record.erased or (whole and len(record.key) * 8 == KEY_BITS) else None
