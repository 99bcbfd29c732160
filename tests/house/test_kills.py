"""Killed at random moments of import and flight, a house goes on to the same bytes.

The long form is `make soak`: tests/soak/test_kills.py.
"""

from pathlib import Path

import pytest

from tests.house.killing import killed_in_all


@pytest.mark.parametrize("seed", ["one", "two"])
def test_goes_on_where_it_was_killed(seed: str, tmp_path: Path) -> None:
    killed_in_all(tmp_path, seed, 10)
