"""A PostgreSQL for the tests: the one that PSIZERO_TEST_POSTGRES names, or one of our own.

Our own is started from installed binaries, once a process, in a folder that is deleted at the end,
over a Unix socket, never as root. Where neither is there, the tests over it are left out with
that reason.
"""

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import count
from pathlib import Path
from subprocess import Popen, run

import psycopg
import pytest

from psizero.core.tables import Catalog
from psizero.house.members import members
from psizero.house.storage import shared
from psizero.store.layout import lay_out
from psizero.store.postgres import PostgresStore
from psizero.store.server import Server

GIVEN = "PSIZERO_TEST_POSTGRES"
_FAST = ("fsync=off", "full_page_writes=off", "listen_addresses=")
_NUMBERS = count(1)
execute = partial(run, check=True, capture_output=True)
begin = partial(Popen, start_new_session=True)
_PATIENCE_SECONDS = 30


def _tool(name: str) -> str:
    """The path of an installed binary; empty where there is none."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(places[0]) if places else shutil.which(name) or ""


def _as_nobody(*words: str) -> list[str]:
    """PostgreSQL refuses to run as root; it ends with the process that began it."""
    user = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *user, "--pdeathsig=TERM", *words]


class Process:
    """A server of our own, which may be stopped and started again."""

    def __init__(self, settings: Sequence[str] = _FAST) -> None:
        """`settings`: of postgresql.conf; those of a test risk what a test may lose."""
        self._settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix="psizero-pg-", dir="/tmp"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "nobody")
        made = _as_nobody(
            _tool("initdb"), "-D", str(self.folder / "data"), "-U", "psizero", "-A", "trust"
        )
        execute([*made, "--locale=C", "-E", "UTF8", "-N"])
        self._running: Popen[bytes] | Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://psizero@/postgres?host={self.folder}"

    def start(self) -> None:
        """Returns when it answers."""
        settings = [word for one in self._settings for word in ("-c", one)]
        place = ["-D", str(self.folder / "data"), "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self._running = begin(
                _as_nobody(_tool("postgres"), *place, *settings), stdout=log, stderr=log
            )
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.05)

    def stop(self) -> None:
        """At once, whatever is under way: as a crash would."""
        if self._running is not None:
            self._running.send_signal(3)  # an immediate shutdown
            self._running.wait()
        self._running = None

    def end(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def _own() -> Process:
    process = Process()
    atexit.register(process.end)
    return process


def server_url() -> str:
    """The server that tests may make databases in; left out with a reason where there is none."""
    given = os.environ.get(GIVEN, "")
    if not given and not (_tool("initdb") and shutil.which("setpriv")):
        pytest.skip(f"no PostgreSQL: {GIVEN} names none, and no binaries are installed")
    return given or _own().url


def _named(url: str, name: str) -> str:
    head, _, options = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{'?' if options else ''}{options}"


@cache
def _template(url: str) -> str:
    """A database in which the house's kinds are laid out, to be copied: that is far quicker."""
    name = f"psizero_template_{os.getpid()}"
    run_sql(
        url,
        f'create database "{name}" template template0 encoding "UTF8" lc_collate "C" lc_ctype "C"',
    )
    laid_out(_named(url, name), members().catalog)
    atexit.register(_drop, url, name)
    return name


def laid_out(url: str, catalog: Catalog) -> None:
    """Make the tables of a log."""
    server = Server(url)
    server.patiently(lambda con: lay_out(con, catalog))
    server.close()


def run_sql(url: str, words: str) -> None:
    """One statement outside a transaction."""
    with psycopg.connect(url, autocommit=True) as con:
        con.execute(words.encode())


def _drop(url: str, name: str) -> None:
    try:
        run_sql(url, f'drop database if exists "{name}" with (force)')
    except psycopg.OperationalError:
        return  # the server went first, and took it along


@contextmanager
def database(blank: bool = False) -> Iterator[str]:
    """The URL of a database of its own; `blank`: without a single table."""
    url = server_url()
    template = "template0" if blank else _template(url)
    name = f"psizero_test_{os.getpid()}_{next(_NUMBERS)}"
    run_sql(url, f'create database "{name}" template "{template}" strategy file_copy')
    try:
        yield _named(url, name)
    finally:
        _drop(url, name)


COMPANY = '[company]\nname = "My company"\n'


def settled(home: Path, url: str, more: str = COMPANY) -> Path:
    """A folder whose house.toml names a database as its store, and says else what a draft does."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "house.toml").write_text(f'{more}\n[store]\nurl = "{url}"\n')
    return home


def store_at(home: Path, url: str, catalog: Catalog) -> PostgresStore:
    """The store of such a folder."""
    store = shared(settled(home, url), catalog)
    assert store is not None
    return store
