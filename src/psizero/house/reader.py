"""Reading beside a tick: what was committed last, for the threads of a door.

A reading has a connection of its own to the same DuckDB, in this process. A transaction that
reads sees one committed state, whatever is committed meanwhile, and waits for nobody; so a door
answers in the midst of a long tick, and never shows half of one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread

import duckdb
import polars as pl

from psizero.core.ports import Position
from psizero.house.home import House
from psizero.store.duck import DuckStore
from psizero.store.reading import Page
from psizero.store.reading import page as paged
from psizero.store.sealing import rested

READINGS = 2
"""How many threads read at once; a third waits for one of them, never for the house."""
WATCH_SECONDS = 0.05


class _Reading:
    """A reading with the position up to which it was renewed; None where it has to be."""

    def __init__(self, house: House) -> None:
        self.house, self.store = house, _store(house)
        self.seen: Position | None = None

    def renew(self, stands: Position) -> None:
        """Only once more than before is committed: a new transaction waits for a commit at work."""
        if self.seen != stands:
            self.seen = None
            self.store.renew()
            self.seen = stands


class Reader:
    """A house that threads read while another one runs it."""

    def __init__(self, house: House) -> None:
        """Made by the thread that runs the house, before it runs."""
        self._live, self._ended = house, Event()
        self._free: SimpleQueue[_Reading] = SimpleQueue()
        self._all = [_Reading(house.beside()) for _ in range(READINGS)]
        for one in self._all:
            one.renew(house.store.position)
            self._free.put(one)
        self._thread = Thread(target=self._kept, daemon=True, name="readings")
        self._thread.start()

    @contextmanager
    def house(self) -> Iterator[House]:
        """The house as it was committed last, one state as long as it is held; hold it shortly.

        Every function that only reads a house takes it.
        """
        one = self._free.get()
        try:
            one.renew(self._live.store.position)
            yield one.house
        except (duckdb.Error, RuntimeError):  # its transaction is over
            one.seen = None
            raise
        finally:
            self._free.put(one)

    def _kept(self) -> None:
        """Nobody may ask for long: an old state that is held keeps what was changed since."""
        while not self._ended.wait(WATCH_SECONDS):
            for _ in self._all:
                with suppress(Empty):
                    one = self._free.get_nowait()
                    try:
                        one.renew(self._live.store.position)
                    finally:
                        self._free.put(one)

    def another(self) -> House:
        """One more reading, for a thread that keeps it to itself; close its store."""
        with self.house() as house:
            return house.beside()

    def close(self) -> None:
        """Let go of the connections; the house keeps its own."""
        self._ended.set()
        self._thread.join()
        for one in self._all:
            one.store.close()


def page(house: House, table: str, cut: Page) -> tuple[pl.DataFrame, int]:
    """Rows of a table that is not derived, as of the last commit, and how many there are."""
    ledger, seen = house.store.ledger, {"now": house.now, "through": house.store.position.last}
    return paged(ledger.con, ledger.catalog, table, seen, cut)


class Watch:
    """What a function reads of the house, in memory, read again when a kind beneath it changed.

    Whoever asks for it never waits: neither for a tick, nor for the reading.
    """

    def __init__(self, live: House, kinds: tuple[str, ...]) -> None:
        self._live, self._kinds = live, kinds
        self._house, self._ended, self._thread = live.beside(), Event(), Thread()

    def begin(self, read: Callable[[House], None]) -> None:
        """Read now, and then in a thread whenever something changed."""
        last = self._read(read)
        self._thread = Thread(target=self._watched, args=(read, last), daemon=True, name="watch")
        self._thread.start()

    def end(self) -> None:
        """Read no more."""
        self._ended.set()
        self._thread.join()

    def _watched(self, read: Callable[[House], None], last: int) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            if self._last() != last:
                last = self._read(read)
        self._house.store.close()

    def _read(self, read: Callable[[House], None]) -> int:
        last = self._last()
        store = _store(self._house)
        store.renew()
        try:
            read(self._house)
        finally:
            rested(store.ledger.con)
        return last

    def _last(self) -> int:
        return max(self._live.store.last_position(kind) for kind in self._kinds)


def _store(house: House) -> DuckStore:
    if not isinstance(house.store, DuckStore):
        raise TypeError("a reading lies in DuckDB")
    return house.store
