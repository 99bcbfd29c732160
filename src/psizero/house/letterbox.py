"""The letterbox: what was pushed in and acknowledged, durable until the house has taken it in.

A letter is one file of `H/letterbox`: the batches of the requests that came together, encrypted
whole, since rows may name people, and named by a count that goes up. It is deleted only when all of
it stands in the log; killed before that it is taken in again, and (source, id) makes it once.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from psizero.core.arrival import PAYER
from psizero.core.metering import READ, added
from psizero.core.ports import Batch
from psizero.core.tables import Kind
from psizero.engine.intake import Report, take_in
from psizero.engine.think import FAULTS
from psizero.store.key_file import KEY_BITS, KeyRecord, create_file, make_folder
from psizero.store.keys import Keys

if TYPE_CHECKING:
    from psizero.house.home import House

FOLDER, KEY, SUFFIX, DAMAGED = "letterbox", "letterbox/door", ".letter", ".damaged"
LINK = "payer.linked"
READINGS = "readings"
"""The file in which stands what was last read off running totals."""
BYTES_MAX = 1 << 30
"""So much may lie there; then the door says that it is full."""
TURN_BYTES_MAX = 16 << 20
"""So much is taken in between two ticks."""
_LOOK_LETTERS = 64


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """One batch as it lies in a letter: its frame as an Arrow stream, and when it came."""

    kind: str
    origin: str
    at: datetime
    frame: bytes


_LETTER = msgspec.msgpack.Decoder(list[Parcel])


def parcel(batch: Batch, at: datetime) -> Parcel:
    """A batch that came at an instant."""
    written = io.BytesIO()
    batch.frame.write_ipc_stream(written)
    return Parcel(batch.kind, batch.origin, at, written.getvalue())


class Letterbox:
    """The slot: any thread may put something in. One process at a time has it open."""

    def __init__(self, home: Path, keys: Keys) -> None:
        self._folder, self._cipher, self._lock = home / FOLDER, _cipher(keys), Lock()
        make_folder(self._folder)
        for torn in self._folder.glob(f"*{SUFFIX}.new"):  # never acknowledged
            torn.unlink()
        names = [int(path.stem) for path in self._folder.glob("*.*") if path.stem.isdigit()]
        self._last, self._full = max(names, default=0), False

    def put(self, parcels: Sequence[Parcel]) -> bool:
        """One letter, durable with its name when this returns; False where the box is full."""
        with self._lock:
            if self._full or self._last % _LOOK_LETTERS == 0:
                self._full = sum(_size(path) for path in self._folder.iterdir()) > BYTES_MAX
            if self._full:
                return False
            self._last += 1
            name = f"{self._last:016d}{SUFFIX}"
            sealed = self._cipher.encrypt(msgspec.msgpack.encode(parcels), [name.encode()])
            create_file(self._folder / name, sealed)
        return True


def taken_in(
    house: "House",
    bytes_max: int = TURN_BYTES_MAX,
    aside: Callable[[str], object] = lambda _name: None,
) -> list[Report]:
    """Take in what lies in the letterbox, in its order, and delete it; a report for each kind.

    Only the house's own thread. A letter that cannot be read, or breaks what reads it, is set
    aside for a person to see, and keeps no other waiting; `aside` is told its name.
    """
    folder = house.home / FOLDER
    letters = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    if not letters:
        return []
    cipher, kinds = _cipher(house.keys), house.members.catalog.kinds
    opened = list[tuple[Path, list[Parcel]]]()
    for path in _heap(letters, bytes_max):
        found = _opened(cipher, path, kinds)
        if found is None:
            aside(path.rename(path.with_suffix(DAMAGED)).name)
        else:
            opened.append((path, found))
    try:
        return _through(house, opened)
    except FAULTS:
        return [report for one in opened for report in _by_itself(house, one, aside)]


def _by_itself(
    house: "House", letter: tuple[Path, list[Parcel]], aside: Callable[[str], object]
) -> list[Report]:
    try:
        return _through(house, [letter])
    except FAULTS:
        aside(letter[0].rename(letter[0].with_suffix(DAMAGED)).name)
        return []


def _through(house: "House", letters: Sequence[tuple[Path, list[Parcel]]]) -> list[Report]:
    """Rows into the log, then the letters away; what of them stands there already counts once."""
    folder, kinds, reports = house.home / FOLDER, house.members.catalog.kinds, list[Report]()
    for batch in _joined([one for _, parcels in letters for one in parcels]):
        ready, stands = _owned(house, batch), None
        if "reading" in batch.frame.columns:
            rows, stands = added(batch.frame, _readings(folder))
            ready = msgspec.structs.replace(batch, frame=rows)
        reports.append(take_in(house.store, kinds[batch.kind], ready, house.now))
        if stands is not None:
            written = io.BytesIO()
            stands.write_ipc(written)
            create_file(folder / READINGS, written.getvalue())
    for path, _ in letters:
        path.unlink(missing_ok=True)
    return reports


def everything_taken_in(house: "House") -> None:
    """The same until nothing lies there."""
    while any((house.home / FOLDER).glob(f"*{SUFFIX}")):
        taken_in(house)


def _heap(letters: Sequence[Path], bytes_max: int) -> Iterator[Path]:
    """The first letters, as many as memory holds."""
    size = 0
    for path in letters:
        yield path
        size += _size(path)
        if size >= bytes_max:
            return


def _readings(folder: Path) -> pl.DataFrame:
    """What stands on running totals. What of it is taken in twice is left out, or the same row."""
    path = folder / READINGS
    return pl.read_ipc(path.read_bytes()) if path.exists() else pl.DataFrame(schema=READ)


def _joined(parcels: Sequence[Parcel]) -> list[Batch]:
    """All of one kind and origin together: a row at a time costs most."""
    heaps: dict[tuple[str, str, bool], list[pl.DataFrame]] = {}
    for one in parcels:
        frame = pl.read_ipc_stream(io.BytesIO(one.frame))
        came = pl.lit(one.at, pl.Datetime("us"))
        frame = frame.with_columns(occurred_at=_instant(frame, one.at), delivered_at=came)
        heaps.setdefault((one.kind, one.origin, "reading" in frame.columns), []).append(frame)
    return [
        Batch(kind, pl.concat(frames, how="diagonal"), origin)
        for (kind, origin, _), frames in heaps.items()
    ]


def _owned(house: "House", batch: Batch) -> Batch:
    """The customer behind an account at a gateway, where a row names that alone."""
    if PAYER not in batch.frame.columns:
        return batch
    kind = house.members.catalog.kinds[LINK]
    rows = house.keys.decrypt(kind, house.store.everything(LINK)).filter(gateway=batch.origin)
    owners = rows.select(pl.col("account").alias(PAYER), owner="subject")
    owners = owners.unique(PAYER, keep="last", maintain_order=True)
    frame = batch.frame.join(owners, on=PAYER, how="left", maintain_order="left")
    frame = frame.with_columns(subject=pl.coalesce("subject", "owner")).drop(PAYER, "owner")
    return Batch(batch.kind, frame, batch.origin)


def _instant(frame: pl.DataFrame, at: datetime) -> pl.Expr:
    """What names no instant happened when it came; all as text, so that letters can be joined."""
    text = pl.col("occurred_at")
    if "reading" in frame.columns:
        return text
    if frame.schema["occurred_at"] != pl.String:
        text = text.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")
    return text.fill_null(at.isoformat())


def _opened(cipher: AESSIV, path: Path, kinds: Mapping[str, Kind]) -> list[Parcel] | None:
    """What is in a letter; None where it was damaged, or knows a kind that is gone."""
    with suppress(InvalidTag, msgspec.MsgspecError, ValueError):
        found = _LETTER.decode(cipher.decrypt(path.read_bytes(), [path.name.encode()]))
        if all(one.kind in kinds for one in found):
            return found
    return None


def _cipher(keys: Keys) -> AESSIV:
    known = keys.cabinet.read(KEY)
    if known is None:
        made: Mapping[str, KeyRecord] = {KEY: KeyRecord(AESSIV.generate_key(KEY_BITS))}
        known = keys.cabinet.save(FOLDER, made, {})[KEY]
    return AESSIV(known.key)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
