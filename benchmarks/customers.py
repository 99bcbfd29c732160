"""The whole loop as customers grow: two weeks of usage, two billing runs, every automation on."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import duckdb
import msgspec

from benchmarks.child import measured
from benchmarks.company import BEGIN, fill, founded
from benchmarks.row import Row, at_most
from benchmarks.stopwatch import peak_gb, watched
from psizero.house.flight import fly_home
from psizero.house.home import House, opened

USED_HOURS = (1, 30, 60, 170, 200, 230)
UNTIL = BEGIN + timedelta(days=14, hours=6)
WRITTEN = (
    "run",
    "decision",
    "verdict",
    "receipt",
    "outcome",
    "invoice.issued",
    "journal.posted",
)


class Busy(msgspec.Struct, frozen=True):
    """One tick that decided something: seconds, in all, of processors, by part; decisions."""

    seconds: float
    processor_seconds: float
    parts: dict[str, float]
    decisions: int


class Fortnight(msgspec.Struct, frozen=True):
    """What a company cost, from the import of its history to two billing runs."""

    rows: int
    import_seconds: float
    flight_seconds: float
    ticks: list[Busy]
    raw_seconds: float
    verify_seconds: float
    peak_gb: float


def fortnight(folder: Path, customers: int) -> Fortnight:
    """All of it, in this process; memory as it stood at the end of the flight."""
    founded(folder / "home")
    with opened(folder / "home") as house:
        begin = perf_counter()
        rows = fill(house, customers, USED_HOURS)
        imported = perf_counter() - begin
    with opened(folder / "home") as house:
        begin = perf_counter()
        ticks = _ticks(house)
        flown, peak = perf_counter() - begin, peak_gb()
        if house.read("invoices").height != 2 * customers:
            raise ValueError("not every customer got two invoices")
        raw = _raw_seconds(house, folder / "raw.duckdb") / len(ticks)
        begin = perf_counter()
        if house.verify():
            raise ValueError("the ledger does not verify")
        verified = perf_counter() - begin
    return Fortnight(rows, imported, flown, ticks, raw, verified, peak)


def _ticks(house: House) -> list[Busy]:
    """The ticks that decided; one is measured from the end of the one before it."""
    found: list[Busy] = []
    with watched() as spent:
        flight = fly_home(house, UNTIL)
        while True:
            spent.clear()
            begin, worked = perf_counter(), process_time()
            tick = next(flight, None)
            seconds, worked = perf_counter() - begin, process_time() - worked
            if tick is None:
                return found
            if tick.decisions:
                rest = seconds - sum(spent.values())
                found.append(Busy(seconds, worked, {**spent, "rest": rest}, tick.decisions))


def _raw_seconds(house: House, path: Path) -> float:
    """The raw engine takes the same rows, with the same key, in one transaction."""
    con = duckdb.connect(str(path), config={"threads": 2})
    frames = {
        name: house.store.everything(name).to_arrow()
        for name in WRITTEN
        if name in house.members.catalog.kinds
    }
    for name, frame in frames.items():
        table = name.replace(".", "_")
        con.from_arrow(frame.slice(0, 0)).create(table)
        con.execute(f"alter table {table} add primary key (source, id)")
    begin = perf_counter()
    con.execute("begin")
    for name, frame in frames.items():
        con.from_arrow(frame).insert_into(name.replace(".", "_"))
    con.execute("commit")
    return perf_counter() - begin


def rows(quick: bool) -> Iterator[Row]:
    """The lines of the report: the largest company, then how cost grew up to it."""
    sizes = (100, 1_000, 10_000) if quick else (1_000, 10_000, 100_000)
    found = {size: _repeated(size, 3 if size <= 1_000 else 1) for size in sizes}
    largest = found[sizes[-1]]
    yield from _large(sizes[-1], largest)
    for fewer, more in pairwise(sizes):
        for what, one, other in (
            ("the fullest tick", _fullest(found[fewer]), _fullest(found[more])),
            ("the flight", found[fewer].flight_seconds, found[more].flight_seconds),
            ("import", found[fewer].import_seconds, found[more].import_seconds),
        ):
            yield at_most(f"growth: {what}, {more:,} customers to {fewer:,}", other / one, "x", 11)


def _repeated(customers: int, times: int) -> Fortnight:
    """The run in the middle, by the length of its flight, of several runs."""
    runs = [measured(fortnight, Fortnight, customers=customers) for _ in range(times)]
    return sorted(runs, key=lambda run: run.flight_seconds)[times // 2]


def _fullest(run: Fortnight) -> float:
    return max(tick.seconds for tick in run.ticks)


def _large(customers: int, run: Fortnight) -> Iterator[Row]:
    who = f"{customers:,} customers"
    first, fullest = run.ticks[0], max(run.ticks, key=lambda tick: tick.seconds)
    yield at_most(
        f"tick: {who}, every automation on, the fullest",
        fullest.seconds,
        "s",
        20,
        run.raw_seconds / fullest.seconds,
    )
    processor = f"tick: {who}, the fullest, seconds of both processors"
    yield Row(what=processor, figure=fullest.processor_seconds, unit="s")
    yield at_most(f"tick: {who}, memory at its peak", run.peak_gb, "GB", 2)
    yield at_most(
        f"tick: rating and issuing {first.decisions:,} invoices with journal",
        first.seconds,
        "s",
        60,
        run.raw_seconds / first.seconds,
    )
    for number, tick in enumerate(run.ticks, 1):
        for part, seconds in tick.parts.items():
            yield Row(what=f"tick: {who}, run {number}, {part}", figure=seconds, unit="s")
    yield Row(
        what=f"tick: {who}, raw engine writes the rows of one", figure=run.raw_seconds, unit="s"
    )
    yield Row(what=f"import: {run.rows:,} rows of {who}", figure=run.import_seconds, unit="s")
    yield Row(what=f"verify: {who}, after two billing runs", figure=run.verify_seconds, unit="s")
