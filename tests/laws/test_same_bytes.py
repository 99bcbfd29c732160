"""Laws: bytes are equal over ten runs, over thread counts, and over processes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from psizero.core.tables import Derived
from psizero.store.duck import DuckStore
from tests.laws.flight import digest, flown
from tests.laws.population import CATALOG, each_table
from tests.toy.installed import apart, installed
from tests.toy.town import BEGIN, entered, fly, founded, priced, subscribed, take

THREADS = (1, 2, 4, 1, 2, 4, 1, 2, 4, 2)
"""Ten runs."""
WEEK = timedelta(days=7)
CUSTOMERS = 200
QUARTER_HOURS = 7 * 24 * 4


def crowd(home: Path) -> datetime:
    """So many rows that the engine spreads them over its threads; returns the house's clock."""
    founded(home, {})
    with entered(home) as house:
        priced(house)
        names = [f"c{number:03}" for number in range(CUSTOMERS)]
        take(house, "subscription.started", [subscribed(name, "steady") for name in names])
        kind = house.members.catalog.kinds["usage.recorded"]
        everybody = pl.DataFrame({"subject": names})
        at = pl.datetime_range(BEGIN, BEGIN + WEEK, "15m", closed="left", eager=True)
        rows = everybody.join(pl.DataFrame({"occurred_at": at}), how="cross").with_columns(
            recorded_at=pl.col("occurred_at"),
            source=pl.lit("crowd"),
            id=pl.format("{}@{}", "subject", "occurred_at"),
            cause=pl.lit(None, pl.String),
            meter=pl.lit("calls"),
            quantity=(pl.int_range(pl.len()) % 997 + 1).cast(pl.Decimal(38, 9)),
            properties=pl.lit("{}"),
        )
        house.store.append(kind, rows)
        fly(house, BEGIN + WEEK)
        return house.now


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, str]]]:
    """Per run and table the digest of what was read."""
    home = tmp_path_factory.mktemp("law") / "home"
    now = crowd(home)
    plain = [name for name, table in CATALOG.tables.items() if not isinstance(table, Derived)]
    found = []
    with entered(home) as house:
        keys = house.keys
    for threads in THREADS:
        store = DuckStore(home / "house.duckdb", CATALOG, keys, threads=threads)
        known = {name: store.read(name, now) for name in plain}
        for name, table in CATALOG.tables.items():
            if isinstance(table, Derived):
                known[name] = table.compute(known, now).sort(table.grain)
        found.append({name: digest(frame) for name, frame in known.items()})
        store.close()
    assert known["usage_recorded"].height == CUSTOMERS * QUARTER_HOURS > 122_880
    yield found


@each_table
def test_bytes_equal_over_ten_runs_and_threads(name: str, runs: list[dict[str, str]]) -> None:
    assert len(runs) == len(THREADS) == 10
    assert len({run[name] for run in runs}) == 1


def test_a_last_bit_is_seen() -> None:
    one = pl.DataFrame({"a": [0.1 + 0.2]})
    assert digest(one) != digest(pl.DataFrame({"a": [0.3]}))
    assert digest(one) != digest(one.cast(pl.Float32))
    assert digest(one) == digest(one.clone())


def test_flights_equal_over_threads_and_processes(tmp_path: Path) -> None:
    """Other threads in both engines, and another order of every set of texts."""
    told = []
    for threads in (1, 2):
        output = tmp_path / f"{threads}.txt"
        engine = {"POLARS_MAX_THREADS": str(threads), "PYTHONHASHSEED": str(threads)}
        assert apart(flown, tmp_path / str(threads), threads, output, **engine) == 0
        told.append(output.read_text().splitlines())
    assert len(told[0]) == len(installed().catalog.tables) + 1
    assert told[0] == told[1]
