"""A house on the real clock: its ticks, what others hand in between them, and its signs of life."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

import duckdb
import msgspec

from psizero.core.clock import LiveClock, VirtualClock, iso
from psizero.core.errors import Problem
from psizero.engine import loop
from psizero.engine.agenda import SECOND
from psizero.engine.think import FAULTS
from psizero.house import storage
from psizero.house.flight import check_bindings
from psizero.house.home import House
from psizero.house.letterbox import taken_in
from psizero.house.levels import take_stops
from psizero.house.proof import prove

HEARTBEAT = "heartbeat"
BEHIND_MAX = timedelta(days=1)
_LATE = timedelta(minutes=1)
_REST_SECONDS = 1.0


class Log(Protocol):
    """Where a line about what happens goes: an event and what is said of it."""

    def __call__(self, event: str, **said: object) -> object: ...


class Answer(msgspec.Struct, frozen=True):
    """What a command that was handed in came to."""

    code: int
    out: str
    err: str


Result = TypeVar("Result")
_Handed = tuple[Callable[[], object], Callable[[], None]]
"""How a work that was handed in is called off, and how it is done."""


class Pulse(msgspec.Struct, frozen=True):
    """How the house stands at a beat; other threads read this and never the store.

    `waiting`: unsealed rows by kind; `stopped`: scopes that stand still.
    """

    status: str
    now: str
    position: int
    last_tick: str | None
    waiting: dict[str, int]
    pending: int
    stopped: list[str]
    clock_behind_seconds: int


class Life:
    """A house that runs until it is told to end; its store is touched by one thread alone."""

    def __init__(self, house: House, clock: LiveClock, log: Log) -> None:
        self.house, self._clock, self._log = house, clock, log
        self._jobs: SimpleQueue[_Handed | None] = SimpleQueue()
        self._ending = False
        self._last_tick: str | None = None
        self._halted = house.halted()
        self._pending = (-1, 0)
        self._beat_at = clock.now()
        self._pulse = self._felt()

    def run(self) -> None:
        """Tick until `end`; every tick is signed. What was handed in and not begun is called off.

        Raises what a tick raises: it is thought again at the next start.
        """
        self._beat()
        try:
            crew = self.house.crew(VirtualClock(datetime.min))
            for tick in loop.live(crew, self._clock, self._between):
                self.house.sign()
                self._last_tick = iso(tick.now)
                if tick.sealed or tick.thought or tick.decisions:
                    self._log("tick", **msgspec.structs.asdict(tick) | {"now": iso(tick.now)})
        finally:
            self._ending = True
            self._call_off()

    def rest(self) -> None:
        """Do what is handed in until `end`, and never tick: time stands still."""
        try:
            while not self._ending:
                self._work(_REST_SECONDS)
                self._pulse = self._felt()
        finally:
            self._ending = True
            self._call_off()

    def end(self) -> None:
        """Finish the step in hand and end; may be called by a signal."""
        self._ending = True
        self._jobs.put(None)

    def hand_in(self, work: Callable[[], Result]) -> Future[Result]:
        """Work for the house's own thread, done between two ticks; what it raises is the job's."""
        job = Future[Result]()
        self._jobs.put((job.cancel, partial(_do, job, work)))
        if self._ending:
            self._call_off()
        return job

    def pulse(self) -> Pulse:
        """The last beat; its status is late where it lies more than a minute back."""
        late = self._clock.now() - self._beat_at > _LATE
        return msgspec.structs.replace(self._pulse, status="late") if late else self._pulse

    def _between(self) -> bool:
        """Wait for the next whole second, doing what is handed in."""
        following = self._clock.now().replace(microsecond=0) + SECOND
        while not self._ending:
            left_seconds = (following - self._clock.now()).total_seconds()
            if left_seconds <= 0:
                break
            self._work(left_seconds)
        taken_in(self.house, aside=lambda name: self._log("letter set aside", file=name))
        self._beat()
        return not self._ending

    def _work(self, most_seconds: float) -> None:
        try:
            handed = self._jobs.get(timeout=most_seconds)
        except Empty:
            return
        if handed is not None:
            handed[1]()

    def _call_off(self) -> None:
        with suppress(Empty):
            while True:
                handed = self._jobs.get_nowait()
                if handed is not None:
                    handed[0]()

    def _beat(self) -> None:
        """Let a stop into the log, and give a sign of life."""
        take_stops(self.house)
        halted = self.house.halted()
        if halted != self._halted:
            self._log("stop", now=iso(self._clock.now()), stopped=sorted(halted))
            self._halted = halted
        self._pulse = self._felt()
        self._beat_at = self._clock.now()
        (self.house.home / HEARTBEAT).touch()

    def _felt(self) -> Pulse:
        store, position = self.house.store, self.house.store.position
        if self._pending[0] != position.last and position.sealed_at is not None:
            waits = store.read("pending", position.sealed_at)
            self._pending = (position.last, waits.height)
        return Pulse(
            status="ok",
            now=iso(self._clock.now()),
            position=position.last,
            last_tick=self._last_tick,
            waiting=store.waiting(),
            pending=self._pending[1],
            stopped=sorted(self._halted),
            clock_behind_seconds=int(self._clock.behind_seconds()),
        )


def _do(job: Future[Result], work: Callable[[], Result]) -> None:
    """Whoever handed it in hears of what goes wrong; the house goes on."""
    if not job.set_running_or_notify_cancel():
        return
    try:
        found = work()
    except (Problem, duckdb.Error, OSError, RuntimeError, *FAULTS) as error:
        job.set_exception(error)
    else:
        job.set_result(found)


def awake(house: House, wall: Callable[[], datetime], log: Log) -> tuple[Life, dict[str, str]]:
    """The house on the real clock, and what its house.toml says otherwise than before.

    Raises Problem where its time is more than a day from the wall's, or a binding is none.
    """
    storage.run_live(house.store)
    _check_time(house, wall())
    able = [name for name, one in house.members.connectors.items() if hasattr(one, "connect")]
    check_bindings(house, able, "the autopilot")
    clock = LiveClock(house.now, wall)
    house.clock = clock
    for name, what in prove(house).items():
        log("shadow", automation=name, because=f"{what}: the last 30 days come out otherwise")
    changed = house.take_charter()
    return Life(house, clock, log), changed


def asleep(house: House, log: Log) -> Life:
    """A house at the instant at which it stands, to be looked at; its time does not go on."""
    return Life(house, LiveClock(house.now, lambda: house.now, lambda: 0.0), log)


def _check_time(house: House, wall: datetime) -> None:
    since = house.store.waiting_since()
    if since is not None and since < wall - BEHIND_MAX:
        today = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        raise Problem(
            f"history since {iso(since)} waits, more than a day behind the present",
            f"live through it first: psizero fly --until {iso(today)} --home {house.home}",
            "or bring it into a new home as known from now on: psizero import --as-new",
        )
    if house.now > wall + BEHIND_MAX:
        raise Problem(
            f"the house's clock is at {iso(house.now)}, more than a day ahead of the machine's",
            f"it says {iso(wall)}; is it right? A home that was flown ahead cannot run",
        )


def silence(home: Path, wall: datetime, minutes: int) -> str:
    """What a dead-man's timer says; empty while the autopilot gives signs of life.

    One that lies ahead of the wall is none either: a clock that was set back hides no death.
    """
    try:
        beat = datetime.fromtimestamp((home / HEARTBEAT).stat().st_mtime, UTC)
    except FileNotFoundError:
        return "it has never run"
    told = beat.replace(tzinfo=None)
    silent = abs(wall - told) > timedelta(minutes=minutes)
    return f"silent since {iso(told.replace(microsecond=0))}" if silent else ""
