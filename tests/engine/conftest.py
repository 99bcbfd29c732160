"""Homes that the tests of the hands begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psizero.house.home import House
from tests.engine.intents import AUTO, intended, wishing
from tests.toy.town import entered, founded


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which wishes come true."""
    return founded(tmp_path / "home", AUTO)


@pytest.fixture
def wanting(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """An open house with two decisions that nobody has carried out."""
    wishing(home, "ada", "bob")
    intended(home, monkeypatch)
    with entered(home) as house:
        yield house
