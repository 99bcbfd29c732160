"""What an automation and a verb are."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import Enum

import msgspec
import polars as pl

from psizero.core.clock import Cadence
from psizero.core.policy import Level
from psizero.core.records import Decision
from psizero.core.tables import Facts


class Due(msgspec.Struct, frozen=True):
    """Rows of `table` fall due at `column` plus what the setting `delay` says.

    The setting's name ends in its unit, _hours or _days; where it is a tuple, a row falls due
    several times.
    """

    table: str
    column: str
    delay: str

    def delays(self, settings: msgspec.Struct) -> tuple[timedelta, ...]:
        """How long after the column's instant a row falls due."""
        said = getattr(settings, self.delay)
        unit = timedelta(days=1) if self.delay.endswith("_days") else timedelta(hours=1)
        return tuple(float(one) * unit for one in (said if isinstance(said, tuple) else (said,)))


class Automation(msgspec.Struct, frozen=True, kw_only=True):
    """A pure thinker: which tables it reads, which verbs it may use, when it wakes.

    `propose(facts, settings, now)` yields decisions; `settings` is a frozen Struct whose names
    carry units and whose defaults are the mission's own numbers.
    `on_request`: it proposes only what a person asked for by name, which is permission enough.
    `measure(facts, due)` gets the decisions whose horizon ended (columns decision, subject,
    episode, parameters) and returns one row for each: decision, name, value, unit, good.
    """

    name: str
    doc: str
    target: str
    reads: tuple[str, ...]
    verbs: tuple[str, ...]
    settings: msgspec.Struct
    propose: Callable[..., Iterable[Decision]]
    measure: Callable[[Facts, pl.DataFrame], pl.DataFrame]
    horizon_days: int
    measure_reads: tuple[str, ...] = ()
    due: Due | None = None
    cadence: Cadence | None = None
    wakes_on: tuple[str, ...] = ()
    ceiling: Level = Level.AUTO
    on_request: bool = False

    @property
    def domain(self) -> str:
        return self.name.split(".")[0]

    def setting(self, name: str) -> float:
        return float(getattr(self.settings, name))


class Reversibility(Enum):
    """What it takes to make an action undone; undeclared never goes above approve."""

    READ_ONLY = "read-only"
    REVERSIBLE = "reversible"
    BY_OTHERS = "reversible by others"
    IRREVERSIBLE = "irreversible"
    UNDECLARED = "undeclared"


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """Something an automation may do. `kinds`: what an internal verb adds; empty is outside.

    `answers`: it answers what the person has just asked, so no cool-down holds it or follows it.
    """

    name: str
    doc: str
    parameters: dict[str, str]
    kinds: tuple[str, ...] = ()
    recipient: bool = False
    channel: str = ""
    answers: bool = False
    reversibility: Reversibility = Reversibility.UNDECLARED
    compensator: str = ""
    protective: bool = False
    protected: bool = False
    manual_task: str
    manual_minutes: float

    @property
    def internal(self) -> bool:
        return bool(self.kinds)
