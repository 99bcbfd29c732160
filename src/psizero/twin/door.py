"""The door of the twin: what it hands in, with the faults of real doors, and what it is asked."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.core.errors import Later, Unknown
from psizero.core.ports import Clock
from psizero.core.records import Action
from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, Rows
from psizero.twin.scenario import Scenario

_RETRY = timedelta(seconds=30)
_AHEAD_HOURS = 300 * 24


class Timing(msgspec.Struct, frozen=True):
    """Which kinds are handed in by the hour they have themselves, and which as they happen.

    All others come in bundles.
    """

    metered: frozenset[str] = frozenset()
    urgent: frozenset[str] = frozenset()


class Fault(msgspec.Struct, frozen=True):
    """How many of a day's rows each fault took."""

    lost: int = 0
    late: int = 0
    twice: int = 0
    ahead: int = 0


def handed_in(
    dice: Dice, scenario: Scenario, number: int, rows: Rows, timing: Timing
) -> tuple[Rows, Fault]:
    """The rows of one emission as the outside hands them in; `number` counts emissions.

    What is lost comes with the redelivery a day later; a clock that is ahead stays ahead.
    """
    minutes = int(scenario.number("delivery.batch_minutes"))
    found: Rows = {}
    faults = np.zeros(4, dtype=np.int64)
    for kind, frame in rows.items():
        luck = dice.of("faults", kind, number).random((frame.height, 5))
        found[kind], took = _faulted(scenario, frame, luck)
        faults += took
        if kind not in timing.metered | timing.urgent:
            found[kind] = found[kind].with_columns(delivered_at=_bundled(minutes))
    lost, late, twice, ahead = (int(one) for one in faults)
    return found, Fault(lost, late, twice, ahead)


def _bundled(minutes: int) -> pl.Expr:
    """The next hand-in at or after: whole minutes of the day."""
    at = pl.col("delivered_at")
    floor = at.dt.truncate(f"{minutes}m")
    return pl.when(floor == at).then(at).otherwise(floor + pl.duration(minutes=minutes))


def _faulted(
    scenario: Scenario, frame: pl.DataFrame, luck: np.ndarray
) -> tuple[pl.DataFrame, np.ndarray]:
    names = ("lost_share", "late_share", "duplicate_share", "ahead_share")
    shares = np.array([scenario.number(f"delivery.{name}") for name in names])
    hit = luck[:, :4] < shares[None, :]
    if not hit.any():
        return frame, np.zeros(4, dtype=np.int64)
    mean = scenario.number("delivery.late_hours_mean")
    hours = np.where(hit[:, 1], -mean * np.log(1 - luck[:, 4]), 0.0) + np.where(
        hit[:, 0], 24.0, 0.0
    )
    moved = frame.with_columns(
        late=pl.Series(np.rint(hours * 3600).astype(np.int64)),
        ahead=pl.Series(np.where(hit[:, 3], _AHEAD_HOURS, 0)),
    ).with_columns(
        delivered_at=pl.col("delivered_at") + pl.duration(seconds="late"),
        occurred_at=pl.col("occurred_at") + pl.duration(hours="ahead"),
    )
    moved = moved.drop("late", "ahead")
    again = moved.filter(pl.Series(hit[:, 2])).with_columns(
        delivered_at=pl.col("delivered_at") + pl.duration(minutes=7)
    )
    return pl.concat([moved, again]), hit.sum(axis=0)


class Door:
    """What stands between the hands and the twin: it may be busy, or end a call unanswered.

    What is done reaches `told` once; `drain` gives what followed from it.
    """

    def __init__(
        self,
        scenario: Scenario,
        dice: Dice,
        clock: Clock,
        told: Callable[[Action, datetime], Emission],
    ) -> None:
        self._scenario, self._dice, self._clock, self._told = scenario, dice, clock, told
        self._calls = 0
        self._luck = 1.0
        self._done: set[str] = set()
        self._found: list[Emission] = []

    def before(self, action: Action) -> None:
        """Raises Later where it is busy: nothing was done."""
        self._calls += 1
        luck = self._dice.of("calls", action.subject, self._calls).random(2)
        self._luck = float(luck[1])
        if luck[0] < self._scenario.number("delivery.busy_share"):
            raise Later(self._clock.now() + _RETRY, "429 Too Many Requests, Retry-After: 30")

    def after(self, action: Action) -> None:
        """Raises Unknown where no answer comes, although it was done."""
        if action.key not in self._done:
            self._done.add(action.key)
            self._found.append(self._told(action, self._clock.now()))
        if self._luck < self._scenario.number("delivery.timeout_share"):
            raise Unknown("no answer within 10 seconds")

    def drain(self) -> list[Emission]:
        """What followed from calls since it was last asked."""
        found, self._found = self._found, []
        return found
