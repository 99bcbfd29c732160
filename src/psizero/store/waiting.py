"""What waits: durable rows that have no position yet, by kind; read once, then counted along."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import duckdb
import msgspec
import polars as pl

from psizero.core.tables import Kind
from psizero.store.statement import event_table, statement


class Pending(msgspec.Struct):
    """Unsealed rows of a kind: how many, the earliest and the last due instant, those without.

    `low`: no unsealed row has a lower row number. `rows`: of the whole table.
    """

    waiting: int = 0
    due: datetime | None = None
    latest: datetime | None = None
    founding: int = 0
    low: int = 0
    rows: int = 0


class Waiting:
    """The unsealed rows of every kind."""

    def __init__(self, con: duckdb.DuckDBPyConnection, kinds: Iterable[Kind]) -> None:
        self._con = con
        self._kinds = {kind.name: kind for kind in kinds}
        self._pending = {name: Pending() for name in self._kinds}
        self.refresh()

    def refresh(self, names: Iterable[str] = ()) -> None:
        """Count anew, from the file."""
        for name in names or self._kinds:
            table, low = event_table(self._kinds[name]), self._pending[name].low
            found = self._con.execute(statement("pending", table=table, low=str(low))).fetchall()
            waiting, due, latest, lowest, founding = found[0]
            rows = self._con.execute(statement("rows", table=table)).fetchall()[0][0]
            known = Pending(waiting, due, latest, founding, rows, rows)
            self._pending[name] = known
            if lowest is not None:
                known.low = lowest

    def offered(self, name: str, fresh: pl.DataFrame, rows: int) -> None:
        """Rows were appended: they wait after all that lay there."""
        pending, due = self._pending[name], fresh["recorded_at"]
        if not rows:
            return
        least, most = due.min(), due.max()
        if not pending.waiting:
            pending.low = pending.rows
        pending.rows += rows
        pending.waiting += rows
        pending.founding += due.null_count()
        if isinstance(least, datetime) and isinstance(most, datetime):
            pending.due = least if pending.due is None else min(least, pending.due)
            pending.latest = most if pending.latest is None else max(most, pending.latest)

    def committed(self, heights: Mapping[str, int]) -> None:
        """So many rows of each kind were written with a position at once."""
        for name, rows in heights.items():
            self._pending[name].rows += rows

    def sealed(self, names: Iterable[str], until: datetime) -> None:
        """What was due by `until` waits no more; where any is left, it is counted anew."""
        for name in names:
            pending = self._pending[name]
            if pending.founding or (pending.latest is not None and pending.latest > until):
                self.refresh([name])
            else:
                self._pending[name] = Pending(low=pending.rows, rows=pending.rows)

    def founding(self) -> frozenset[str]:
        """The kinds with rows that belong to the founding."""
        return frozenset(name for name, one in self._pending.items() if one.founding)

    def due(self, until: datetime) -> frozenset[str]:
        """The kinds with a row that is due by an instant."""
        found = self._pending.items()
        return frozenset(n for n, one in found if one.due is not None and one.due <= until)

    def first(self, names: Iterable[str] | None = None) -> datetime | None:
        """When the first unsealed row of any kind, or of some, is due; None when there is none."""
        chosen = self._kinds if names is None else names
        instants = [self._pending[name].due for name in chosen]
        return min((one for one in instants if one is not None), default=None)

    def lows(self, names: Iterable[str]) -> dict[str, int]:
        """From which row number on a kind may have unsealed rows."""
        return {name: self._pending[name].low for name in sorted(names)}

    def counts(self) -> dict[str, int]:
        """Unsealed rows by kind, where there are any."""
        return {name: one.waiting for name, one in self._pending.items() if one.waiting}
