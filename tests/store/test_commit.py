"""What is committed in slices is what it would be in one piece, and is let go of."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from psizero.core.policy import Level
from psizero.core.ports import Store
from psizero.engine import loop
from psizero.engine.committer import Rows, commit_tick
from psizero.engine.ground import Ground
from psizero.engine.think import Thought
from psizero.finance.events import JOURNAL_POSTED
from psizero.store import duck, sealing
from psizero.store.duck import DuckStore
from psizero.store.keys import Keys
from tests.toy.installed import installed
from tests.toy.town import BEGIN, entered, fly, founded, priced, subscribed, take

ROWS = 5_000
DAY = timedelta(days=1)
TICK = {"growth.wishes": Level.AUTO, "finance.invoicing": Level.AUTO}


def entries(rows: int, off_minor: int = 0) -> pl.DataFrame:
    """Sides of one entry that sum to zero where there are none off."""
    amount = pl.when(pl.col("n") % 2 == 0).then(1).otherwise(-1)
    return pl.DataFrame({"n": range(rows)}).select(
        source=pl.lit("finance.invoicing"),
        id=pl.format("{}", "n"),
        subject=pl.format("c-{}", pl.col("n") % 97),
        cause=pl.lit(None, pl.String),
        entry=pl.lit("all"),
        account=pl.lit("receivable"),
        amount_minor=(amount + pl.when(pl.col("n") == rows - 1).then(off_minor).otherwise(0)),
        currency=pl.lit("EUR"),
        booked_for=pl.lit(BEGIN).cast(pl.Datetime("us")),
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckStore]:
    made = DuckStore(tmp_path / "log.duckdb", installed().catalog, Keys(tmp_path / "keys"))
    yield made
    made.close()


def committed(folder: Path, rows: int, insert_rows: int, slice_positions: int) -> tuple[str, int]:
    """The chain of a ledger into which as many rows were committed at once, and its last row."""
    name = f"{rows}-{insert_rows}-{slice_positions}"
    made = DuckStore(folder / name, installed().catalog, Keys(folder / "keys"))
    with (
        patch.object(duck, "_INSERT_ROWS", insert_rows),
        patch.object(sealing, "SLICE_POSITIONS", slice_positions),
    ):
        made.commit([(JOURNAL_POSTED, entries(rows)), (JOURNAL_POSTED, entries(0))], BEGIN)
    assert made.faults() == []
    position = made.position
    made.close()
    return position.chain, position.last


@pytest.mark.parametrize("insert_rows", [700, ROWS - 1, ROWS, 20_000])
@pytest.mark.parametrize("chunks", [1, 3, 4, 128])
def test_slices_change_no_chain(insert_rows: int, chunks: int, tmp_path: Path) -> None:
    whole = committed(tmp_path, ROWS, 10**6, 10**6 * 1024)
    assert whole[1] == ROWS
    assert committed(tmp_path, ROWS, insert_rows, chunks * 1024) == whole


def test_frames_are_let_go_of(store: DuckStore) -> None:
    rows = [(JOURNAL_POSTED, entries(4))]
    store.commit(rows, BEGIN)
    assert rows == [] and store.position.last == 4


def test_out_of_balance_over_slices(store: DuckStore) -> None:
    """It is the batch that has to sum to zero, and nothing of it is written otherwise."""
    with patch.object(duck, "_INSERT_ROWS", 3):
        with pytest.raises(ValueError, match="out of balance"):
            store.commit([(JOURNAL_POSTED, entries(10, off_minor=1))], BEGIN)
        assert store.position.last == store.last_position("journal.posted") == 0
        store.commit([(JOURNAL_POSTED, entries(10))], BEGIN)
    assert store.last_position("journal.posted") == 10 and store.faults() == []


def test_a_tick_lets_go_of_what_was_thought(tmp_path: Path) -> None:
    """When the store writes, nobody else holds what it writes."""
    held: list[int] = []
    lists: list[list[Thought]] = []
    real, tick = DuckStore.commit, commit_tick

    def commit(self: DuckStore, rows: Rows, now: datetime) -> None:
        held.append(sum(len(one) for one in lists))
        real(self, rows, now)

    def seen(
        store: Store, thoughts: list[Thought], measured: Rows, ground: Ground, now: datetime
    ) -> pl.DataFrame:
        assert thoughts
        lists.append(thoughts)
        return tick(store, thoughts, measured, ground, now)

    with entered(founded(tmp_path / "home", TICK)) as house:
        priced(house)
        take(house, "subscription.started", [subscribed("ada", "daily")])
        with patch.object(DuckStore, "commit", commit), patch.object(loop, "commit_tick", seen):
            ticks = fly(house, BEGIN + 2 * DAY)
    assert sum(one.decisions for one in ticks) == sum(one.automatic for one in ticks) > 0
    assert held and set(held) == {0}
