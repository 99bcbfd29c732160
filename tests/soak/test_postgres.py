"""Houses on PostgreSQL killed PSIZERO_SOAK_N times in all, from seeds of PSIZERO_SOAK_SEED."""

import os
from pathlib import Path

import pytest

from tests.house.test_postgres_faults import killed_inside_one_tick
from tests.house.test_postgres_kills import killed_on_postgres
from tests.store.postgres_server import database

SEED = os.environ.get("PSIZERO_SOAK_SEED", "soak")
N = int(os.environ.get("PSIZERO_SOAK_N", "200"))
SEEDS = min(10, max(1, N // 20))


@pytest.mark.parametrize("number", range(SEEDS))
def test_goes_on_where_it_was_killed(number: int, tmp_path: Path) -> None:
    killed_on_postgres(tmp_path, f"{SEED} {number}", N // SEEDS)


def test_killed_inside_one_tick(tmp_path: Path) -> None:
    """At the full size: 100,000 decisions and a cap of half of them, from two hundred rounds on."""
    with database() as url:
        killed_inside_one_tick(tmp_path, url, min(100_000, 500 * N), 20)
