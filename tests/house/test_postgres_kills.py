"""Killed, cut off and left alone by PostgreSQL, a house on it goes on to the bytes of a file's."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from psizero.core.chance import draw
from psizero.core.errors import Problem
from psizero.house.storage import url_of
from tests.house.company import BEGIN, write
from tests.house.flights import bring, filled, fly
from tests.house.killing import STOPS, disturbed, drawn, outputs, small_company, undisturbed
from tests.store.postgres_server import Process, database, run_sql, settled


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A folder that names a database."""
    with database() as url:
        yield lambda name: settled(tmp_path / name, url)


def alike(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """The outputs that differ."""
    return [name for name, text in expected.items() if found[name] != text]


def killed_on_postgres(folder: Path, seed: str, least: int) -> None:
    """As `killing.killed_in_all`; the bytes are those of the undisturbed flight in a file."""
    files = write(small_company(seed), folder / "files")
    undisturbed(folder / "file", files)
    with database() as url:
        seconds = undisturbed(settled(folder / "peace", url), files)
    expected, killed, number = outputs(folder / "file"), 0, 0
    while killed < least:
        number += 1
        kills = drawn(seed, number, 12, seconds)
        with database() as url:
            home = settled(folder / f"home-{number}", url)
            killed += disturbed(home, files, kills)
            differing = alike(outputs(home), expected)
        assert not differing, f"seed {seed}, home {number}: {differing} after {kills}"


def test_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    killed_on_postgres(tmp_path, "postgres", 7)


@contextmanager
def cutting(home: Path) -> Iterator[list[int]]:
    """Every connection to its database is cut again and again, in the midst of whatever it does."""
    done, ended = list[int](), list[bool]()

    def cut() -> None:
        with psycopg.connect(url_of(home), autocommit=True) as other:
            while not ended:
                time.sleep(0.02 + 0.3 * draw("cut", BEGIN, f"{len(done)}"))
                done.append(other.execute(_CUT).rowcount)

    thread = Thread(target=cut)
    thread.start()
    try:
        yield done
    finally:
        ended.append(True)
        thread.join()


def insisted(do: Callable[[], object]) -> None:
    """An import is whole or not at all: where it was cut off it says so, and is said again."""
    for _ in range(20):
        try:
            do()
            return
        except Problem as problem:
            assert "went away" in str(problem)
    raise AssertionError("it never came through")


def test_a_connection_that_is_cut(
    at: Callable[[str], Path], small_home: Path, small_files: Path
) -> None:
    """The flight goes on by itself."""
    home = at("cut")
    filled(home, small_files)
    with cutting(home) as cuts:
        fly(home, STOPS[0])
        insisted(lambda: bring(home, small_files / "late-1.csv.gz", small_files / "usage.toml"))
        fly(home, STOPS[1])
    assert sum(cuts) > 0
    assert alike(outputs(home), outputs(small_home)) == []


_CUT = b"""select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'psizero'"""


AWAY_SECONDS = (20.0, 0.5)
"""The long one first: the flight has hardly begun then, on any machine."""


def test_postgres_is_stopped_and_started(
    small_home: Path, small_files: Path, tmp_path: Path
) -> None:
    """In the midst of a flight, as by a crash: what it had acknowledged is there."""
    server = Process()
    try:
        run_sql(server.url, "create database house")
        home = settled(tmp_path / "home", server.url.replace("/postgres?", "/house?"))
        filled(home, small_files)

        def work() -> None:
            fly(home, STOPS[0])
            insisted(lambda: bring(home, small_files / "late-1.csv.gz", small_files / "usage.toml"))
            fly(home, STOPS[1])

        met = list[bool]()
        with ThreadPoolExecutor(1) as other:
            flown = other.submit(work)
            for away_seconds in AWAY_SECONDS:
                time.sleep(0.4)
                server.stop()
                time.sleep(away_seconds)
                server.start()
                met.append(not flown.done())
            flown.result()
        assert met[0]
        assert alike(outputs(home), outputs(small_home)) == []
    finally:
        server.end()
