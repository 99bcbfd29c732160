"""The real file: two weeks of API traffic of 292 clients, imported, flown through, verified."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from tomllib import loads
from typing import TypeVar

import duckdb
import msgspec

from benchmarks.child import ROOT, measured
from benchmarks.company import CLOCK, PRICES, founded
from benchmarks.raw import CREATE
from benchmarks.row import Row
from psizero.finance.prices import price_rows
from psizero.house.flight import fly_home, import_file
from psizero.house.home import House, opened

DATA = Path(os.environ.get("PSIZERO_DATA", ROOT.parent / "shared" / "data"))
FILE = DATA / "servegen_llm_traffic" / "servegen_llm_traffic.parquet"
MAP = ROOT / "examples" / "maps" / "servegen.toml"
HOURLY = datetime(2026, 10, 3)
UNTIL = datetime(2026, 10, 16)
INVOICES = 584
RAW = """
insert into usage
select timestamp '2026-10-01' + to_seconds(t_s), null, 'raw', client || '@' || t_s, client, null,
       'calls', round(rate_rps * 600), json_object('model', model)
from read_parquet($file)
where round(rate_rps * 600) > 0
on conflict do nothing
"""

Found = TypeVar("Found")


class Journey(msgspec.Struct, frozen=True):
    """Seconds of each command's work without starting it, and of the raw engine's import."""

    events: int
    import_seconds: float
    raw_seconds: float
    hourly_seconds: float
    flight_seconds: float
    verify_seconds: float


def journey(folder: Path) -> Journey:
    """The main job. The hourly ticks of one day are flown on the way, the flight is the rest."""
    founded(folder / "home")
    with opened(folder / "home") as house:
        kind = house.members.catalog.kinds["price.set"]
        house.store.append(kind, price_rows(loads(PRICES.read_text()), PRICES.name))
        imported, reports = _timed(lambda: import_file(house, FILE, MAP, CLOCK, lambda read: None))
    raw = _raw_seconds(folder / "raw.duckdb")
    with opened(folder / "home") as house:
        before, _ = _timed(lambda: _fly(house, HOURLY))
        hours = [HOURLY + timedelta(hours=hour) for hour in range(1, 25)]
        hourly = [_timed(partial(_fly, house, hour))[0] for hour in hours]
        after, _ = _timed(lambda: _fly(house, UNTIL))
        if house.read("invoices").height != INVOICES:
            raise ValueError(f"{house.read('invoices').height} invoices, not {INVOICES}")
        verified, faults = _timed(house.verify)
    if faults:
        raise ValueError(f"the ledger does not verify: {faults[0]}")
    events = sum(report.taken for report in reports)
    return Journey(events, imported, raw, median(hourly), before + after, verified)


def _fly(house: House, until: datetime) -> int:
    return sum(tick.decisions for tick in fly_home(house, until))


def _timed(call: Callable[[], Found]) -> tuple[float, Found]:
    begin = perf_counter()
    found = call()
    return perf_counter() - begin, found


def _raw_seconds(path: Path) -> float:
    con = duckdb.connect(str(path), config={"threads": 2})
    con.execute(CREATE)
    return _timed(lambda: con.execute(RAW, {"file": str(FILE)}).fetchall())[0]


def rows(quick: bool) -> Iterator[Row]:
    """The lines of the report; one that says so where the file is absent."""
    if not FILE.is_file():
        yield Row(what="traffic: not measured, PSIZERO_DATA names no folder with the real file")
        return
    runs = [measured(journey, Journey) for _ in range(1 if quick else 3)]
    found = sorted(runs, key=lambda run: run.flight_seconds)[len(runs) // 2]
    trial = (
        (f"import, {found.events:,} events kept", found.import_seconds, "trial 1 s"),
        ("flight to 584 invoices", found.flight_seconds, "trial 1.1-1.6 s"),
        ("verify", found.verify_seconds, "trial 1-1.7 s"),
    )
    for what, seconds, budget in trial:
        beside = found.raw_seconds / seconds if what.startswith("import") else None
        yield Row(what=f"traffic: {what}", figure=seconds, unit="s", budget=budget, beside=beside)
    yield Row(
        what="traffic: an hourly stop of the flight",
        figure=found.hourly_seconds * 1000,
        unit="ms",
        budget="trial 12-42 ms",
    )
