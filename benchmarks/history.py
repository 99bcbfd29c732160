"""A weekly billing run after 24 months of history beside one after 2 months."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec

from benchmarks.child import measured
from benchmarks.company import BEGIN, fill, founded
from benchmarks.row import Row, at_most
from psizero.house.flight import fly_home
from psizero.house.home import opened

WEEKS = 104
EVENT_HOURS = 12
AROUND = 8  # weekly ticks whose median stands for an age
MOST = 1.5


class Aging(msgspec.Struct, frozen=True):
    """Medians of the weekly ticks around month 2 and before month 24, and the events between."""

    events: int
    early_seconds: float
    late_seconds: float


def aging(folder: Path, customers: int, weeks: int) -> Aging:
    """Both ages are ticks of one flight over one history."""
    founded(folder / "home")
    with opened(folder / "home") as house:
        events = fill(house, customers, range(0, weeks * 7 * 24, EVENT_HOURS))
    spent: list[float] = []
    with opened(folder / "home") as house:
        begin = perf_counter()
        for tick in fly_home(house, BEGIN + timedelta(weeks=weeks, hours=6)):
            now = perf_counter()
            if tick.decisions:
                spent.append(now - begin)
            begin = now
    if len(spent) != weeks:
        raise ValueError(f"{len(spent)} weekly ticks in {weeks} weeks")
    return Aging(events, median(spent[4 : 4 + AROUND]), median(spent[-AROUND:]))


def rows(quick: bool) -> Iterator[Row]:
    """The lines of the report."""
    weeks = 26 if quick else WEEKS
    for customers in (20, 100) if quick else (100, 1_000):
        found = measured(aging, Aging, customers=customers, weeks=weeks)
        who = f"history: {customers:,} customers, {found.events:,} events, weekly tick"
        months = weeks * 12 // 52
        yield Row(what=f"{who} after 2 months", figure=found.early_seconds, unit="s")
        yield Row(what=f"{who} after {months} months", figure=found.late_seconds, unit="s")
        ratio = found.late_seconds / found.early_seconds
        yield at_most(f"{who}, month {months} to month 2", ratio, "x", MOST)
