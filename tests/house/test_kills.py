"""Killed at random moments of import and flight, a house goes on to the same bytes."""

import os
from pathlib import Path

import pytest

from tests.house.company import write
from tests.house.flights import say
from tests.house.killing import disturbed, drawn, outputs, small_company, undisturbed

KILLS, KILLS_A_HOME = 20, 5
SEED = os.environ.get("PSIZERO_SOAK_SEED", "kills")


def test_killed_and_gone_on(tmp_path: Path) -> None:
    killed_in_all(tmp_path, SEED, KILLS)


def killed_in_all(folder: Path, seed: str, least: int) -> None:
    """Homes of KILLS_A_HOME kills each, until `least` processes were killed."""
    files = write(small_company(seed), folder / "files")
    seconds = undisturbed(folder / "peace", files)
    expected, killed, number = outputs(folder / "peace"), 0, 0
    while killed < least:
        kills = drawn(seed, number, KILLS_A_HOME, seconds)
        home = folder / f"home-{number}"
        killed += disturbed(home, files, kills)
        number += 1
