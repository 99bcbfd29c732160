"""The agenda: when each thing is due next, read from the log alone."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import polars as pl
from dateutil.rrule import rrulestr

from psizero.core.automation import Automation, Due, Verb
from psizero.core.clock import Cadence, VirtualClock
from psizero.core.policy import Policy, halts
from psizero.core.ports import Connector, Store
from psizero.core.tables import Catalog, below
from psizero.engine import desk
from psizero.engine.aides import Aides
from psizero.engine.guard import demotions
from psizero.engine.hands import next_call
from psizero.engine.history import kept_at_cadence
from psizero.engine.sight import Sight
from psizero.engine.think import Thinker

SECOND = timedelta(seconds=1)
LONG_AGO = datetime(1, 1, 1)
Runs = Mapping[str, tuple[datetime, int]]


class Crew(msgspec.Struct, frozen=True):
    """All that a tick needs. The callables answer from the log as it stands.

    `halted` is asked again and again: it also knows of a stop that is not in the log yet.
    `aides`: other processes that think along, where a house has any.
    """

    sight: Sight
    verbs: Mapping[str, Verb]
    clock: VirtualClock
    thinkers: Callable[[], Mapping[str, Thinker]]
    connectors: Callable[[], Mapping[str, Connector]]
    policy: Callable[[], Policy]
    codes: Mapping[str, str]
    halted: Callable[[], frozenset[str]]
    aides: Aides | None = None

    @property
    def store(self) -> Store:
        """What is known and what waits."""
        return self.sight.store

    @property
    def catalog(self) -> Catalog:
        """What is declared."""
        return self.sight.catalog

    def rousing(self) -> frozenset[str]:
        """The kinds whose next waiting row the clock may not pass: it may wake somebody.

        What comes from outside, wakes no automation and lies beneath no due table is sealed with
        the next tick, as it came. A house that has no clock yet begins with its first row.
        """
        kinds, automations = (
            self.catalog.kinds,
            [one.automation for one in self.thinkers().values()],
        )
        passed = {name for name, kind in kinds.items() if not kind.ours}
        if self.store.position.sealed_at is None:
            passed = set()
        due = below([one.due.table for one in automations if one.due], self.catalog.tables)
        found = {kind for one in automations for kind in one.wakes_on}
        for table in (self.catalog.tables[name] for name in due):
            found |= set(getattr(table, "kinds", ())) | {getattr(table, "kind", "")}
        plain = {name for name, kind in kinds.items() if kind.metered is None}
        return frozenset(plain - (passed - found))


class Expected(msgspec.Struct, frozen=True):
    """When a row of a due table falls due next, and what it was read from.

    `mark`: the table's last rows, when its automation last thought, and the day: on another day
    rows may have begun that nothing was sealed for.
    """

    mark: tuple[object, ...]
    instant: datetime | None


class Agenda(msgspec.Struct, frozen=True):
    """When each automation is to think next, each history to be kept, the next outcome due.

    `call`: when an outside action may be called; `silence`: when silence at the desk says
    something; `fallen`: what guardrails demote, judged on the outcomes up to `outcomes_seen`;
    `halted`: what stood still when this was read.
    """

    position: int
    thoughts: Mapping[str, datetime]
    histories: Mapping[str, datetime]
    outcome: datetime | None = None
    call: datetime | None = None
    silence: datetime | None = None
    fallen: pl.DataFrame = pl.DataFrame()
    outcomes_seen: int = -1
    halted: frozenset[str] = frozenset()
    expected: Mapping[str, Expected] = {}

    def instants(self) -> list[datetime]:
        """Every whole second at which something is due."""
        single = (self.outcome, self.call, self.silence)
        found = [*self.thoughts.values(), *self.histories.values()]
        found += [LONG_AGO] if self.fallen.height else []
        return [*found, *(ceil_second(one) for one in single if one is not None)]


def planned(crew: Crew, before: Agenda, sealed: Collection[str] | None = None) -> Agenda:
    """The agenda as it is now; read again only when something was sealed or stopped since.

    `sealed` are the kinds sealed since it was read, where the caller knows them: metered ones
    wake nobody, so they change nothing in it unless a due table counts them.
    """
    last, kinds = crew.store.position.last, crew.catalog.kinds
    metered = sealed is not None and all(kinds[name].metered for name in sealed)
    same = before.position == last or (before.position > 0 and metered and not _counting(crew))
    if same and before.halted == crew.halted():
        return msgspec.structs.replace(before, position=last)
    return plan(crew, before)


def _counting(crew: Crew) -> bool:
    """Whether the due table of any automation reads what is metered."""
    metered = {kind.table for kind in crew.catalog.kinds.values() if kind.metered}
    due = [one.automation.due.table for one in crew.thinkers().values() if one.automation.due]
    return not metered.isdisjoint(below(due, crew.catalog.tables))


def plan(crew: Crew, before: Agenda | None = None) -> Agenda:
    """Read from the log alone when each automation is due: kill and restart change nothing."""
    store, halted = crew.store, crew.halted()
    sealed_at = store.position.sealed_at
    if sealed_at is None:
        return Agenda(0, {}, {}, halted=halted)
    policy, runs = crew.policy(), _runs(crew)
    owed = store.read("outcomes_due", sealed_at)
    pending = store.read("pending", sealed_at)
    outcome = owed.filter(pl.col("automation").is_in(list(crew.thinkers())))["due_at"].min()
    expected = _expected(crew, runs, before.expected if before else {})
    return Agenda(
        store.position.last,
        _thoughts(crew, runs, pending, expected),
        _histories(crew, runs),
        outcome if isinstance(outcome, datetime) else None,
        next_call(store, sealed_at, (bool(policy.bindings), halted)),
        desk.next_instant(pending),
        _fallen(crew, before),
        store.last_position("outcome"),
        halted,
        expected,
    )


def _fallen(crew: Crew, before: Agenda | None) -> pl.DataFrame:
    """What guardrails demote; judged again only when an outcome came, or something had fallen."""
    store = crew.store
    now = store.position.sealed_at or LONG_AGO
    seen = before.outcomes_seen if before else -1
    if store.last_position("outcome") <= seen and before and before.fallen.is_empty():
        return before.fallen
    levels, tallies = store.read("levels", now), store.read("outcome_tallies", now)
    return demotions(levels, tallies, crew.policy().guardrail)


def _runs(crew: Crew) -> Runs:
    found = crew.store.read("thoughts", crew.store.position.sealed_at or LONG_AGO)
    rows = found.select("automation", "thought_at", "through").iter_rows()
    return {name: (thought_at, through) for name, thought_at, through in rows}


def _thinking(crew: Crew) -> dict[str, Thinker]:
    """Who may think: what is neither off nor halted."""
    policy, halted = crew.policy(), crew.halted()
    named = crew.thinkers().items()
    return {name: one for name, one in named if policy.is_on(name) and not halts(halted, name)}


def _expected(crew: Crew, runs: Runs, before: Mapping[str, Expected]) -> dict[str, Expected]:
    """When a row of each due table falls due; a table is read again only when its mark changed."""
    store, found = crew.store, dict[str, Expected]()
    sealed_at = store.position.sealed_at or LONG_AGO
    for name, thinker in _thinking(crew).items():
        due, thought_at = thinker.automation.due, runs.get(name, (LONG_AGO, 0))[0]
        if due is not None:
            delays = due.delays(thinker.settings)
            mark = (store.standing(due.table), thought_at, delays, sealed_at.date())
            known = before.get(name)
            if known is None or known.mark != mark:
                known = Expected(mark, _least_due(store, due, delays, thought_at))
            found[name] = known
    return found


def _thoughts(
    crew: Crew, runs: Runs, pending: pl.DataFrame, expected: Mapping[str, Expected]
) -> dict[str, datetime]:
    """When each automation that may think is due next; a vote on what it asked wakes it."""
    voted = dict(pending.group_by("automation").agg(pl.col("voted").max()).iter_rows())
    found: dict[str, datetime] = {}
    for name, thinker in _thinking(crew).items():
        thought_at, through = runs.get(name, (LONG_AGO, 0))
        instant = _next_thought(crew, thinker.automation, thought_at, through)
        if (voted.get(name) or 0) > through:
            instant = ceil_second(crew.store.position.sealed_at or LONG_AGO)
        due = expected[name].instant if name in expected else None
        instants = [one for one in (instant, due) if one is not None]
        if instants:
            found[name] = min(instants)
    return found


def _histories(crew: Crew, runs: Runs) -> dict[str, datetime]:
    """When each history is to be kept next: those that something reads which is not off."""
    policy, tables = crew.policy(), crew.catalog.tables
    on = [one.automation for name, one in crew.thinkers().items() if policy.is_on(name)]
    read = below([name for one in on for name in (*one.reads, *one.measure_reads)], tables)
    found: dict[str, datetime] = {}
    for name, table in kept_at_cadence(crew.catalog).items():
        if not {name, table.history.table if table.history else name} & read:
            continue
        kept_at = max(runs.get(name, (LONG_AGO, 0))[0], crew.store.founded_at)
        following = next_cadence(table.cadence, kept_at) if table.cadence else None
        if following is not None:
            found[name] = following
    return found


def _next_thought(
    crew: Crew, automation: Automation, thought_at: datetime, through: int
) -> datetime | None:
    """At once where a row that wakes it was sealed since, else at its cadence."""
    if any(crew.store.last_position(kind) > through for kind in automation.wakes_on):
        return ceil_second(crew.store.position.sealed_at or LONG_AGO)
    if automation.cadence is None:
        return None
    return next_cadence(automation.cadence, max(thought_at, crew.store.founded_at))


def _least_due(
    store: Store, due: Due, delays: tuple[timedelta, ...], after: datetime
) -> datetime | None:
    """The first row to fall due after the automation last thought."""
    begun = store.read(due.table, store.position.sealed_at or after)[due.column]
    instants = pl.concat([begun + delay for delay in delays])
    least = instants.filter(instants > after).min()
    return ceil_second(least) if isinstance(least, datetime) else None


def ceil_second(instant: datetime) -> datetime:
    """The first whole second at or after an instant."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + SECOND


def next_cadence(cadence: Cadence, after: datetime) -> datetime | None:
    """The first instant of a cadence after `after`, read as wall time in the cadence's zone.

    A local time that a clock change skips falls to the offset before it; one that comes twice
    is the first. None where the rule has ended.
    """
    zone = ZoneInfo(cadence.zone)
    local = after.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    step = local - timedelta(hours=3)
    rule = rrulestr(cadence.rule, dtstart=step.replace(hour=0, minute=0, second=0, microsecond=0))
    while True:
        following = rule.after(step)
        if following is None:
            return None
        step = following
        instant = step.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
        if instant > after:
            return instant
