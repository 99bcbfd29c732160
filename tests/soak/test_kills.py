"""Killed again and again: PSIZERO_SOAK_N times in all, from PSIZERO_SOAK_SEED."""

import os
from pathlib import Path

from tests.house.killing import killed_in_all


def test_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    seed = os.environ.get("PSIZERO_SOAK_SEED", "soak")
    killed_in_all(tmp_path, seed, int(os.environ.get("PSIZERO_SOAK_N", "200")))
