"""How long a person waits for the terminal: from nothing to the last line of a command."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec

from benchmarks.child import measured, run
from benchmarks.company import BEGIN, fill, founded
from benchmarks.row import Row
from psizero.house.flight import fly_home
from psizero.house.home import opened

CUSTOMERS = 300


class Starts(msgspec.Struct, frozen=True):
    """Medians in seconds of whole processes; `bare` is one that only imports the libraries."""

    bare: float
    help: float
    invoices: float


def starts(folder: Path, times: int) -> Starts:
    """On a home with one billing run."""
    home = folder / "home"
    founded(home)
    with opened(home) as house:
        fill(house, CUSTOMERS, range(0, 168, 12))
        for _ in fly_home(house, BEGIN + timedelta(days=7, hours=6)):
            pass
    program = [str(Path(sys.executable).with_name("psizero"))]
    bare = [sys.executable, "-c", "import cyclopts, duckdb, msgspec, polars, pyarrow, rich"]
    return Starts(
        _seconds(bare, times),
        _seconds([*program, "--help"], times),
        _seconds([*program, "invoices", "--format", "json", "--home", str(home)], times),
    )


def _seconds(command: list[str], times: int) -> float:
    spent = []
    for _ in range(times):
        begin = perf_counter()
        if run(command):
            raise ValueError(f"{command[0]} failed")
        spent.append(perf_counter() - begin)
    return median(spent)


def rows(quick: bool) -> Iterator[Row]:
    """The lines of the report."""
    found = measured(starts, Starts, times=3 if quick else 7)
    for what, seconds in (
        ("python and the libraries alone", found.bare),
        ("psizero --help", found.help),
        (f"psizero invoices --format json, {CUSTOMERS} of them", found.invoices),
    ):
        yield Row(what=f"start: {what}", figure=seconds, unit="s")
