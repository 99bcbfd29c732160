"""Trials: settings tried on the house's own history, one after another, beside its ticks."""

from collections.abc import Callable
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from typing import Literal

import duckdb
import msgspec

from psizero.core.chance import new_salt
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.engine.loop import Tick
from psizero.engine.think import FAULTS
from psizero.house.home import House
from psizero.house.replay import Trial, replay

KEPT_MAX, WAITING_MAX = 50, 10
State = Literal["waits", "runs", "done", "failed"]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a trial is. `share`: of its span, 0 to 1. `result` as `psizero replay` gives it."""

    id: str
    by: str
    state: State
    asked_at: str
    share: float = 0.0
    reached: str | None = None
    result: dict[str, object] | None = None
    problem: str = ""


class Trials:
    """What was tried since the start; the last ones are kept in memory."""

    def __init__(self, another: Callable[[], House]) -> None:
        """`another`: one more reading of the house."""
        self._another, self._ended = another, False
        self._known: dict[str, Progress] = {}
        self._waiting: SimpleQueue[tuple[str, Trial] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True, name="trials")
        self._thread.start()

    def begin(self, trial: Trial, by: str, now: datetime) -> Progress:
        """Take one in. Raises Problem where too many wait."""
        if sum(one.state in ("waits", "runs") for one in self._known.values()) >= WAITING_MAX:
            raise Problem(f"{WAITING_MAX} trials wait already")
        made = Progress(id=new_salt(), by=by, state="waits", asked_at=iso(now))
        while len(self._known) >= KEPT_MAX:
            del self._known[next(iter(self._known))]
        self._known[made.id] = made
        self._waiting.put((made.id, trial))
        return made

    def of(self, key: str) -> Progress | None:
        """How far one is; None where there is none."""
        return self._known.get(key)

    def all(self) -> list[Progress]:
        """Every one that is kept, the last one first, without results."""
        found = list(self._known.values())[::-1]
        return [msgspec.structs.replace(one, result=None) for one in found]

    def end(self) -> None:
        """Begin no more; the one at work ends at its next tick."""
        self._ended = True
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (taken := self._waiting.get()) is not None:
            key, trial = taken
            if self._ended:
                continue
            self._tell(key, state="runs")
            house = self._another()
            try:
                found = self._tried(house, key, trial)
                self._tell(key, state="done", share=1.0, result=found)
            except (Problem, duckdb.Error, OSError, RuntimeError, *FAULTS) as error:
                self._tell(key, state="failed", problem=str(error))
            finally:
                house.store.close()

    def _tried(self, house: House, key: str, trial: Trial) -> dict[str, object]:
        begin, until = trial.begin or house.store.founded_at, trial.until or house.now

        def seen(tick: Tick) -> None:
            if self._ended:
                raise Problem("the autopilot ended meanwhile")
            span = (until - begin).total_seconds()
            share = (tick.now - begin).total_seconds() / span if span > 0 else 1.0
            share = round(min(max(share, 0.0), 1.0), 4)
            self._tell(key, share=share, reached=iso(tick.now))

        found: dict[str, object] = msgspec.to_builtins(replay(house, trial, seen))
        return found

    def _tell(self, key: str, **what: object) -> None:
        if key in self._known:
            self._known[key] = msgspec.structs.replace(self._known[key], **what)
