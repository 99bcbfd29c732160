"""The subjects' keys: personal columns are ciphertext everywhere, and erasing is losing a key.

They lie in a cabinet: a folder of files, or a table of their own beside a log in PostgreSQL.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from psizero.core.tables import Kind, Personal
from psizero.store.key_file import KEY_BITS, Cabinet, KeyFolder, KeyRecord

PURPOSES = ("service", "legal")
PREFIX = "psi1"
ERASED = "psi1:erased"
SHOWN_ERASED = "[erased]"
SHOWN_UNREADABLE = "[unreadable]"
KEYS_CACHED_MAX = 200_000

Ciphers = Mapping[str, AESSIV | None]
Records = dict[str, KeyRecord]


def key_name(subject: str) -> str:
    """The name of a subject's key files: 160 bits of SHA-256, never the subject itself."""
    return sha256(subject.encode()).hexdigest()[:40]


class Keys:
    """The keys of one house; a folder of them may be open in one process at a time.

    An erased subject gets no new key of any purpose: what comes later for it is `ERASED`. Its
    legal key, where there is one, goes on taking rows until it is destroyed, since the duty to
    keep invoices outlives the erasure. Every method raises Problem on a damaged key file.
    """

    def __init__(self, place: Path | Cabinet) -> None:
        self.cabinet: Cabinet = KeyFolder(place) if isinstance(place, Path) else place
        self._cache: Records = {}
        self._lock = Lock()

    def encrypt(self, kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
        """Every personal column as ciphertext; the keys it needs are durable before it returns.

        `frame` has source, id, subject, and occurred_at where a column is legal. The same value
        in the same row gives the same text, so that a duplicate is still one; a null stays null.
        """
        columns = _personal(kind, frame)
        if not columns or frame.is_empty():
            return frame
        asked = _asked(columns, frame)
        ciphers = {purpose: self._writing(purpose, until) for purpose, until in asked.items()}
        return frame.with_columns(
            _encrypted(kind.name, name, personal.purpose, frame, ciphers[personal.purpose])
            for name, personal in columns.items()
        )

    def decrypt(self, kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
        """Every personal column as doors show it; `frame` has source, id and subject.

        A value whose key is gone is `SHOWN_ERASED`; one that is no ciphertext of this row is
        `SHOWN_UNREADABLE`.
        """
        columns = _personal(kind, frame)
        if not columns or frame.is_empty():
            return frame
        subjects: list[str] = frame["subject"].unique().to_list()
        purposes = {personal.purpose for personal in columns.values()}
        ciphers = {purpose: self._reading(purpose, subjects) for purpose in purposes}
        return frame.with_columns(
            _decrypted(kind.name, name, personal.purpose, frame, ciphers[personal.purpose])
            for name, personal in columns.items()
        )

    def read(self, kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
        """The same for thinking: what nobody can read any more is null."""
        gone = pl.col(*_personal(kind, frame)).replace([SHOWN_ERASED, SHOWN_UNREADABLE], [None] * 2)
        return self.decrypt(kind, frame).with_columns(gone)

    def destroy(self, subject: str, now: datetime, purpose: str = "service") -> bool:
        """Overwrite a key and leave a tombstone, durably; whether there was a key.

        A subject without a key is erased all the same; a second call changes nothing. The term
        of a legal key is not asked for here: `expire` does that.
        """
        with self._lock:
            return self._destroy(_place(purpose, subject), now)

    def legal_due(self, subject: str, now: datetime) -> datetime | None:
        """Until when the subject's legal key must stay; None when nothing keeps it at `now`."""
        with self._lock:
            record = self._open(_place("legal", subject))
        return record.due(now) if record else None

    def expire(self, now: datetime) -> list[str]:
        """Destroy the legal keys of erased subjects whose term has ended.

        Returns their names in order, as `key_name` gives them: no file knows its subject.
        """
        ended: list[str] = []
        with self._lock:
            for name in self.cabinet.erased():
                record = self._open(f"legal/{name}")
                if record and record.key and record.due(now) is None:
                    self._destroy(f"legal/{name}", now)
                    ended.append(name)
        return ended

    def _open(self, place: str) -> KeyRecord | None:
        known = self._cache.get(place) or self.cabinet.read(place)
        if known:
            self._cache[place] = known
        return known

    def _reading(self, purpose: str, subjects: Iterable[str]) -> Ciphers:
        with self._lock:
            self._forget_erased()
            return self._ciphers({subject: _place(purpose, subject) for subject in subjects})

    def _writing(self, purpose: str, asked: Mapping[str, datetime | None]) -> Ciphers:
        """Ciphers by subject, None for an erased one; makes and advances keys, durably."""
        made: Records = {}
        advanced: Records = {}
        places = {subject: _place(purpose, subject) for subject in asked}
        with self._lock:
            self._forget_erased()
            for subject, place in places.items():
                record = self._open(place)
                if record is None and not self._is_erased(subject):
                    made[place] = KeyRecord(AESSIV.generate_key(KEY_BITS)).lasting(asked[subject])
                elif record and record.key and record.lasting(asked[subject]) is not record:
                    advanced[place] = record.lasting(asked[subject])
            self._save(purpose, made, advanced)
            return self._ciphers(places)

    def _is_erased(self, subject: str) -> bool:
        record = self._open(_place("service", subject))
        return record is not None and not record.key

    def _save(self, purpose: str, made: Records, advanced: Records) -> None:
        """Only what is durable is known to this process."""
        self._cache |= self.cabinet.save(purpose, made, advanced)

    def _forget_erased(self) -> None:
        """Where another process may destroy keys, what was read before no longer counts."""
        if self.cabinet.changed():
            self._cache.clear()

    def _ciphers(self, places: Mapping[str, str]) -> Ciphers:
        records = {subject: self._open(place) for subject, place in places.items()}
        while len(self._cache) > KEYS_CACHED_MAX:
            del self._cache[next(iter(self._cache))]
        return {
            subject: AESSIV(record.key) if record and record.key else None
            for subject, record in records.items()
        }

    def _destroy(self, place: str, now: datetime) -> bool:
        self._cache.pop(place, None)
        return self.cabinet.destroy(place, now)


def _place(purpose: str, subject: str) -> str:
    """Where a subject's key lies in the folder, without its ending."""
    if purpose not in PURPOSES:
        raise ValueError(f"{purpose} is not one of {', '.join(PURPOSES)}")
    return f"{purpose}/{key_name(subject)}"


def _personal(kind: Kind, frame: pl.DataFrame) -> dict[str, Personal]:
    return {
        name: column.personal
        for name, column in kind.columns.items()
        if column.personal and name in frame.columns
    }


def _asked(
    columns: Mapping[str, Personal], frame: pl.DataFrame
) -> dict[str, dict[str, datetime | None]]:
    """Per purpose the subjects that need a key, and until when it must stay."""
    asked: dict[str, dict[str, datetime | None]] = {}
    for name, personal in columns.items():
        wanted = asked.setdefault(personal.purpose, {})
        present = frame.filter(pl.col(name).is_not_null())
        if personal.purpose == "service":
            for subject in present["subject"].unique():
                wanted.setdefault(subject)
            continue
        latest = present.group_by("subject").agg(pl.col("occurred_at").max())
        for subject, moment in latest.iter_rows():
            until, before = _years_later(moment, personal.term_years), wanted.get(subject)
            wanted[subject] = max(until, before) if before else until
    return asked


def _years_later(moment: datetime, years: int) -> datetime:
    """The same day years later; 1 March for a 29 February that the year lacks."""
    if moment.year + years > datetime.max.year:
        return datetime.max
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)


def _encrypted(
    kind: str, column: str, purpose: str, frame: pl.DataFrame, ciphers: Ciphers
) -> pl.Series:
    place, head = [kind.encode(), column.encode()], f"{PREFIX}:{purpose}:"
    texts: list[str | None] = []
    for source, row, subject, value in _rows(frame, column):
        if value is None:
            texts.append(None)
        elif (cipher := ciphers[subject]) is None:
            texts.append(ERASED)
        else:
            sealed = cipher.encrypt(value.encode(), [*place, source.encode(), row.encode()])
            texts.append(head + urlsafe_b64encode(sealed).decode())
    return pl.Series(column, texts, pl.String)


def _decrypted(
    kind: str, column: str, purpose: str, frame: pl.DataFrame, ciphers: Ciphers
) -> pl.Series:
    place, head = [kind.encode(), column.encode()], f"{PREFIX}:{purpose}:"
    texts: list[str | None] = []
    for source, row, subject, value in _rows(frame, column):
        if value is None:
            texts.append(None)
        elif value == ERASED:
            texts.append(SHOWN_ERASED)
        elif (sealed := _unarmoured(value, head)) is None:
            texts.append(SHOWN_UNREADABLE)
        elif (cipher := ciphers[subject]) is None:
            texts.append(SHOWN_ERASED)
        else:
            texts.append(_opened(cipher, sealed, [*place, source.encode(), row.encode()]))
    return pl.Series(column, texts, pl.String)


def _rows(frame: pl.DataFrame, column: str) -> Iterable[tuple[str, str, str, str | None]]:
    """Row by row source, id, subject and the column's value."""
    return frame.select("source", "id", "subject", pl.col(column).alias("value")).iter_rows()


def _unarmoured(text: str, head: str) -> bytes | None:
    """None unless it is exactly what encrypting writes: no second spelling of a ciphertext."""
    armour = text.removeprefix(head)
    try:
        sealed = urlsafe_b64decode(armour)
    except ValueError:
        return None
    return sealed if text == head + urlsafe_b64encode(sealed).decode() else None


def _opened(cipher: AESSIV, sealed: bytes, place: list[bytes]) -> str:
    try:
        return cipher.decrypt(sealed, place).decode()
    except (InvalidTag, ValueError):
        return SHOWN_UNREADABLE
