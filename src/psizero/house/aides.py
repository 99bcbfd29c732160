"""Thinking shared between the processes of a house: who commits hands out, who waits thinks along.

The committer begins at the front and takes back what nobody has begun; the others begin at the
back. So it never waits for one who is slow to come, only for one who is at work.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec

from psizero.core.errors import Problem
from psizero.core.ports import Position
from psizero.engine.aides import unpacked
from psizero.engine.think import Thinker, Thought, run_of
from psizero.store.errands import Errands
from psizero.store.postgres import PostgresStore

_BEGUN_SECONDS, _DONE_SECONDS, _LOOK_SECONDS = 2.0, 600.0, 0.005


class Errand(msgspec.Struct, frozen=True):
    """What is to be thought: by whom, when, upon which log, as which run."""

    automation: str
    now: datetime
    position: Position
    run: str


class Shared:
    """See `engine.aides.Aides`. Where nobody is there all is thought here."""

    def __init__(self, errands: Errands, store: PostgresStore) -> None:
        self._errands, self._store = errands, store
        self.brought = 0

    def thoughts(
        self, thinkers: Sequence[Thinker], now: datetime, here: Callable[[Thinker], Thought]
    ) -> list[Thought]:
        jobs = self._handed_out(thinkers, now)
        found: dict[str, Thought] = {}
        for one in thinkers:
            name = one.automation.name
            if name not in jobs or self._taken_back(jobs[name]):
                found[name] = here(one)
        for one in thinkers:
            name = one.automation.name
            if name not in found:
                found[name] = self._fetched(jobs[name], one, now) or here(one)
        return [found[one.automation.name] for one in thinkers]

    def _handed_out(self, thinkers: Sequence[Thinker], now: datetime) -> dict[str, int]:
        stands = self._store.position
        errands = [
            Errand(one.automation.name, now, stands, str(run_of(one, now, stands.last)["id"]))
            for one in thinkers[1:]
        ]
        try:
            if not self._errands.aides():
                return {}
            said = [msgspec.json.encode(one).decode() for one in errands]
            names = [one.automation for one in errands]
            return dict(zip(names, self._errands.hand_out(said), strict=True))
        except Problem:
            return {}

    def _taken_back(self, job: int) -> bool:
        try:
            return self._errands.take_back(job)
        except Problem:
            return True

    def _fetched(self, job: int, thinker: Thinker, now: datetime) -> Thought | None:
        """What was brought; None where whoever began it is gone, or brings nothing."""
        begun_until = time.monotonic() + _BEGUN_SECONDS
        done_until = time.monotonic() + _DONE_SECONDS
        with suppress(Problem):
            while time.monotonic() < done_until:
                body, begun, there = self._errands.brought(job)
                if body is not None:
                    self.brought += bool(body)
                    return (
                        unpacked(body, thinker, (now, self._store.position.last)) if body else None
                    )
                if (begun and not there) or (not begun and time.monotonic() > begun_until):
                    return None
                time.sleep(_LOOK_SECONDS)
        return None
