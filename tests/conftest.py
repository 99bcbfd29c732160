"""What every test may ask for, and how properties are tried."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# The same examples in every run, so that a red run is red again; no deadline on shared cores.
settings.register_profile("house", deadline=None, derandomize=True, database=None)
# `make soak`: as many as asked for, drawn from the seed that it prints and gives to pytest.
SOAK_N = int(os.environ.get("PSIZERO_SOAK_N", "0"))
settings.register_profile("soak", deadline=None, max_examples=SOAK_N or 200, database=None)
settings.load_profile("soak" if SOAK_N else "house")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The company's files: the folder in PSIZERO_DATA, by default shared/data beside us."""
    folder = Path(os.environ.get("PSIZERO_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the real data is absent: PSIZERO_DATA names no folder")
    return folder


SLOW_FIRST = ("tests/house", "tests/cli", "tests/twin", "tests/laws")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders with whole flights first, so that no process ends long before the other."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW_FIRST))
