"""The truth of a flown twin: Parquet files in a folder of its home. Tests and the scorecard alone.

Nothing that thinks may open them: import-linter knows who may import this, and a law watches what
is opened during a flight.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

FOLDER = "truth"


def write_truth(home: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    """One file a table, in place of those that are there."""
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")


def read_truth(home: Path) -> dict[str, pl.DataFrame]:
    """The tables by name; none where no twin was flown."""
    found = sorted((home / FOLDER).glob("*.parquet"))
    return {path.stem: pl.read_parquet(path) for path in found}
