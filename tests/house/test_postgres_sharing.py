"""Thinking that other processes take over is the thinking of the one who commits, byte for byte."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from psizero.cli import main
from psizero.core.policy import Level
from psizero.engine.think import Thinker, Thought
from psizero.house import aides
from psizero.house.aides import Shared
from psizero.house.home import House
from psizero.store.errands import Errands
from tests.house.living import _SERVER, until
from tests.store.postgres_server import database
from tests.toy.installed import beside
from tests.toy.money import paid
from tests.toy.town import (
    BEGIN,
    BINDINGS,
    all_at,
    entered,
    fly,
    founded,
    settled,
    take,
    wished,
)

UNTIL = BEGIN + timedelta(hours=30)


def _aside(home: str) -> None:
    sys.argv = ["psizero", "work", "--aside", "--home", home]
    said = os.open(Path(home) / "aside.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 2)
    sys.stderr = os.fdopen(said, "w", buffering=1)
    main()


@contextmanager
def aside(home: Path, url: str, count: int) -> Iterator[list[ForkServerProcess]]:
    """So many processes of a home that think along, once all are there; gone at the end."""
    with beside():
        found = [_SERVER.Process(target=_aside, args=(str(home),)) for _ in range(count)]
        for one in found:
            one.start()
    errands = Errands(url)
    try:
        until(lambda: errands.aides() == count)
        yield found
    finally:
        errands.close()
        for one in found:
            one.kill()
            one.join()


def town(home: Path, toml: str = "") -> Path:
    """A town at work whose automations are all at auto; its first days are to come."""
    founded(home, all_at(Level.AUTO), BINDINGS + toml)
    with entered(home) as house:
        settled(house)
        for kind, said in paid(BEGIN).items():
            take(house, kind, said)
        for day in range(1, 4):
            at = BEGIN + timedelta(days=day, hours=-1)
            take(house, "wish.made", [wished("message.send", "ada", at, f"{day}")])
    return home


def flown(home: Path) -> tuple[list[pl.DataFrame], object, int]:
    """What is in the log after the flight, where it stands, and what others brought."""
    brought = 0
    real = Shared.thoughts

    def counted(
        self: Shared, thinkers: list[Thinker], now: datetime, here: Callable[[Thinker], Thought]
    ) -> list[Thought]:
        nonlocal brought
        before = self.brought
        found = real(self, thinkers, now, here)
        brought += self.brought - before
        return found

    with entered(home) as house, patch.object(Shared, "thoughts", counted):
        fly(house, UNTIL)
        return rows(house), house.store.position, brought


def rows(house: House) -> list[pl.DataFrame]:
    """All runs, decisions, verdicts, receipts, and all that was added."""
    kinds = house.members.catalog.kinds.values()
    return [house.store.everything(kind.name) for kind in kinds if kind.ours]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[pl.DataFrame], object]:
    found, position, brought = flown(town(tmp_path_factory.mktemp("alone") / "home"))
    assert brought == 0 and sum(frame.height for frame in found) > 30
    return found, position


def same(found: list[pl.DataFrame], expected: list[pl.DataFrame]) -> bool:
    """Whether frames are equal, one by one."""
    return all(one.equals(other) for one, other in zip(found, expected, strict=True))


@pytest.fixture
def url() -> Iterator[str]:
    with database() as found:
        yield found


def test_all_that_others_think(
    alone: tuple[list[pl.DataFrame], object], url: str, tmp_path: Path
) -> None:
    """Nothing is taken back: what can be is thought by three others, and the chain is the same."""
    home = town(tmp_path / "home", f'[store]\nurl = "{url}"\n')
    with (
        aside(home, url, 3),
        patch.object(Errands, "take_back", lambda self, job: False),
        patch.object(aides, "_BEGUN_SECONDS", 20),
    ):
        found, position, brought = flown(home)
    assert brought >= 2
    assert same(found, alone[0]) and position == alone[1]


def test_as_much_as_comes_in_time(
    alone: tuple[list[pl.DataFrame], object], url: str, tmp_path: Path
) -> None:
    """With one other, who is killed on the way, and whose place is taken by another one."""
    home = town(tmp_path / "home", f'[store]\nurl = "{url}"\n')
    with aside(home, url, 1) as (other,):
        real, count = Errands.hand_out, 0

        def killing(self: Errands, errands: list[str]) -> list[int]:
            nonlocal count
            jobs, count = real(self, errands), count + 1
            if count == 2:
                time.sleep(0.02)
                other.kill()
            return jobs

        with patch.object(Errands, "hand_out", killing):
            found, position, _ = flown(home)
        assert count >= 2
    assert same(found, alone[0]) and position == alone[1]
