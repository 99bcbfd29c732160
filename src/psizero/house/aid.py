"""An aide: a process that waits, follows the log, and thinks along for whoever commits."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
import procrastinate
import psycopg

from psizero.core.clock import VirtualClock
from psizero.core.ports import Position
from psizero.engine.agenda import Crew
from psizero.engine.aides import packed
from psizero.engine.loop import think
from psizero.engine.think import run_of
from psizero.house.aides import Errand
from psizero.house.home import House
from psizero.house.storage import AnyStore
from psizero.store.errands import Aide
from psizero.store.postgres import PostgresStore

PAUSE_SECONDS = 0.5
"""How often one who waits looks whether it is needed, and follows the log."""
_BEHIND_SECONDS, _LOOK_SECONDS = 5.0, 0.005
_END_SECONDS = 2.0
_LOUD = ("procrastinate", "psycopg.pool")
_LOST = (procrastinate.exceptions.ProcrastinateException, psycopg.Error, OSError)


def solved(house: House, crew: Crew, said: str) -> bytes:
    """An errand thought here; nothing where this process does not see the log as it was."""
    errand = msgspec.json.decode(said, type=Errand)
    if not _caught_up(house.store, errand.position):
        return b""
    thinker = house.thinkers().get(errand.automation)
    if thinker is None or run_of(thinker, errand.now, errand.position.last)["id"] != errand.run:
        return b""
    return packed(think(crew, thinker, errand.now))


def _caught_up(store: AnyStore, position: Position) -> bool:
    """Whether the log is seen exactly as it was when the errand was given."""
    until = time.monotonic() + _BEHIND_SECONDS
    while isinstance(store, PostgresStore) and store.position != position:
        store.follow()
        if store.position.batches > position.batches or time.monotonic() > until:
            break
        time.sleep(_LOOK_SECONDS)
    return store.position == position


async def waited(house: House, url: str, ended: Callable[[], bool]) -> None:
    """Think along with whoever commits until `ended`, asked twice a second, says so."""
    aide, alone, crew = Aide(url), asyncio.Lock(), house.crew(VirtualClock(house.now))

    async def solve(job: int, said: str) -> None:
        async with alone:
            body = b""
            await asyncio.to_thread(aide.begin, job)
            try:
                body = await asyncio.to_thread(solved, house, crew, said)
            finally:
                await asyncio.to_thread(aide.bring, job, body)

    async def served() -> None:
        while True:
            with suppress(*_LOST):
                aide.present()
                await aide.served(solve)
            await asyncio.sleep(PAUSE_SECONDS)

    if ended():
        return
    for name in _LOUD:  # a connection that is lost is taken up again, and no news
        logging.getLogger(name).setLevel(logging.CRITICAL)
    serving = asyncio.create_task(served())
    try:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            async with alone:
                if await asyncio.to_thread(ended):
                    return
    finally:
        while not serving.done():  # a pool that is just opening swallows the first
            serving.cancel()
            await asyncio.wait([serving], timeout=_END_SECONDS)
        aide.close()
