"""Companies and homes that several tests look at; each is made once, whatever the processes."""

import os
from pathlib import Path

import pytest

from tests.house.company import END, Company, company, on_time, write
from tests.house.flights import copied, flown, once
from tests.house.killing import STOPS, small_company


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the whole run; the processes of pytest-xdist lie side by side in it."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def known() -> Company:
    """Twelve customers over twelve weeks, some of their usage late."""
    return company("whole house")


@pytest.fixture(scope="session")
def late_files(shared: Path, known: Company) -> Path:
    return once(shared / "late_files", lambda place: write(known, place))


@pytest.fixture(scope="session")
def on_time_files(shared: Path, known: Company) -> Path:
    return once(shared / "on_time_files", lambda place: write(on_time(known), place))


@pytest.fixture(scope="session")
def late_home(shared: Path, late_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flown to the end with two stops, at each of which a file of late usage came. Only read."""
    home = once(shared / "late_home", lambda place: flown(place, late_files, END))
    return copied(home, tmp_path_factory.mktemp("late") / "home")


@pytest.fixture(scope="session")
def on_time_home(
    shared: Path, on_time_files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same company, had all come in time. Only read."""
    home = once(shared / "on_time_home", lambda place: flown(place, on_time_files, END, ()))
    return copied(home, tmp_path_factory.mktemp("on_time") / "home")


@pytest.fixture(scope="session")
def small_files(shared: Path) -> Path:
    """Six customers over two weeks."""
    return once(shared / "small_files", lambda place: write(small_company("small"), place))


@pytest.fixture(scope="session")
def small_home(shared: Path, small_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company, flown to the end with one late file. Only read."""
    late = [(STOPS[0], "late-1.csv.gz")]
    home = once(shared / "small_home", lambda place: flown(place, small_files, STOPS[1], late))
    return copied(home, tmp_path_factory.mktemp("small") / "home")
