"""Reading beside a tick: what was committed last, for the threads of a door.

A reading has a connection of its own to the same DuckDB, in this process. A transaction that
reads sees one committed state, whatever is committed meanwhile, and waits for nobody; so a door
answers in the midst of a long tick, and never shows half of one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Thread

from psizero.house.home import House
from psizero.store.duck import DuckStore

READINGS = 2
"""How many threads read at once; a third waits for one of them, never for the house."""
WATCH_SECONDS = 0.05


class Reader:
    """A house that threads read while another one runs it."""

    def __init__(self, house: House) -> None:
        """Made by the thread that runs the house, before it runs."""
        self._free: SimpleQueue[House] = SimpleQueue()
        self._all = [house.beside() for _ in range(READINGS)]
        for one in self._all:
            self._free.put(one)

    @contextmanager
    def house(self) -> Iterator[House]:
        """The house as it was committed last, one state as long as it is held; hold it shortly.

        Every function that only reads a house takes it.
        """
        house = self._free.get()
        try:
            with _store(house).steady():
                yield house
        finally:
            self._free.put(house)

    def another(self) -> House:
        """One more reading, for a thread that keeps it to itself; close its store."""
        with self.house() as house:
            return house.beside()

    def close(self) -> None:
        """Let go of the connections that nobody holds; the house keeps its own."""
        for one in self._all:
            one.store.close()


class Watch:
    """What a function reads of the house, in memory, read again when a kind beneath it changed.

    Whoever asks for it never waits: neither for a tick, nor for the reading.
    """

    def __init__(self, live: House, kinds: tuple[str, ...]) -> None:
        self._live, self._kinds = live, kinds
        self._house, self._ended = live.beside(), Event()

    def begin(self, read: Callable[[House], None]) -> None:
        """Read now, and then in a thread whenever something changed."""
        last = self._read(read)
        Thread(target=self._watched, args=(read, last), daemon=True, name="watch").start()

    def end(self) -> None:
        """Read no more."""
        self._ended.set()

    def _watched(self, read: Callable[[House], None], last: int) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            if self._last() != last:
                last = self._read(read)
        self._house.store.close()

    def _read(self, read: Callable[[House], None]) -> int:
        last = self._last()
        with _store(self._house).steady():
            read(self._house)
        return last

    def _last(self) -> int:
        return max(self._live.store.last_position(kind) for kind in self._kinds)


def _store(house: House) -> DuckStore:
    if not isinstance(house.store, DuckStore):
        raise TypeError("a reading lies in DuckDB")
    return house.store
