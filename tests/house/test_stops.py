"""Where a flight stops, and in how many files its history came, makes no difference to the log.

Only the heads of the chain differ, since a stop ends a batch. The company here has no names: they
would be encrypted under fresh keys, and no two homes be the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from psizero.core.tables import Derived
from psizero.house.home import opened
from tests.house.company import BEGIN, write
from tests.house.flights import NAMELESS, bring, filled, fly, founded
from tests.house.killing import STOPS, small_company

END = STOPS[1]
USAGE = NAMELESS[1][1]
CLOSE = BEGIN + timedelta(days=7, hours=6)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company, and every second row of its usage in a file of its own."""
    folder = write(small_company("stops"), tmp_path_factory.mktemp("stops"))
    usage = pl.read_parquet(folder / "usage.parquet").with_row_index("row")
    rows = usage.filter(pl.col("row") % 2 == 1).drop("row")
    rows.write_parquet(folder / "usage-1.parquet")
    return folder


@pytest.fixture(scope="module")
def straight(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flown from the beginning to the end without a stop."""
    home = filled(tmp_path_factory.mktemp("straight") / "home", files, NAMELESS)
    fly(home, END)
    return home


def everything(home: Path) -> tuple[str, dict[str, pl.DataFrame]]:
    """The head of the chain, and every table, kept or not, in the order of the ledger."""
    with opened(home) as house:
        tables = house.members.catalog.tables
        names = [name for name, one in tables.items() if not isinstance(one, Derived)]
        assert house.verify() == []
        return house.store.position.chain, {name: house.read(name, END) for name in names}


def assert_same(one: Path, other: Path) -> tuple[str, str]:
    """Equal tables; the two heads."""
    (head, tables), (second_head, second_tables) = everything(one), everything(other)
    assert tables.keys() == second_tables.keys()
    for name, table in tables.items():
        assert_frame_equal(table, second_tables[name], check_exact=True)
    assert tables["invoices"].height > 5 and tables["outcome"].height > 0
    return head, second_head


@pytest.mark.parametrize(
    "stops",
    [
        [CLOSE],
        [CLOSE - timedelta(seconds=1), CLOSE + timedelta(seconds=1), STOPS[0]],
        [BEGIN + timedelta(hours=31 * step) for step in range(13)],
    ],
    ids=["at a close", "around a close", "many"],
)
def test_other_stops(
    stops: Sequence[datetime], files: Path, straight: Path, tmp_path: Path
) -> None:
    home = filled(tmp_path / "home", files, NAMELESS)
    for stop in [*stops, END]:
        fly(home, stop)
    assert_same(home, straight)


def test_same_stops_same_chain(files: Path, straight: Path, tmp_path: Path) -> None:
    home = filled(tmp_path / "home", files, NAMELESS)
    fly(home, END)
    head, straight_head = assert_same(home, straight)
    assert head == straight_head != ""


def test_history_in_two_files_and_another_order(
    files: Path, straight: Path, tmp_path: Path
) -> None:
    """The second file of usage brings all of the first again."""
    home = founded(tmp_path / "home", files)
    bring(home, files / "usage-1.parquet", files / USAGE)
    bring(home, files / NAMELESS[0][0], files / NAMELESS[0][1])
    report = bring(home, files / "usage.parquet", files / USAGE)
    assert report["taken"] > 0 and report["duplicates"] > 0 and report["conflicts"] == 0
    fly(home, END)
    head, straight_head = assert_same(home, straight)
    assert head == straight_head
