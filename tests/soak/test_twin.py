"""Twins behind a bad door, and flown again, by seed; a tenth as many as the soak has rounds."""

import os
from pathlib import Path

import pytest

from psizero.house.home import opened
from psizero.house.replay import Trial, replay
from tests.twin.flights import company, flown
from tests.twin.rough import rough

N = max(1, int(os.environ.get("PSIZERO_SOAK_N", "20")) // 10)
SEED = int(os.environ.get("PSIZERO_SOAK_SEED", "1"))
SEEDS = [1 + (SEED + number) % 99 for number in range(N)]


@pytest.mark.parametrize("seed", SEEDS)
def test_behind_a_rough_door(seed: int, tmp_path: Path) -> None:
    rough(seed, tmp_path, days=30)


@pytest.mark.parametrize("seed", SEEDS[: max(1, N // 4)])
def test_flown_again(seed: int, tmp_path: Path) -> None:
    """Everything at auto and everybody answering: a replay is the record, byte for byte."""
    flown(tmp_path / "home", company(seed, 20, 30))
    with opened(tmp_path / "home") as house:
        assert house.verify() == [], f"seed {seed}"
        found = replay(house, Trial(), lambda _: None)
    assert found.identical and found.compared > 20, f"seed {seed}: {found.unlike}"
