"""The embedded store: one DuckDB file, one owner process, one committing thread."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from datetime import datetime
from pathlib import Path

import polars as pl

from psizero.core.clock import MICROSECOND, quarter_hour
from psizero.core.ports import Appended, Position
from psizero.core.tables import Catalog, Kind, RollUp, schema
from psizero.store import appending, reading, sealing, verify
from psizero.store.keys import Keys
from psizero.store.migration import connect, migrate
from psizero.store.mirror import Ledger, Mirror
from psizero.store.statement import event_table, statement
from psizero.store.waiting import Waiting

_BEFORE_TIME = datetime(1, 1, 1)
_INSERT_ROWS = 20_000
_REMEMBERED_ROWS = 5_000  # a table of so many stays in memory until a row beneath it is sealed
Settle = Callable[[Position, Position, frozenset[str]], None]
"""What is done with a batch when it is computed and not yet committed: position before, position
after, its kinds. Where it raises, nothing was sealed."""


class DuckStore:
    """See `core.ports.Store`. Raises Problem where another process owns the file."""

    def __init__(self, path: Path, catalog: Catalog, keys: Keys, threads: int = 2) -> None:
        self.catalog, self._path, self._keys = catalog, path, keys
        self._con = connect(path, threads)
        migrate(self._con, catalog)
        self.ledger = Ledger(self._con, catalog, Mirror(self._con))
        self.settle: Settle = lambda *_: None
        self._whole = False
        self._queries: dict[str, tuple[str, frozenset[str]]] = {}
        self._remembered: dict[str, tuple[object, pl.DataFrame]] = {}
        self._small: set[str] = set()
        self._founded_at = _BEFORE_TIME
        self._metered = frozenset(name for name, kind in catalog.kinds.items() if kind.metered)
        self.reload()

    def reload(self) -> None:
        """Read again where the file stands: somebody else wrote to it."""
        self.position = sealing.standing(self._con)
        self._unrolled = self._metered
        self._waiting = Waiting(self._con, self.catalog.kinds.values())
        self._last_of = reading.last_positions(self._con, self.catalog)
        self._remembered.clear()
        self._known_at: dict[datetime, int] = {}

    def beside(self) -> "DuckStore":
        """The same ledger for another thread, which reads alone: a connection and a memory of its
        own. It stands where `renew` found it.
        """
        other = copy(self)
        other._con = self._con.cursor()
        other.ledger = Ledger(other._con, self.catalog, Mirror(other._con))
        other._remembered, other._small, other._last_of = {}, set(), dict(self._last_of)
        return other

    def renew(self) -> None:
        """One committed state from here on, the last one; only for what reads alone."""
        stands = sealing.begun(self._con)
        for kinds, last in reading.sealed_since(self._con, self.position.batches):
            self._last_of |= dict.fromkeys(kinds, last)
        self.position = stands

    def close(self) -> None:
        self._con.close()

    def append(self, kind: Kind, frame: pl.DataFrame) -> Appended:
        """Durable and deduplicated by (source, id), known only when sealed.

        `frame` has the columns of `schema(kind)`; a null `recorded_at` is due just after what is
        sealed, or belongs to the founding of a house that has no clock yet.
        """
        frame = self._keys.encrypt(kind, frame).select(schema(kind).keys())
        if self.position.sealed_at is not None:
            now = pl.lit(self.floor + MICROSECOND, pl.Datetime("us"))
            frame = frame.with_columns(pl.col("recorded_at").fill_null(now))
        taken = appending.take(self._con, kind, frame, self._whole)
        self._waiting.offered(kind.name, taken.fresh, taken.rows)
        return Appended(taken.rows, frame.height - taken.rows, taken.conflicts)

    def offer(self, kind: Kind, frame: pl.DataFrame) -> None:
        """Rows that are durable elsewhere, as they lie there, and wait here too for their seal."""
        self._waiting.offered(kind.name, frame, appending.insert(self._con, kind, frame))

    def known(self, kind: Kind, frame: pl.DataFrame) -> pl.Series:
        """Which rows were appended before, with the same content at the same instant."""
        return appending.known(self._con, kind, self._keys.encrypt(kind, frame))

    def seal(self, until: datetime) -> frozenset[str]:
        """Position every unsealed row due by `until`, in order; close quarter-hours."""
        touched: set[str] = set()
        if self.position.sealed_at is None:
            stamp = min(self._waiting.first() or until, until) - MICROSECOND
            touched |= self._seal(self._waiting.founding(), until, stamp, founding=True)
        earliest = self.floor + MICROSECOND
        touched |= self._seal(self._waiting.due(until), until, earliest, founding=False)
        return frozenset(touched)

    @property
    def floor(self) -> datetime:
        """No further row is stamped at or before this instant."""
        sealed, rolled = self.position.sealed_at, self.position.rolled_until
        stamps = [sealed or _BEFORE_TIME, (rolled - MICROSECOND) if rolled else _BEFORE_TIME]
        return max(stamps)

    def _seal(
        self, kinds: frozenset[str], until: datetime, earliest: datetime, founding: bool
    ) -> frozenset[str]:
        waiting = [self.catalog.kinds[name] for name in sorted(self._unrolled)]
        rolled = sealing.unrolled(self._con, waiting, self.position, quarter_hour(until))
        if not kinds and not rolled:
            return frozenset()
        lows = self._waiting.lows(kinds)
        with sealing.transaction(self._con):
            moment = sealing.Moment(until, earliest, founding, self._unrolled)
            position = sealing.seal(self.ledger, self.position, lows, moment)
            self.settle(self.position, position, kinds)
        self.position = position
        self._unrolled |= kinds & self._metered
        if (position.rolled_until or _BEFORE_TIME) > (position.sealed_at or _BEFORE_TIME):
            self._unrolled = frozenset()
        self._waiting.sealed(kinds, until, founding)
        self._last_of |= dict.fromkeys(kinds, self.position.last)
        return kinds

    def commit(self, rows: list[tuple[Kind, pl.DataFrame]], now: datetime) -> None:
        """Append and seal rows in this order in one transaction, stamped `now` or just after.

        They are taken out of the list, so that a frame that is written need not stay in memory.
        Each frame has source, id, subject, cause and the kind's columns. Raises ValueError
        where a `balanced` kind does not sum to zero; nothing is written then.
        """
        stamp = max(now, self.floor + MICROSECOND)
        with sealing.transaction(self._con):
            first, heights = self.position.last + 1, Counter[str]()
            while rows:
                kind, frame = rows.pop(0)
                heights[kind.name] += frame.height
                sealing.check_balance(kind, frame)
                for part in frame.iter_slices(_INSERT_ROWS):
                    stamped = part.with_columns(
                        occurred_at=pl.lit(now, pl.Datetime("us")),
                        recorded_at=pl.lit(stamp, pl.Datetime("us")),
                        position=pl.int_range(first, first + part.height, dtype=pl.Int64),
                    )
                    ready = self._keys.encrypt(kind, stamped)
                    appending.insert(self._con, kind, ready, position="position")
                    first += part.height
            touched = frozenset(name for name, height in heights.items() if height)
            sealed = sealing.Sealed(touched, first - 1, stamp)
            position = sealing.finish(self.ledger, self.position, sealed)
            self.settle(self.position, position, touched)
        self.position = position
        self._waiting.committed(heights)
        self._last_of |= dict.fromkeys(touched, self.position.last)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Appends inside are durable together or not at all."""
        try:
            with sealing.transaction(self._con):
                self._whole = True
                yield
        finally:
            self._whole = False
            self._waiting.refresh()

    def alone(self) -> AbstractContextManager[None]:
        """Inside, nobody else counts what stands in order to append to it."""
        return nullcontext()

    def entire(self) -> AbstractContextManager[Ledger]:
        """All that the log holds, to be verified or exported."""
        return nullcontext(self.ledger)

    def file(self, through: int) -> Path:
        """The ledger's file, complete after a position, to be rewound."""
        return self._path

    def subjects(self, kind: str) -> frozenset[str]:
        """Every subject of a kind, sealed or waiting."""
        sql = statement("subjects", table=event_table(self.catalog.kinds[kind]))
        return frozenset(row[0] for row in self._con.execute(sql).fetchall())

    def last_position(self, kind: str) -> int:
        """Position of the last sealed row of a kind; 0 when there is none."""
        return self._last_of[kind]

    def highest(self, kind: Kind, column: str) -> int:
        """The greatest whole number in a column of the sealed rows; 0 when there is none."""
        sql = statement("highest_of", table=event_table(kind), column=column)
        return int(self._con.execute(sql).fetchall()[0][0])

    @property
    def founded_at(self) -> datetime:
        """The stamp of the founding; before it, the beginning of time."""
        if self._founded_at == _BEFORE_TIME:
            found = self._con.execute(statement("founded_at")).fetchall()[0][0]
            self._founded_at = found if isinstance(found, datetime) else _BEFORE_TIME
        return self._founded_at

    def feed_instant(self, kinds: Iterable[str]) -> datetime | None:
        """When the next unsealed row of some kinds is due; None when there is none."""
        return self._waiting.first(kinds)

    def waiting_since(self) -> datetime | None:
        """When the first unsealed row of any kind is due; None when there is none."""
        return self._waiting.first()

    def waiting(self) -> dict[str, int]:
        """Unsealed rows by kind, where there are any."""
        return self._waiting.counts()

    def read(self, table: str, now: datetime, through: int | None = None) -> pl.DataFrame:
        """A table that is not derived, as known at `now` through a position.

        A small one is read anew only when a row beneath it was sealed, or its query asks for `now`.
        """
        sql, kinds = self._query(table)
        if through is not None and any(self._last_of[kind] > through for kind in kinds):
            return self._read(sql, now, through)
        asked = now if "now" in reading.used(sql, {"now": now}) else None
        known = (asked, self.standing(table))
        if table in self._remembered and self._remembered[table][0] == known:
            return self._remembered[table][1]
        self._remembered.pop(table, None)
        found = self._read(sql, now, None, table in self._small)
        if found.height <= _REMEMBERED_ROWS:
            self._remembered[table] = (known, found)
            self._small.add(table)
        else:
            self._small.discard(table)
        return found

    def since(self, kind: str, position: int) -> pl.DataFrame:
        """The rows of a kind that were sealed after a position, in their order."""
        sql = statement("since", table=event_table(self.catalog.kinds[kind]))
        return self._frame(sql, {"position": position})

    def standing(self, table: str) -> tuple[object, ...]:
        """What has to change before a table can, unless by the passing of time."""
        kinds = sorted(self._query(table)[1])
        rolled = self.position.rolled_until if self._metered.intersection(kinds) else None
        return (rolled, *(self._last_of[name] for name in kinds))

    def _query(self, table: str) -> tuple[str, frozenset[str]]:
        if table not in self._queries:
            sql = reading.query(self.catalog, table)
            self._queries[table] = (sql, reading.kinds_beneath(self.catalog, table))
        return self._queries[table]

    def read_of(self, table: str, keys: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """The rows of a table as known at `now` that equal a row of `keys` in its columns."""
        self._con.register("wanted", keys)
        sql = reading.query(self.catalog, table, keys.columns)
        found = self._read(sql, now, None, keys.height <= _REMEMBERED_ROWS)
        self._con.unregister("wanted")
        return found

    def _read(
        self, sql: str, now: datetime, through: int | None, small: bool = False
    ) -> pl.DataFrame:
        last = self.position.last if through is None else through
        return self._frame(sql, reading.used(sql, {"now": now, "through": last}), small)

    def through(self, at: datetime) -> int:
        """The last position that was known at an instant."""
        return reading.through(self._con, self.catalog, at, self.position, self._known_at)

    def running(self, kind: Kind, metered: RollUp) -> pl.DataFrame:
        """Usage of the running recording quarter-hour, by group; no decision reads it."""
        return reading.running(self._con, kind, metered, self.position.rolled_until)

    def everything(self, kind: str) -> pl.DataFrame:
        """Every row of a kind, sealed or waiting, in the order in which it was appended."""
        table = event_table(self.catalog.kinds[kind])
        return self._frame(statement("everything", table=table), {})

    def _frame(self, sql: str, values: dict[str, object], small: bool = False) -> pl.DataFrame:
        return reading.queried(self._con, sql, values, small)

    def faults(self) -> list[str]:
        """One line for each place where the ledger is not what was written."""
        return list(verify.faults(self._con, self.catalog, self.position))

    def head_fault(self, batch: int, chain: str) -> str:
        """What a head signed earlier says against the chain; empty when it is part of it."""
        return verify.head_fault(self._con, batch, chain)
