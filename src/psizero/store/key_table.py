"""Keys in a table of their own beside the log, for houses of several hosts; in no export.

An erased key is overwritten and its row's old versions are vacuumed away. PostgreSQL's own
write-ahead log and backups may still hold it, as a copy of a key folder would.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from psizero.core.clock import iso
from psizero.store.key_file import KeyRecord
from psizero.store.server import Connection, Server, sql

_PAGE = 5_000


class KeyTable:
    """See `key_file.Cabinet`. Any number of processes may use it at once.

    Its connection is its own: a key stays, whatever becomes of the rows it was made for.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._erasures: object = 0

    def close(self) -> None:
        self._server.close()

    def read(self, place: str) -> KeyRecord | None:
        rows = self._server.patiently(
            lambda con: con.execute(sql("key_read"), {"place": place}).fetchall()
        )
        return _record(*rows[0]) if rows else None

    def save(
        self,
        purpose: str,
        made: Mapping[str, KeyRecord],
        advanced: Mapping[str, KeyRecord],
    ) -> Mapping[str, KeyRecord]:
        """Where two make a key for one place, the first one stands for both."""
        if not made and not advanced:
            return {}
        fresh = [{"place": place, **_columns(record)} for place, record in made.items()]
        longer = [{"place": place, "until": record.until} for place, record in advanced.items()]
        places = [*made, *advanced]

        def work(con: Connection) -> dict[str, KeyRecord]:
            stands: dict[str, KeyRecord] = {}
            with con.transaction(), con.cursor() as cursor:
                for sent, rows in (("key_make", fresh), ("key_advance", longer)):
                    if rows:
                        cursor.executemany(sql(sent), rows)
                for begin in range(0, len(places), _PAGE):
                    page = {"places": places[begin : begin + _PAGE]}
                    for place, *said in cursor.execute(sql("keys_read"), page).fetchall():
                        stands[str(place)] = _record(*said)
            return stands

        return self._server.patiently(work)

    def destroy(self, place: str, now: datetime) -> bool:
        def work(con: Connection) -> None:
            with con.transaction():
                con.execute(sql("key_destroy"), {"place": place, "erased": iso(now)})
                con.execute(sql("key_erasure"))
            con.execute(sql("key_vacuum"))

        before = self.read(place)
        self._server.patiently(work)
        return before is not None and bool(before.key)

    def erased(self) -> list[str]:
        rows = self._server.patiently(lambda con: con.execute(sql("keys_erased")).fetchall())
        return [str(row[0]).partition("/")[2] for row in rows]

    def changed(self) -> bool:
        rows = self._server.patiently(lambda con: con.execute(sql("key_erasures")).fetchall())
        before, self._erasures = self._erasures, rows[0][0]
        return before != self._erasures

    def everything(self) -> Iterator[tuple[str, KeyRecord]]:
        rows = self._server.patiently(lambda con: con.execute(sql("keys_all")).fetchall())
        for place, *said in rows:
            yield str(place), _record(*said)


def _columns(record: KeyRecord) -> dict[str, object]:
    return {"key": record.key, "until": record.until, "erased": record.erased}


def _record(key: object, until: object, erased: object) -> KeyRecord:
    return KeyRecord(bytes(key) if isinstance(key, bytes) else b"", str(until), str(erased))
