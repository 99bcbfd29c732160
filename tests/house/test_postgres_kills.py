"""Killed, cut off and left alone by PostgreSQL, a house on it goes on to the bytes of a file's."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from psizero.core.chance import draw
from psizero.core.errors import Problem
from psizero.house.home import House, opened
from psizero.store import handover, sealing
from tests.house.company import BEGIN
from tests.house.flights import bring, filled, fly, say
from tests.house.killing import STOPS, disturbed, drawn, outputs, undisturbed
from tests.store.postgres_server import Process, database, settled

KILLS = 10


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Folders that name a database each."""
    with database() as one, database() as two, database() as three:
        urls = iter((one, two, three))
        yield lambda name: settled(tmp_path / name, next(urls))


def alike(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """The outputs that differ."""
    return [name for name, text in expected.items() if found[name] != text]


def test_goes_on_where_it_was_killed(
    at: Callable[[str], Path], small_home: Path, small_files: Path
) -> None:
    """As tests/house/test_kills.py; the bytes are those of the undisturbed flight in a file."""
    expected = outputs(small_home)
    seconds = undisturbed(at("peace"), small_files)
    kills = drawn("postgres", 0, 2 * KILLS, seconds)
    home = at("killed")
    assert disturbed(home, small_files, kills) >= KILLS // 2
    assert alike(outputs(home), expected) == []


def test_a_connection_that_is_cut(
    at: Callable[[str], Path], small_home: Path, small_files: Path
) -> None:
    """Again and again, also in the midst of a transaction: the flight goes on by itself."""
    home, cuts = at("cut"), 0
    filled(home, small_files)
    late = small_files / "late-1.csv.gz", small_files / "usage.toml"
    url = (home / "house.toml").read_text().split('"')[1]
    done, ended = [], False

    def cut() -> None:
        with psycopg.connect(url, autocommit=True) as other:
            while not ended:
                time.sleep(0.02 + 0.3 * draw("cut", BEGIN, f"{len(done)}"))
                done.append(other.execute(_CUT).rowcount)

    thread = Thread(target=cut)
    thread.start()
    try:
        fly(home, STOPS[0])
        bring(home, *late)
        fly(home, STOPS[1])
    finally:
        ended = True
        thread.join()
    cuts = sum(done)
    assert cuts > 5
    assert alike(outputs(home), outputs(small_home)) == []


_CUT = """select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'psizero'"""
