"""Houses that live: on a clock that a test moves, or as `psizero run` in a process of its own."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import msgspec

from psizero.cli import main
from psizero.cli.wire import LOOPBACK, Line
from psizero.core.clock import VirtualClock, WallClock
from psizero.engine import loop
from psizero.house.home import House
from psizero.house.live import Pulse
from tests.toy.installed import beside

PATIENCE_SECONDS = 60
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pytest", "tests.house.killing", "tests.house.living"])


def lived(house: House, instants: Sequence[datetime]) -> list[loop.Tick]:
    """The ticks of a house whose real clock shows these instants, one after another."""
    clock, left = VirtualClock(instants[0]), iter(instants[1:])

    def between() -> bool:
        following = next(left, None)
        if following is not None:
            clock.move_to(following)
        return following is not None

    return list(loop.live(house.crew(VirtualClock(datetime.min)), clock, between))


def present() -> datetime:
    """Now, as the machine says."""
    return WallClock().now()


def begun(home: Path, *words: str) -> ForkServerProcess:
    """`psizero run`, where the toy is installed; what it says goes to run.err in the home."""
    with beside():
        process = _SERVER.Process(target=_run, args=(str(home), *words))
        process.start()
    return process


def _run(home: str, *words: str) -> None:
    sys.argv = ["psizero", "run", "--home", home, *words]
    said = os.open(Path(home) / "run.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 2)
    sys.stderr = os.fdopen(said, "w", buffering=1)
    main()


@contextmanager
def running(home: Path) -> Iterator[ForkServerProcess]:
    """The same, once it answers; gone at the end."""
    process = begun(home)
    try:
        until(lambda: (home / "run.json").exists() and line(home).pid == process.pid)
        until(lambda: pulse(home).last_tick is not None)
        yield process
    finally:
        process.kill()
        process.join()


def ended(process: ForkServerProcess, number: int = signal.SIGTERM) -> int | None:
    """The exit code after a signal."""
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join(PATIENCE_SECONDS)
    return process.exitcode


def until(true: object) -> float:
    """Wait until a function says yes; the seconds that it took."""
    assert callable(true)
    before = time.monotonic()
    while not true():
        assert time.monotonic() - before < PATIENCE_SECONDS, "it does not come"
        time.sleep(0.02)
    return time.monotonic() - before


def line(home: Path) -> Line:
    """How the process can be spoken to."""
    return msgspec.json.decode((home / "run.json").read_bytes(), type=Line)


def asked(home: Path, method: str, path: str, **headers: str) -> tuple[int, bytes]:
    """An answer of its port."""
    connection = HTTPConnection(LOOPBACK, line(home).port, timeout=PATIENCE_SECONDS)
    connection.request(method, path, b"{}" if method == "POST" else None, headers)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


def pulse(home: Path) -> Pulse:
    """Its health."""
    return msgspec.json.decode(asked(home, "GET", "/health")[1], type=Pulse)


def seconds(count: float) -> timedelta:
    """So many of them."""
    return timedelta(seconds=count)
