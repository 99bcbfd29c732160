"""The commands that move a house: `export`, `load`, `snapshot`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from psizero.cli.app import Home
from psizero.cli.show import hint, say
from psizero.core.errors import Problem
from psizero.house import export as moving
from psizero.house.home import opened
from psizero.house.storage import url_of

KeysOf = Annotated[
    Path | None, Parameter(name="--keys", help="The folder for the keys, apart from the log.")
]


def export(folder: Path, /, *, home: Home, keys: KeysOf = None) -> None:
    """Write the whole log as Parquet, a folder per kind, with its signed head.

    Personal values stay ciphertext. With --keys the keys are written too, to a folder of their own.
    """
    with opened(home) as house:
        manifest = moving.export(house, folder, keys)
    say(f"{sum(manifest.rows.values()):,} rows in {manifest.position.batches:,} batches: {folder}")
    if keys is not None:
        hint(f"the keys are in {keys}: whoever has both reads everything; keep them apart")


def load(folder: Path, /, *, home: Home, keys: KeysOf = None) -> None:
    """Make a home of an exported log, in a file or in PostgreSQL, and verify it."""
    said = moving.load(folder, home, keys)
    say(f"{home} is ready, and verified: what is in it is what was exported")
    for line in said:
        hint(line)


def snapshot(*, home: Home) -> None:
    """Write what a new lens on PostgreSQL begins with to the folder `snapshot` of the home."""
    if not url_of(home):
        raise Problem(f"the log of {home} lies in the home itself: nothing follows it")
    with opened(home) as house:
        place = moving.snapshot(house)
    say(f"{place} is ready; copy it into the homes of other hosts before their first start")
