"""Durable, deduplicated ingest of usage events, batch by batch beside the raw engine.

The raw engine skips rows that it knows and commits after every batch, as we do. Both get every
batch, one straight after the other and each first in turn; of ours one batch goes through the
intake with all its checks, the next straight to the store.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec
import polars as pl

from benchmarks.child import measured
from benchmarks.company import BEGIN, CLOCK, INSTANT, founded
from benchmarks.raw import FAILING, Raw, raw_engine
from benchmarks.row import Row, at_least_beside
from psizero.core.ports import Batch
from psizero.core.tables import schema
from psizero.engine.intake import take_in
from psizero.house.home import House, opened

BATCH_ROWS = 10_000
ROUND_BATCHES = 20
FILL_ROWS = 200_000
REDELIVERED_SHARE = 0.1
REDELIVERED_BATCHES = 20  # a row that comes again comes within so many batches
SHARE = 0.7
UNIT = "rows/s"


class Pace(msgspec.Struct, frozen=True):
    """Medians over the rounds: rows a second, and our share of the raw engine's in each round."""

    raw: float
    append: float
    intake: float
    append_share: float
    intake_share: float


class Paces(msgspec.Struct, frozen=True):
    """Into an empty house, with rows that come again, and both once more upon a history."""

    rows: int
    clean: Pace
    redelivered: Pace
    history_rows: int
    later: Pace
    later_redelivered: Pace
    failing_speed: float


class Pair(msgspec.Struct):
    """The house and the raw engine, and how many rows both have, in how many batches."""

    house: House
    raw: Raw
    rows: int = 0
    batches: int = 0


def paces(folder: Path, rounds: int, history_rows: int) -> Paces:
    """All of it, in this process."""
    founded(folder / "home")
    with opened(folder / "home") as house:
        pair = Pair(house, raw_engine(folder / "raw.duckdb"))
        _round(pair, 0.0)  # the first batches pay for what is done once
        clean = _pace([_round(pair, 0.0) for _ in range(rounds)])
        rows = pair.rows
        redelivered = _pace([_round(pair, REDELIVERED_SHARE) for _ in range(rounds)])
        _fill(pair, history_rows)
        later = _pace([_round(pair, 0.0) for _ in range(rounds)])
        again = _pace([_round(pair, REDELIVERED_SHARE) for _ in range(rounds)])
    return Paces(rows, clean, redelivered, history_rows, later, again, _failing(folder, rounds))


def usage(first: int, rows: int) -> pl.DataFrame:
    """Rows as an outside source gives them, checked and typed as the store wants them."""
    number = pl.int_range(first, first + rows)
    customer = pl.format("c-{}", number * 7919 % 100_000)
    return pl.select(
        line=number,
        source=pl.lit("gateway"),
        id=pl.format("{}@{}", customer, number),
        subject=customer,
        cause=pl.lit(None, pl.String),
        occurred_at=pl.lit(BEGIN).cast(INSTANT) + pl.duration(milliseconds=number * 250),
        meter=pl.lit("calls"),
        quantity=(number % 997).cast(pl.Decimal(38, 9)),
        properties=pl.lit("{}"),
    )


def _batch(pair: Pair, redelivered: float) -> pl.DataFrame:
    again = int(BATCH_ROWS * redelivered)
    fresh = usage(pair.rows, BATCH_ROWS - again)
    back = BATCH_ROWS * (1 + pair.rows // BATCH_ROWS % REDELIVERED_BATCHES)
    known = usage(pair.rows - back, again)
    pair.rows += fresh.height
    return pl.concat([fresh, known]).sort(pl.col("line").hash(seed=1))


def _round(pair: Pair, redelivered: float) -> dict[str, float]:
    """Seconds of the raw engine, of the intake and of the store alone, for as many rows each."""
    store, kind = pair.house.store, pair.house.members.catalog.kinds["usage.recorded"]
    spent = {"raw intake": 0.0, "intake": 0.0, "raw append": 0.0, "append": 0.0}
    for _ in range(ROUND_BATCHES):
        given = _batch(pair, redelivered)
        ready = given.with_columns(recorded_at="occurred_at").select(schema(kind).keys())
        way = ("intake", "append")[_turn(pair.batches)]
        ours: dict[str, Callable[[], object]] = {
            "intake": partial(take_in, store, kind, Batch(kind.name, given, "bench"), CLOCK),
            "append": partial(store.append, kind, ready),
        }
        theirs: Callable[[], object] = partial(pair.raw.append, ready)
        both = [(way, ours[way]), (f"raw {way}", theirs)]
        for name, call in reversed(both) if _turn(pair.batches // 2) else both:
            begin = perf_counter()
            call()
            spent[name] += perf_counter() - begin
        pair.batches += 1
    return spent


def _turn(number: int) -> int:
    """0 or 1, each once in every two, without a period: checkpoints have one."""
    return number.bit_count() % 2


def _pace(rounds: list[dict[str, float]]) -> Pace:
    rows = BATCH_ROWS * ROUND_BATCHES / 2
    return Pace(
        raw=median(2 * rows / (one["raw intake"] + one["raw append"]) for one in rounds),
        append=median(rows / one["append"] for one in rounds),
        intake=median(rows / one["intake"] for one in rounds),
        append_share=median(one["raw append"] / one["append"] for one in rounds),
        intake_share=median(one["raw intake"] / one["intake"] for one in rounds),
    )


def _fill(pair: Pair, rows: int) -> None:
    kind = pair.house.members.catalog.kinds["usage.recorded"]
    while pair.rows < rows:
        frame = usage(pair.rows, FILL_ROWS).with_columns(recorded_at="occurred_at")
        ready = frame.select(schema(kind).keys())
        pair.house.store.append(kind, ready)
        pair.raw.append(ready)
        pair.rows += ready.height


def _failing(folder: Path, rounds: int) -> float:
    """How many times faster the raw engine is where it need not skip rows that it knows."""
    engines = raw_engine(folder / "skipping.duckdb"), raw_engine(folder / "failing.duckdb", FAILING)
    spent = [0.0, 0.0]
    for number in range(ROUND_BATCHES * rounds // 2):
        frame = usage(number * BATCH_ROWS, BATCH_ROWS).with_columns(recorded_at="occurred_at")
        for one, engine in enumerate(engines):
            begin = perf_counter()
            engine.append(frame)
            spent[one] += perf_counter() - begin
    return spent[0] / spent[1]


def rows(quick: bool) -> Iterator[Row]:
    """The lines of the report."""
    rounds, history_rows = (2, 500_000) if quick else (3, 5_000_000)
    found = measured(paces, Paces, rounds=rounds, history_rows=history_rows)
    million = f"{found.history_rows / 1e6:g} million rows of history"
    yield Row(what="ingest: raw engine, keyed append", figure=found.clean.raw, unit=UNIT)
    yield Row(
        what="ingest: raw engine that fails on a known key, to one that skips it",
        figure=found.failing_speed,
        unit="x",
    )
    for name, pace in (
        (f"an empty house, {found.rows / 1e6:g} million rows", found.clean),
        ("10 % redelivered", found.redelivered),
        (million, found.later),
        (f"{million}, 10 % redelivered", found.later_redelivered),
    ):
        yield at_least_beside(
            f"ingest: intake with its checks, {name}", pace.intake, UNIT, SHARE, pace.intake_share
        )
        yield at_least_beside(
            f"ingest: store alone, {name}", pace.append, UNIT, SHARE, pace.append_share
        )
    yield Row(
        what=f"ingest: intake at {million}, share of its rate into an empty house",
        figure=found.later.intake / found.clean.intake,
        unit="share",
    )
