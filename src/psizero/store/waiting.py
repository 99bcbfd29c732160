"""What waits: durable rows that have no position yet, by kind; read once, then counted along."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import duckdb
import msgspec
import polars as pl

from psizero.core.tables import Kind
from psizero.store.reading import queried
from psizero.store.statement import event_table, statement, united

_NONE = pl.Series("recorded_at", [], pl.Datetime("us"))


class Pending(msgspec.Struct):
    """Unsealed rows of a kind: when each is due, in order, and how many belong to the founding.

    `low`: no unsealed row has a lower row number. `rows`: of the whole table.
    """

    due: pl.Series
    founding: int = 0
    low: int = 0
    rows: int = 0

    @property
    def first(self) -> datetime | None:
        """When the first of them is due."""
        found = self.due[0] if len(self.due) else None
        return found if isinstance(found, datetime) else None


class Waiting:
    """The unsealed rows of every kind."""

    def __init__(self, con: duckdb.DuckDBPyConnection, kinds: Iterable[Kind]) -> None:
        self._con = con
        self._kinds = {kind.name: kind for kind in kinds}
        self._pending = {name: Pending(_NONE) for name in self._kinds}
        self.refresh()

    def refresh(self) -> None:
        """Count anew, from the file."""
        tables = {name: event_table(kind) for name, kind in self._kinds.items()}
        counted = united(
            statement("pending", name=name, table=table, low=str(self._pending[name].low))
            for name, table in tables.items()
        )
        found = self._con.execute(counted).fetchall() if tables else []
        for name, waiting, lowest, founding, rows in found:
            due = _NONE
            if waiting > founding:
                sql = statement("pending_due", table=tables[name], low=str(lowest))
                due = queried(self._con, sql)["recorded_at"]
            self._pending[name] = Pending(due, founding, lowest if waiting else rows, rows)

    def offered(self, name: str, fresh: pl.DataFrame, rows: int) -> None:
        """Rows were appended: they wait after all that lay there."""
        if rows:
            pending, due = self._pending[name], fresh["recorded_at"]
            if not self._waits(pending):
                pending.low = pending.rows
            pending.rows += rows
            pending.founding += due.null_count()
            pending.due = pl.concat([pending.due, due.drop_nulls()]).sort()

    def committed(self, heights: Mapping[str, int]) -> None:
        """So many rows of each kind were written with a position at once."""
        for name, rows in heights.items():
            self._pending[name].rows += rows

    def sealed(self, names: Iterable[str], until: datetime, founding: bool) -> None:
        """What was due by `until` waits no more; or what belongs to the founding."""
        for name in names:
            pending = self._pending[name]
            if founding:
                pending.founding = 0
            else:
                pending.due = pending.due.slice(int(pending.due.search_sorted(until, "right")))
            if not self._waits(pending):
                pending.low = pending.rows

    def _waits(self, pending: Pending) -> bool:
        return bool(len(pending.due) or pending.founding)

    def founding(self) -> frozenset[str]:
        """The kinds with rows that belong to the founding."""
        return frozenset(name for name, one in self._pending.items() if one.founding)

    def due(self, until: datetime) -> frozenset[str]:
        """The kinds with a row that is due by an instant."""
        firsts = {name: one.first for name, one in self._pending.items()}
        return frozenset(n for n, first in firsts.items() if first is not None and first <= until)

    def first(self, names: Iterable[str] | None = None) -> datetime | None:
        """When the first unsealed row of any kind, or of some, is due; None when there is none."""
        chosen = self._kinds if names is None else names
        instants = [self._pending[name].first for name in chosen]
        return min((one for one in instants if one is not None), default=None)

    def lows(self, names: Iterable[str]) -> dict[str, int]:
        """From which row number on a kind may have unsealed rows."""
        return {name: self._pending[name].low for name in sorted(names)}

    def counts(self) -> dict[str, int]:
        """Unsealed rows by kind, where there are any."""
        counts = {name: len(one.due) + one.founding for name, one in self._pending.items()}
        return {name: rows for name, rows in counts.items() if rows}
