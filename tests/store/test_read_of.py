"""What is read of a table by key is what a whole reading would have found, and no more of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.policy import Level
from psizero.house.home import House
from psizero.store.duck import DuckStore
from tests.toy.town import BEGIN, entered, fly, founded, priced, subscribed, take, wished

NAMES = ("ada", "bob", "cay", "dan", "eve")
DAY = timedelta(days=1)
KEYS = {
    "decision": ["id"],
    "episodes": ["automation", "verb", "subject", "episode"],
    "verdict": ["automation", "level"],
    "touches": ["subject"],
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A week of wishes and daily invoices, with outcomes still owed."""
    levels = {"growth.wishes": Level.AUTO, "finance.invoicing": Level.AUTO}
    home = founded(tmp_path_factory.mktemp("read_of") / "home", levels)
    with entered(home) as opened:
        priced(opened)
        take(opened, "subscription.started", [subscribed(name, "daily") for name in NAMES[:3]])
        wishes = [wished("gift.send", name, BEGIN + n * DAY) for n, name in enumerate(NAMES)]
        take(opened, "wish.made", wishes)
        fly(opened, BEGIN + 9 * DAY)
        yield opened


@given(st.sampled_from(sorted(KEYS)), st.lists(st.integers(0, 60), max_size=12), st.booleans())
def test_as_a_whole_reading(house: House, table: str, picked: list[int], strange: bool) -> None:
    """Also with keys that are named twice, and with some that nobody has."""
    everything = house.store.read(table, house.now)
    assert everything.height > 4
    keys = everything.select(KEYS[table])
    keys = keys[[number % keys.height for number in picked]] if picked else keys.clear()
    if strange:
        keys = pl.concat([keys, everything.select(KEYS[table]).head(1).select(pl.all() + "?")])
    expected = everything.join(keys, on=KEYS[table], how="semi", maintain_order="left")
    assert house.store.read_of(table, keys, house.now).equals(expected)


def test_the_highest(house: House) -> None:
    kinds = house.members.catalog.kinds
    numbers = house.read("invoice_issued")["number"].to_list()
    assert sorted(numbers) == list(range(1, len(numbers) + 1)) and len(numbers) > 20
    assert house.store.highest(kinds["invoice.issued"], "number") == len(numbers)
    version = kinds["price.set"]
    assert house.store.highest(version, "version") == 2


def test_of_no_rows_the_highest_is_nothing(tmp_path: Path) -> None:
    """Nor of rows that nobody sealed."""
    with entered(founded(tmp_path / "home", {})) as opened:
        priced(opened)
        kinds = opened.members.catalog.kinds
        assert opened.store.highest(kinds["invoice.issued"], "number") == 0
        assert opened.store.highest(kinds["price.set"], "version") == 0


def read_on_the_way(house: House, until: datetime) -> int:
    """How many rows of what grows with history a flight of so long reads from the store."""
    rows: list[int] = []
    real = DuckStore._frame

    def counted(
        self: DuckStore, sql: str, values: dict[str, object], small: bool = False
    ) -> pl.DataFrame:
        found = real(self, sql, values, small)
        names = set(found.columns)
        if names >= {"episode", "clause"} or names & {"parameters", "net_minor"}:
            rows.append(found.height)
        return found

    with patch.object(DuckStore, "_frame", counted):
        fly(house, until)
    return sum(rows)


@pytest.mark.parametrize(("history_days", "hours", "rows"), [(1, 2, 1), (8, 2, 1), (8, 6, 6)])
def test_a_tick_reads_no_history(history_days: int, hours: int, rows: int, tmp_path: Path) -> None:
    """Decisions, episodes and invoices by key: one wish, and what is measured a week after."""
    levels = {"growth.wishes": Level.AUTO, "finance.invoicing": Level.AUTO}
    with entered(founded(tmp_path / "home", levels)) as opened:
        priced(opened)
        take(opened, "subscription.started", [subscribed(name, "daily") for name in NAMES])
        fly(opened, BEGIN + history_days * DAY + timedelta(hours=1))
        take(opened, "wish.made", [wished("gift.send", "ada", BEGIN + history_days * DAY)])
        until = BEGIN + history_days * DAY + timedelta(hours=hours)
        assert read_on_the_way(opened, until) == rows
