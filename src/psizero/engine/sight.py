"""The sight: tables as known at an instant, through a position; derived ones computed."""

from collections.abc import Callable, Iterable
from datetime import datetime

import polars as pl

from psizero.core.ports import Store
from psizero.core.tables import Catalog, Derived, Facts, Kind, Plain

Seen = tuple[datetime, int | None]
"""An instant and a position; None is the last one."""
Read = Callable[[Kind, pl.DataFrame], pl.DataFrame]
"""Personal columns of rows (source, id, subject) as they were said, null where a key is gone."""
_REMEMBERED_ROWS = 5_000
_MOMENTS = 4


def unread(kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
    """What those see who hold no key: nothing."""
    personal = [name for name in frame.columns if name in kind.columns]
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in personal)


class Sight:
    """What a house knows. A derived table of the last few moments that is small is computed once:
    a document says what its automation saw, and several that think at one instant see the same.
    """

    def __init__(self, store: Store, catalog: Catalog, plain: Read = unread) -> None:
        self.store, self.catalog, self._read = store, catalog, plain
        self._remembered: dict[tuple[datetime, int], dict[str, pl.DataFrame]] = {}

    def facts(
        self, tables: Iterable[str], seen: Seen, given: Facts | None = None
    ) -> dict[str, pl.DataFrame]:
        """The declared tables; frames `given` stand for the tables they name."""
        known: dict[str, pl.DataFrame] = dict(given or {})
        now, through = seen
        for name in [name for name in tables if name not in known]:
            table = self.catalog.tables.get(name)
            if isinstance(table, Derived):
                known[name] = self._derived(table, seen, given)
            else:
                known[name] = self.store.read(name, now, through)
        return known

    def _derived(self, table: Derived, seen: Seen, given: Facts | None) -> pl.DataFrame:
        now, last = seen[0], self.store.position.last if seen[1] is None else seen[1]
        moment = self._remembered.get((now, last), {})
        if not given and table.name in moment:
            return moment[table.name]
        below = self.facts((*table.reads, *table.given), seen, given)
        for one in table.plain:
            if one.table not in (given or {}):
                below[one.table] = self._plain(one, below[one.table])
        found = table.compute(below, now).sort(table.grain)
        if not given and found.height <= _REMEMBERED_ROWS:
            self._remember((now, last))[table.name] = found
        return found

    def _plain(self, wanted: Plain, frame: pl.DataFrame) -> pl.DataFrame:
        """The columns that are declared, and no others, as they were said; in memory alone."""
        rows = frame.select("source", "id", *wanted.columns, subject=wanted.subject)
        said = self._read(self.catalog.kinds[wanted.kind], rows)
        return frame.with_columns(said[name] for name in wanted.columns)

    def _remember(self, moment: tuple[datetime, int]) -> dict[str, pl.DataFrame]:
        if moment not in self._remembered:
            for oldest in list(self._remembered)[: 1 - _MOMENTS]:
                del self._remembered[oldest]
            self._remembered[moment] = {}
        return self._remembered[moment]
