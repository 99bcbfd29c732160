"""One open town for every test of a file that only asks; who writes opens one for itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.doors import Town, made, opened


@pytest.fixture(scope="session")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town that was flown, and that nobody opens."""
    return made(tmp_path_factory.mktemp("api") / "home")


@pytest.fixture(scope="module")
def town(flown: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A copy of it with its doors open."""
    home = tmp_path_factory.mktemp("town") / "home"
    shutil.copytree(flown, home)
    with opened(home) as found:
        yield found
