"""One town with its pages open for every test of a file that only asks."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from psizero.api.app import Mounted
from psizero.console import routes
from tests.api.doors import Town, made, opened


@pytest.fixture(scope="session")
def flown_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town that was flown, and that nobody opens."""
    return made(tmp_path_factory.mktemp("console") / "home")


@pytest.fixture(scope="module")
def town(flown_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A copy of it with its pages open."""
    home = tmp_path_factory.mktemp("pages") / "home"
    copytree(flown_home, home)
    with opened(home, Mounted(pages=routes())) as found:
        yield found


@pytest.fixture
def own_town(flown_home: Path, tmp_path: Path) -> Iterator[Town]:
    """One for a test that decides."""
    copytree(flown_home, tmp_path / "home")
    with opened(tmp_path / "home", Mounted(pages=routes())) as found:
        yield found
