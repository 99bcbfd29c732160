"""Twins behind a bad door, by seed; a tenth as many as the soak has rounds."""

import os
from pathlib import Path

import pytest

from tests.twin.rough import rough

N = max(1, int(os.environ.get("PSIZERO_SOAK_N", "20")) // 10)
SEED = int(os.environ.get("PSIZERO_SOAK_SEED", "1"))


@pytest.mark.parametrize("seed", [1 + (SEED + number) % 99 for number in range(N)])
def test_behind_a_rough_door(seed: int, tmp_path: Path) -> None:
    rough(seed, tmp_path, days=30)
