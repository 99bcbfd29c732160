"""The command of a worker: `work`. Any number of them, on any host, run one house between them."""

import asyncio
import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated

from cyclopts import Parameter

from psizero.cli.app import Home
from psizero.cli.live import SIGNALS, lived, logged
from psizero.core.errors import Problem
from psizero.house.aid import waited
from psizero.house.home import House, opened
from psizero.house.storage import url_of
from psizero.store.postgres import PostgresStore

_SPAWN = multiprocessing.get_context("spawn")


def work(
    *,
    home: Home,
    port: Annotated[int, Parameter(help="Of the health page, on loopback; 0 takes any.")] = 0,
    concurrency: Annotated[int, Parameter(help="So many processes on this host.")] = 1,
    aside: Annotated[bool, Parameter(help="Only think along, never take the house over.")] = False,
) -> None:
    """Run a house on PostgreSQL where no other process does; until then think along, ready for it.

    Start it on as many hosts as you like, and kill any of them at any time.
    """
    if concurrency < 1:
        raise Problem(f"--concurrency {concurrency}: at least one process")
    home, log, ended = home.resolve(), logged(), Event()
    with ExitStack() as stack:
        for number in SIGNALS:
            stack.callback(signal.signal, number, signal.getsignal(number))
            signal.signal(number, lambda *_: ended.set())
        stack.enter_context(_others(home, concurrency - 1))
        while not ended.is_set():
            with opened(home) as house:
                if not isinstance(house.store, PostgresStore):
                    raise Problem(f"the log of {home} lies in the home itself", "psizero run")
                log("waits", home=str(home), position=house.store.position.last)
                if not _elected(house, house.store, ended, aside):
                    break
                try:
                    lived(house, port, log)
                    break
                except Problem:
                    if house.store.leads:
                        raise
        log("end", home=str(home))


@contextmanager
def _others(home: Path, count: int) -> Iterator[None]:
    """So many more of it, which think along as long as this one is there."""
    said = {"home": home, "aside": True}
    others = [_SPAWN.Process(target=work, kwargs=said, daemon=True) for _ in range(count)]
    for one in others:
        one.start()
    try:
        yield
    finally:
        for one in others:
            one.terminate()
        for one in others:
            one.join()


def _elected(house: House, store: PostgresStore, ended: Event, aside: bool) -> bool:
    """Whether this process is to commit now; False where it is to end."""
    parent = multiprocessing.parent_process()

    def needed() -> bool:
        if ended.is_set() or (not aside and store.lead(wait=False)):
            return True
        if aside and parent is not None and not parent.is_alive():
            ended.set()
        store.follow()
        return ended.is_set()

    asyncio.run(waited(house, url_of(house.home), needed))
    return not ended.is_set()
