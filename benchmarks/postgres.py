"""A log in PostgreSQL: ingest beside bare COPY, how far a follower lags, how fast one takes over.

The server is one of our own with its settings as they come, so what is acknowledged is on disk.
Bare COPY writes the same rows into one table with the same columns and key, a transaction each.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import msgspec
import polars as pl
import psycopg

from benchmarks.child import measured
from benchmarks.company import BEGIN
from benchmarks.ingest import UNIT, usage
from benchmarks.row import Row
from psizero.core.events.usage import USAGE_RECORDED
from psizero.core.tables import schema
from psizero.house.aid import PAUSE_SECONDS
from psizero.house.members import members
from psizero.store.postgres import PostgresStore
from psizero.store.transfer import put
from tests.store.postgres_server import Process, store_at

BATCHES_ROWS = (500, 10_000)
DEATHS = 5
BARE = b"""
create table bare (
    occurred_at timestamp, recorded_at timestamp, source text collate "C" not null,
    id text collate "C" not null, subject text not null, cause text, meter text,
    quantity numeric(38, 9), properties text, primary key (source, id)
)
"""


class Found(msgspec.Struct, frozen=True):
    """By size of a batch: rows a second, and the share of bare COPY's; the rest in seconds."""

    rates: dict[int, float]
    shares: dict[int, float]
    seal: float
    follow: float
    hours_behind: float
    takeover: float


def found(folder: Path, rows: int) -> Found:
    """All of it, in this process; a server of its own."""
    server = Process(settings=("listen_addresses=",))
    try:
        with psycopg.connect(server.url, autocommit=True) as con:
            con.execute(b"create database house")
        url = server.url.replace("/postgres?", "/house?")
        store = store_at(folder / "one", url, members().catalog)
        with psycopg.connect(server.url, autocommit=True) as bare:
            bare.execute(BARE)
            paces = {size: _pace(store, bare, size, rows) for size in BATCHES_ROWS}
        lags, behind = _lags(store, folder, url, rows)
        store.close()
        return Found(
            rates={size: one for size, (one, _) in paces.items()},
            shares={size: share for size, (_, share) in paces.items()},
            seal=median(one for one, _ in lags),
            follow=median(other for _, other in lags),
            hours_behind=behind,
            takeover=_takeover(folder, url),
        )
    finally:
        server.end()


def _ready(first: int, rows: int) -> pl.DataFrame:
    given = usage(first, rows).with_columns(recorded_at="occurred_at")
    return given.select(schema(USAGE_RECORDED).keys())


def _pace(
    store: PostgresStore, bare: psycopg.Connection[tuple[object, ...]], size: int, rows: int
) -> tuple[float, float]:
    """Rows a second, and the share of bare COPY's; batch by batch, each first in turn."""
    ours, theirs = list[float](), list[float]()
    for first in range(0, rows, size):
        frame = _ready(first, size).with_columns(source=pl.format("by {}", pl.lit(size)))
        for mine in (True, False) if first // size % 2 else (False, True):
            begin = perf_counter()
            if mine:
                store.append(USAGE_RECORDED, frame)
            else:
                with bare.transaction():
                    put(bare, "bare", frame)
            (ours if mine else theirs).append(perf_counter() - begin)
    return size / median(ours), median(theirs) / median(ours)


def _lags(
    store: PostgresStore, folder: Path, url: str, rows: int
) -> tuple[list[tuple[float, float]], float]:
    """Seconds of seals of some thousand rows and of following each; and of all of them at once."""
    near = store_at(folder / "near", url, members().catalog)
    span, lags = timedelta(milliseconds=250 * rows), list[tuple[float, float]]()
    for part in range(1, 11):
        begin = perf_counter()
        store.seal(BEGIN + span * part / 10)
        middle = perf_counter()
        near.follow()
        lags.append((middle - begin, perf_counter() - middle))
    near.close()
    begin = perf_counter()
    store_at(folder / "far", url, members().catalog).close()
    return lags, perf_counter() - begin


def _takeover(folder: Path, url: str) -> float:
    """From the death of who commits to the next one's being it, as a worker looks for it."""
    spawn, seconds = multiprocessing.get_context("spawn"), list[float]()
    heir = store_at(folder / "heir", url, members().catalog)
    for _ in range(DEATHS):
        ready = spawn.Event()
        first = spawn.Process(target=_lead, args=(str(folder / "dying"), url, ready))
        first.start()
        ready.wait()
        begin = perf_counter()
        os.kill(first.pid or 0, signal.SIGKILL)
        while not heir.lead(wait=False):
            sleep(PAUSE_SECONDS)
        seconds.append(perf_counter() - begin)
        first.join()
        heir.close()
        heir = store_at(folder / "heir", url, members().catalog)
    heir.close()
    return max(seconds)


def _lead(home: str, url: str, ready: "multiprocessing.synchronize.Event") -> None:
    store = store_at(Path(home), url, members().catalog)
    store.lead()
    ready.set()
    sleep(60)


def rows(quick: bool) -> Iterator[Row]:
    """The lines of the report."""
    count = 50_000 if quick else 500_000
    got = measured(found, Found, rows=count)
    for size, rate in got.rates.items():
        what = f"postgres: durable append in batches of {size:,}, beside bare COPY"
        yield Row(what=what, figure=rate, unit=UNIT, beside=got.shares[size])
    part = f"{2 * count // 10:,} rows"
    yield Row(what=f"postgres: a seal of {part}", figure=got.seal, unit="s")
    yield Row(what=f"postgres: a follower sees a seal of {part}", figure=got.follow, unit="s")
    what = f"postgres: a new lens, {2 * count:,} rows behind"
    yield Row(what=what, figure=got.hours_behind, unit="s")
    yield Row(what="postgres: another commits, after a kill", figure=got.takeover, unit="s")
