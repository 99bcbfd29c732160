"""The store of many hosts: PostgreSQL holds the log, a DuckDB of this process is the lens on it.

PostgreSQL evaluates no view and no fold. What is appended lies there; what is sealed is computed
in the lens and handed over in one transaction; what others sealed is followed by position.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import polars as pl

from psizero.core.clock import MICROSECOND
from psizero.core.errors import Problem
from psizero.core.ports import Appended, Position
from psizero.core.tables import Kind, RollUp, schema
from psizero.store import handover, layout, lens, sealing, verify
from psizero.store.arrivals import Arrivals
from psizero.store.duck import DuckStore
from psizero.store.handover import Batch, Overtaken
from psizero.store.keys import Keys
from psizero.store.mirror import Ledger
from psizero.store.office import Office
from psizero.store.server import Connection, Server, sql
from psizero.store.transcript import transcribed

LEAD_PATIENCE_SECONDS = 10.0


class PostgresStore:
    """See `core.ports.Store`; what it has beyond that is what `DuckStore` has."""

    def __init__(
        self, server: Server, followed: DuckStore, keys: Keys, begin: Path | None = None
    ) -> None:
        """`begin`: the folder of a snapshot, where there is one, for a lens that is new."""
        self.catalog, self._lens, self.keys = followed.catalog, followed, keys
        self._server, self._ours, self._in_whole = server, False, False
        self.held = ExitStack()
        self._arrivals = Arrivals(server, followed)
        self._office = Office(server, LEAD_PATIENCE_SECONDS)
        self._months = layout.Months()
        self._lens.settle = self._settle
        self._arrivals.forget()  # what a process that died had mirrored
        if begin is not None and self.position.batches == 0:
            server.patiently(lambda con: lens.begin(followed, con, begin))
        self.follow()

    def close(self) -> None:
        """Let go of all that it was opened with, which lies in `held`."""
        self.held.close()

    def beside(self) -> DuckStore:
        """The lens for another thread of this process, which reads alone."""
        return self._lens.beside()

    def follow(self) -> bool:
        """Take in what other processes sealed; whether there was anything."""
        stands = self._server.patiently(lens.standing)
        if stands == self.position:
            return False
        self._arrivals.forget()
        return self._server.patiently(lambda con: lens.follow(self._lens, con))

    @property
    def position(self) -> Position:
        """Where the lens stands."""
        return self._lens.position

    @property
    def floor(self) -> datetime:
        """See `DuckStore.floor`."""
        return self._lens.floor

    @property
    def founded_at(self) -> datetime:
        """See `DuckStore.founded_at`."""
        return self._lens.founded_at

    def append(self, kind: Kind, frame: pl.DataFrame) -> Appended:
        """Durable in PostgreSQL and deduplicated there; see `DuckStore.append`."""
        if self.position.sealed_at is None and not self._in_whole:
            self.follow()
        frame = self.keys.encrypt(kind, frame).select(schema(kind).keys())
        if self.position.sealed_at is not None:
            now = pl.lit(self.floor + MICROSECOND, pl.Datetime("us"))
            frame = frame.with_columns(pl.col("recorded_at").fill_null(now))
        mirrored = self._office.held and not self._in_whole
        return self._arrivals.append(kind, frame, mirrored)

    def known(self, kind: Kind, frame: pl.DataFrame) -> pl.Series:
        """Which rows were appended before, with the same content at the same instant."""
        return self._arrivals.known(kind, self.keys.encrypt(kind, frame))

    def seal(self, until: datetime) -> frozenset[str]:
        """See `DuckStore.seal`. Raises Problem where another process is the committer."""
        self.lead()
        self._arrivals.bring(self.catalog.kinds)
        with self._leading():
            return self._lens.seal(until)

    def commit(self, rows: list[tuple[Kind, pl.DataFrame]], now: datetime) -> None:
        """See `DuckStore.commit`. Raises Problem where another process is the committer."""
        self.lead()
        with self._leading():
            self._ours = True
            self._lens.commit(rows, now)

    @property
    def leads(self) -> bool:
        """Whether this process commits, as far as it knows."""
        return self._office.held

    def lead(self, wait: bool = True) -> bool:
        """Commit from now on, upon all that was sealed; whether it may.

        Raises Problem where another process goes on to commit; False where it is not waited for.
        """
        if self._office.held:
            return True
        if wait:
            self._office.enter()
        elif not self._office.tried():
            return False
        self._arrivals.forget()
        self.follow()
        return True

    def live(self) -> None:
        """Commit on the real clock: from now on other processes stamp by the wall too."""
        self._office.live = True
        self._office.leave()
        self.lead()

    def alive(self) -> bool:
        """Whether a process commits on the real clock."""
        held = {"lock": layout.COMMITTER_LOCK}
        rows = self._server.patiently(lambda con: con.execute(sql("alive"), held).fetchall())
        return bool(rows[0][0])

    @contextmanager
    def _leading(self) -> Iterator[None]:
        try:
            yield
        except Overtaken:
            raise self._overtaken() from None
        finally:
            self._ours = False

    def _overtaken(self) -> Problem:
        self._office.leave()
        self._arrivals.forget()
        self.follow()
        return Problem(
            "another process committed for this house in between",
            "what was computed here was not written; it is computed again",
        )

    def remain(self) -> None:
        """Go on as the committer where a connection was lost and nobody committed since.

        Raises Problem where somebody did, or is about to. Who does not commit is not concerned.
        """
        if not self._office.lost:
            return
        if not self._office.tried() or self._server.patiently(lens.standing) != self.position:
            raise self._overtaken()

    def _settle(self, before: Position, after: Position, kinds: frozenset[str]) -> None:
        """The lens has computed a batch: make it durable in the log, and then in the lens."""

        def hand_over(con: Connection, batch: Batch) -> None:
            with ExitStack() as undo:
                undo.callback(self._months.forget)
                handover.hand_over(con, self._lens.ledger, batch, self._months)
                undo.pop_all()

        self._office.write((before, after), kinds, self._ours, hand_over)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Appends inside are durable together or not at all."""
        with ExitStack() as undo:
            undo.callback(self._undone)
            with self._server.whole():
                self._in_whole = True
                yield
            undo.pop_all()
        self._in_whole = False

    def _undone(self) -> None:
        self._in_whole = False
        self._arrivals.forget()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside, nobody else counts what stands in order to append to it."""
        held = {"lock": layout.COUNTING_LOCK}
        self._server.patiently(lambda con: con.execute(sql("lock"), held))
        try:
            self._look([])
            yield
        finally:
            self._server.patiently(lambda con: con.execute(sql("unlock"), held))

    def _look(self, kinds: Iterable[str]) -> None:
        """Mirror what waits of some kinds, beside all that is sealed: no row is missed between."""
        asked = list(kinds)
        self._arrivals.bring(asked)
        while not self._office.held and self.follow():
            self._arrivals.bring(asked)

    def subjects(self, kind: str) -> frozenset[str]:
        """Every subject of a kind, sealed or waiting."""
        self._look([kind])
        return self._lens.subjects(kind)

    def everything(self, kind: str) -> pl.DataFrame:
        """Every row of a kind that is no metered one, sealed or waiting."""
        self._look([kind])
        return self._lens.everything(kind)

    def feed_instant(self, kinds: Iterable[str]) -> datetime | None:
        """When the next unsealed row of some kinds is due; None when there is none."""
        self._look(asked := list(kinds))
        return self._lens.feed_instant(asked)

    def waiting_since(self) -> datetime | None:
        """When the first unsealed row of any kind is due; None when there is none."""
        self._look(self.catalog.kinds)
        return self._lens.waiting_since()

    def waiting(self) -> dict[str, int]:
        """Unsealed rows by kind, where there are any."""
        return self._arrivals.waiting()

    def last_position(self, kind: str) -> int:
        """Position of the last sealed row of a kind; 0 when there is none."""
        return self._lens.last_position(kind)

    def highest(self, kind: Kind, column: str) -> int:
        """The greatest whole number in a column of the sealed rows; 0 when there is none."""
        return self._lens.highest(kind, column)

    def read(self, table: str, now: datetime, through: int | None = None) -> pl.DataFrame:
        """See `DuckStore.read`."""
        return self._lens.read(table, now, through)

    def read_of(self, table: str, keys: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """See `DuckStore.read_of`."""
        return self._lens.read_of(table, keys, now)

    def since(self, kind: str, position: int) -> pl.DataFrame:
        """The rows of a kind that were sealed after a position, in their order."""
        return self._lens.since(kind, position)

    def standing(self, table: str) -> tuple[object, ...]:
        """What has to change before a table can, unless by the passing of time."""
        return self._lens.standing(table)

    def running(self, kind: Kind, metered: RollUp) -> pl.DataFrame:
        """See `DuckStore.running`."""
        return self._lens.running(kind, metered)

    def head_fault(self, batch: int, chain: str) -> str:
        """What a head signed earlier says against the chain; empty when it is part of it."""
        return self._lens.head_fault(batch, chain)

    def through(self, at: datetime) -> int:
        """The last position that was known at an instant."""
        here = self._lens.through(at)
        if not lens.raw_since(self._lens):
            return here
        return max(here, self._server.patiently(lambda con: lens.through(con, self.catalog, at)))

    def faults(self) -> list[str]:
        """One line for each place where the log is not what was written; it is read anew."""
        with self.entire() as found:
            return list(verify.faults(found.con, self.catalog, sealing.standing(found.con)))

    @contextmanager
    def entire(self) -> Iterator[Ledger]:
        """All that the log holds, in a DuckDB: PostgreSQL's rows, the lens's folds."""
        with self._server.whole():
            self._server.patiently(lambda con: con.execute(sql("steady")))
            self.follow()
            con = self._server.patiently(lambda con: con)
            with transcribed(con, self._lens.ledger) as found:
                yield found

    @property
    def ledger(self) -> Ledger:
        """What this process has folded."""
        return self._lens.ledger

    def file(self, through: int) -> Path:
        """The lens's file, complete after a position, to be rewound."""
        self._server.patiently(lambda con: lens.complete(self._lens, con, through))
        return self._lens.file(through)
