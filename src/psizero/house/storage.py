"""Where a house keeps its log: in a file of its home, or in PostgreSQL where it has many hosts."""

import fcntl
import os
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from psizero.core.clock import LiveClock, WallClock
from psizero.core.errors import Problem
from psizero.core.tables import Catalog
from psizero.house.aides import Shared
from psizero.store import layout
from psizero.store.board import Board
from psizero.store.duck import DuckStore
from psizero.store.errands import Errands
from psizero.store.key_table import KeyTable
from psizero.store.keys import Keys
from psizero.store.postgres import PostgresStore
from psizero.store.server import Server

LEDGER = "house.duckdb"
HEAD = "ledger.head"
SNAPSHOT = "snapshot"
STORE = "PSIZERO_STORE"
"""Set in the environment, it says where the log lies, whatever house.toml says."""
LENSES_MAX = 64
BOARDS: dict[Path, Board] = {}
"""Of the homes that this process has open, by their resolved path."""
AnyStore = DuckStore | PostgresStore


def url_of(home: Path) -> str:
    """Where PostgreSQL holds the log; empty where the home has it. Raises Problem on another.

    A home that has its log keeps it, whatever is said: it is moved by `export` and `load`.
    """
    if (home / LEDGER).exists():
        return ""
    url = os.environ.get(STORE, "") or _said(home / "house.toml")
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise Problem(f"the store {url.partition(':')[0]!r} is none: postgresql://user@host/db")
    return url


def _said(path: Path) -> str:
    """`url` of [store]; what is wrong with the rest of the file is told where it is loaded."""
    try:
        section = tomllib.loads(path.read_text()).get("store", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return ""
    if not isinstance(section, dict) or set(section) - {"url"}:
        raise Problem(f"{path.name}: [store] has url alone", 'url = "postgresql://user@host/db"')
    return str(section.get("url", ""))


def log_of(home: Path) -> str:
    """Where the log lies, as a person reads it."""
    url = url_of(home)
    return Server(url).name if url else LEDGER


def is_home(home: Path) -> bool:
    """Whether a house was founded in this folder, or joined from it."""
    return (home / (HEAD if url_of(home) else LEDGER)).exists()


def shared(home: Path, catalog: Catalog) -> PostgresStore | None:
    """The log in PostgreSQL, seen through a lens of this process; None where the home has it.

    Raises Problem where PostgreSQL is away, or holds something else.
    """
    url = url_of(home)
    if not url:
        return None
    with ExitStack() as held:
        place = held.enter_context(_place(home))
        server, cabinet = Server(url), KeyTable(Server(url))
        held.callback(server.close)
        held.callback(cabinet.close)
        server.patiently(lambda con: layout.lay_out(con, catalog))
        BOARDS[home.resolve()] = Board(server)
        held.callback(BOARDS.pop, home.resolve(), None)
        keys = Keys(cabinet)
        lens = DuckStore(place, catalog, keys)
        held.callback(lens.close)
        begin = home / SNAPSHOT
        store = PostgresStore(server, lens, keys, begin if begin.exists() else None)
        store.held = held.pop_all()
    return store


def clock_of(store: PostgresStore | None) -> LiveClock | None:
    """The wall's, where another process of this house runs live: what is said is said now."""
    if store is None or not store.alive():
        return None
    return LiveClock(store.floor, WallClock().now)


def aides_of(store: AnyStore, home: Path) -> Shared | None:
    """Whoever else may think for this house; nobody where its log lies in the home."""
    if not isinstance(store, PostgresStore):
        return None
    errands = Errands(url_of(home))
    store.held.callback(errands.close)
    return Shared(errands, store)


def run_live(store: AnyStore) -> None:
    """Say that this process commits on the real clock. Raises Problem where another commits."""
    if isinstance(store, PostgresStore):
        store.live()


@contextmanager
def _place(home: Path) -> Iterator[Path]:
    """The first lens of the home that no other process has open; the more it lags the longer it
    was closed.
    """
    for number in range(1, LENSES_MAX + 1):
        path = home / f"lens-{number}.duckdb"
        with path.with_suffix(".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield path
            return
    raise Problem(f"{LENSES_MAX} processes have the home {home} open; more cannot")
