"""One flight in a file and on PostgreSQL: the same bytes, for every host that looks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from psizero.core.ports import Position
from psizero.core.tables import Derived, Kept
from psizero.house.draft import draft
from psizero.house.home import opened
from psizero.house.members import members
from psizero.house.twin import COMPANY, bound
from tests.house.flights import NAMELESS, bring, filled, fly, say
from tests.house.killing import STOPS, outputs
from tests.store.postgres_server import database, settled
from tests.twin.flights import company, flown

AT = datetime(2026, 1, 9, 12)


def tables(home: Path, at: datetime | None = None) -> tuple[dict[str, pl.DataFrame], Position]:
    """Every table that needs nothing given, and where the log stands."""
    with opened(home) as house:
        known = house.members.catalog.tables
        plain = [n for n, t in known.items() if not (isinstance(t, Derived) and t.given)]
        through = house.store.through(at) if at else house.store.position.last
        found = {name: house.seen(name, at or house.now, through) for name in sorted(plain)}
        return found, house.store.position


@cache
def remembered(home: Path, at: datetime | None) -> tuple[dict[str, pl.DataFrame], Position]:
    """The tables of a home in which nothing happens any more."""
    return tables(home, at)


def unlike(one: Path, other: Path, at: datetime | None = None) -> list[str]:
    """The tables that differ, and whether the chain does; `other` is only read."""
    (mine, here), (theirs, there) = tables(one, at), remembered(other, at)
    differing = [name for name, frame in mine.items() if not frame.equals(theirs[name])]
    return differing + (["the chain"] if here != there else [])


def to_the_first_stop(home: Path, files: Path) -> None:
    """Without names, whose ciphertext is under keys that no other home has."""
    filled(home, files, NAMELESS)
    fly(home, STOPS[0])


def on_from_there(home: Path, files: Path) -> None:
    """What came late, and the rest."""
    bring(home, files / "late-1.csv.gz", files / "usage.toml")
    fly(home, STOPS[1])


@pytest.fixture(scope="module")
def in_file(small_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("file") / "home"
    to_the_first_stop(home, small_files)
    on_from_there(home, small_files)
    return home


@contextmanager
def hosts(folder: Path, count: int) -> Iterator[list[Path]]:
    """The homes of so many hosts of one house; the first founds it."""
    with database() as url:
        yield [settled(folder / f"host-{number}", url) for number in range(count)]


def test_the_same_bytes_on_every_host(in_file: Path, small_files: Path, tmp_path: Path) -> None:
    """Half of it is flown by the first host, the other half by the second; the third looks on."""
    with hosts(tmp_path, 3) as (one, two, three):
        to_the_first_stop(one, small_files)
        for home in (two, three):
            say("init", "--home", home)
        assert tables(three)[1] == tables(one)[1] and tables(one)[1].last > 0
        on_from_there(two, small_files)
        for home in (one, three):
            assert unlike(home, in_file) == []
        assert outputs(three) == outputs(in_file)


def test_a_lens_that_begins_with_a_snapshot(
    in_file: Path, small_files: Path, tmp_path: Path
) -> None:
    """It lacks the raw rows that are rolled up, and nothing shows that; it goes on from there."""
    with hosts(tmp_path, 2) as (one, two):
        to_the_first_stop(one, small_files)
        say("snapshot", "--home", one)
        shutil.copytree(one / "snapshot", two / "snapshot")
        say("init", "--home", two)
        with opened(one) as first, opened(two) as second:
            raw = [
                house.store.ledger.con.execute(
                    "select count(*) from event.usage_recorded"
                ).fetchall()[0][0]
                for house in (first, second)
            ]
            assert 0 <= raw[1] < raw[0] / 10
        assert unlike(two, one) == []
        on_from_there(two, small_files)
        assert unlike(two, in_file) == [] and unlike(two, in_file, AT) == []
        assert say("replay", "--home", two) == say("replay", "--home", in_file)


def test_a_twin(tmp_path: Path) -> None:
    """A company that answers, with every automation on."""
    course = company(3, customers=6, days=5)
    flown(tmp_path / "file", course)
    with database() as url:
        home = tmp_path / "shared"
        settled(home, url, bound(draft(COMPANY, members().automations)))
        flown(home, course)
        catalog = members().catalog
        kinds = {
            name: {column for column, one in kind.columns.items() if one.personal}
            for name, kind in catalog.kinds.items()
        }
        personal = {catalog.kinds[name].table for name, columns in kinds.items() if columns}
        # a kept table may hold the same ciphertext, under the key of another home
        personal |= {
            name
            for name, table in catalog.tables.items()
            if isinstance(table, Kept)
            and any(kinds[kind].intersection(table.columns) for kind in table.kinds)
        }
        (mine, here), (theirs, there) = tables(home), tables(tmp_path / "file")
        differing = {name for name, frame in mine.items() if not frame.equals(theirs[name])}
        assert differing <= personal
        assert (here.last, here.batches) == (there.last, there.batches) and here.last > 300
        with opened(home) as house:
            assert house.verify() == []
