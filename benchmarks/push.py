"""Usage events over HTTP in batches of 500: our door beside a bare handler, each on one core.

The bare handler parses the same JSON with msgspec, appends to a keyed table of the raw engine and
commits, before it answers; it fails on a key that it knows, which is faster than to skip it. Ours
checks the key, reads any CloudEvent, makes the letter durable and answers; the house takes the
letters in beside it, on the same core, and that time is measured, too. Both are served by the same
uvicorn, and each round asks one straight after the other.
"""

import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from threading import Thread
from urllib.parse import urlsplit

import msgspec
import polars as pl
from litestar.types import ASGIApp, Receive, Scope, Send

from benchmarks.child import measured
from benchmarks.company import founded
from benchmarks.raw import FAILING, raw_engine
from benchmarks.row import Row, at_least_beside
from psizero.api.app import Mounted, served
from psizero.api.ingest import ingest
from psizero.api.opening import opening
from psizero.api.server import serving
from psizero.core.clock import WallClock, iso
from psizero.house import live
from psizero.house.home import opened
from psizero.house.letterbox import FOLDER

BATCH_ROWS = 500
CONNECTIONS = 8
SHARE = 0.8
UNIT = "events/s"
MEDIA = "application/cloudevents-batch+json"
LIMITS = "requests_per_second_max = 100000\n"


class Rates(msgspec.Struct, frozen=True):
    """Medians over the rounds, events a second: acknowledged, and ours once all is in the log."""

    bare: float
    acknowledged: float
    taken_in: float
    acknowledged_share: float
    taken_in_share: float


class _Use(msgspec.Struct):
    meter: str
    quantity: int
    properties: dict[str, str]


class _Event(msgspec.Struct):
    id: str
    source: str
    subject: str
    time: datetime
    data: _Use


def bodies(first: int, batches: int) -> list[bytes]:
    """So many batches of events, none of which was there before."""
    at = iso(WallClock().now().replace(microsecond=0))
    made = []
    for number in range(batches):
        ids = range(first + number * BATCH_ROWS, first + (number + 1) * BATCH_ROWS)
        events = [
            {"specversion": "1.0", "id": f"{one}", "source": "/gateway", "type": "usage.recorded"}
            | {"subject": f"c-{one * 7919 % 100_000}", "time": at}
            | {"data": {"meter": "calls", "quantity": one % 997, "properties": {"zone": "eu"}}}
            for one in ids
        ]
        made.append(msgspec.json.encode(events))
    return made


def rates(folder: Path, rounds: int, batches: int) -> Rates:
    """All of it; the servers are processes of their own, bound to one core."""
    founded(folder / "home")
    path = folder / "home" / "ingest" / "ingest.toml"
    path.parent.mkdir()
    path.write_text(LIMITS)
    found: list[tuple[float, float, float]] = []
    with _process("ours", folder) as ours, _process("bare", folder) as bare:
        for number in range(rounds + 1):  # the first one pays for what is done once
            said = bodies(number * batches * BATCH_ROWS, batches)
            rows = batches * BATCH_ROWS
            begin = time.perf_counter()
            acknowledged = rows / _sent(ours, said)
            while any((folder / "home" / FOLDER).glob("*.letter")):
                time.sleep(0.01)
            taken = rows / (time.perf_counter() - begin)
            found.append((rows / _sent(bare, said), acknowledged, taken))
    kept = found[1:]
    return Rates(
        bare=median(one[0] for one in kept),
        acknowledged=median(one[1] for one in kept),
        taken_in=median(one[2] for one in kept),
        acknowledged_share=median(one[1] / one[0] for one in kept),
        taken_in_share=median(one[2] / one[0] for one in kept),
    )


def _sent(door: tuple[str, str], said: list[bytes]) -> float:
    """The seconds until all of it was acknowledged, over several connections."""
    url, key = door
    heads = {"content-type": MEDIA, "authorization": f"Bearer {key}"}

    def pushed(part: list[bytes]) -> None:
        line = HTTPConnection(urlsplit(url).netloc)
        for body in part:
            line.request("POST", "/in/cloudevents", body, heads)
            answer = line.getresponse()
            answer.read()
            if answer.status != 202:
                raise ValueError(f"status {answer.status}")
        line.close()

    begin = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(pushed, [said[n::CONNECTIONS] for n in range(CONNECTIONS)]))
    return time.perf_counter() - begin


@contextmanager
def _process(which: str, folder: Path) -> Iterator[tuple[str, str]]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    target = _ours if which == "ours" else _bare
    process = context.Process(target=target, args=(folder, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("end")
        process.join(30)


def _ours(folder: Path, told: Connection) -> None:
    _one_core()
    with opened(folder / "home") as house, ExitStack() as stack:
        wall = WallClock().now
        life, _ = live.awake(house, wall, lambda *_, **__: None)
        doors = stack.enter_context(opening(house, life, wall, lambda *_, **__: None))
        key = doors.users.make_key("bench", ("ingest",))
        app = served(doors, Mounted(ingest=ingest(doors)))
        thread = Thread(target=life.run)
        thread.start()
        stack.callback(thread.join)
        stack.callback(life.end)
        told.send((stack.enter_context(serving(app, "127.0.0.1", 0)), key))
        told.recv()


def _bare(folder: Path, told: Connection) -> None:
    _one_core()
    with serving(_handler(folder / "raw.duckdb"), "127.0.0.1", 0) as url:
        told.send((url, "none"))
        told.recv()


def _one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _handler(path: Path) -> ASGIApp:
    raw, decoder = raw_engine(path, FAILING), msgspec.json.Decoder(list[_Event])

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body, more = body + message["body"], message["more_body"]
        raw.append(_frame(decoder.decode(body)))
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return answer


def _frame(events: list[_Event]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "occurred_at": [one.time.replace(tzinfo=None) for one in events],
            "recorded_at": [None] * len(events),
            "source": [one.source for one in events],
            "id": [one.id for one in events],
            "subject": [one.subject for one in events],
            "cause": [None] * len(events),
            "meter": [one.data.meter for one in events],
            "quantity": [one.data.quantity for one in events],
            "properties": [msgspec.json.encode(one.data.properties).decode() for one in events],
        }
    )


def rows(quick: bool) -> Iterator[Row]:
    """The lines of the report."""
    rounds, batches = (2, 200) if quick else (5, 800)
    found = measured(rates, Rates, rounds=rounds, batches=batches)
    yield Row(what="push: bare handler, parse, append, commit", figure=found.bare, unit=UNIT)
    yield at_least_beside(
        "push: our door, batches of 500, acknowledged",
        found.acknowledged,
        UNIT,
        SHARE,
        found.acknowledged_share,
    )
    yield Row(
        what="push: the same, until the house has taken in the last (it looks every second)",
        figure=found.taken_in,
        unit=UNIT,
        beside=found.taken_in_share,
    )
