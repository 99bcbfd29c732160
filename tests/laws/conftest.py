"""Homes that the laws look at: each is lived in once for all of them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from psizero.core.policy import Level
from psizero.house.home import House
from tests.laws.levels import Forbidden, forbidding
from tests.laws.witness import Life, watched_life
from tests.toy.town import LATE_AT, all_at, entered, lived


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Every automation at auto, under watch."""
    return watched_life(tmp_path_factory.mktemp("law") / "home")


@pytest.fixture(scope="session")
def house(life: Life) -> Iterator[House]:
    """That home, open; nobody writes into it."""
    with entered(life.home, life.members) as opened:
        yield opened


@pytest.fixture(scope="session", params=[Level.SHADOW, Level.OFF], ids=lambda one: one.value)
def restrained(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Level, House, Forbidden]]:
    """Every automation at one level that does nothing, every connector one that must not be."""
    found, forbidden = forbidding()
    home = tmp_path_factory.mktemp("law") / "home"
    lived(home, all_at(request.param, found), found, LATE_AT + timedelta(days=3, hours=7))
    with entered(home, found) as opened:
        yield request.param, opened, forbidden
