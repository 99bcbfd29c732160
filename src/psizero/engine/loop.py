"""The loop: from due instant to due instant; a tick seals, thinks, commits and performs."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import polars as pl
from dateutil.rrule import rrulestr

from psizero.core.automation import Due, Verb
from psizero.core.clock import Cadence, VirtualClock
from psizero.core.policy import Policy
from psizero.core.ports import Connector, Store
from psizero.core.tables import Catalog
from psizero.engine.committer import Rows, commit_tick
from psizero.engine.gate import Ground
from psizero.engine.hands import next_call, perform
from psizero.engine.history import keep, kept_at_cadence
from psizero.engine.measure import outcomes
from psizero.engine.think import Thinker, Thought, facts, framed

SECOND = timedelta(seconds=1)
LONG_AGO = datetime(1, 1, 1)


class Tick(msgspec.Struct, frozen=True):
    """What one tick did; `position` is the last sealed position after it."""

    now: datetime
    position: int
    sealed: int
    thought: tuple[str, ...]
    decisions: int
    automatic: int


class Crew(msgspec.Struct, frozen=True):
    """All that a tick needs. The callables answer from the log as it stands."""

    store: Store
    catalog: Catalog
    verbs: Mapping[str, Verb]
    clock: VirtualClock
    thinkers: Callable[[], Mapping[str, Thinker]]
    connectors: Callable[[], Mapping[str, Connector]]
    policy: Callable[[], Policy]
    codes: Mapping[str, str]


class Agenda(msgspec.Struct, frozen=True):
    """When each automation is to think next, each history to be kept, the next outcome due.

    `call`: when an action that the outside asked to wait may be tried again.
    """

    position: int
    thoughts: Mapping[str, datetime]
    histories: Mapping[str, datetime]
    outcome: datetime | None
    call: datetime | None = None


def fly(crew: Crew, until: datetime) -> Iterator[Tick]:
    """Move a virtual clock over what waits, tick by tick, to `until` (included)."""
    settle(crew)
    agenda = plan(crew)
    while True:
        now = next_instant(crew, agenda, until)
        yield tick(crew, now, agenda)
        agenda = planned(crew, agenda)
        if now >= until and not _due({**agenda.thoughts, **agenda.histories}, now):
            return


def settle(crew: Crew) -> None:
    """Finish the outside calls of a tick whose process died, at that tick's own instant.

    What the owner said since is sealed first, so that it bites.
    """
    sealed_at = crew.store.position.sealed_at
    if sealed_at is not None and crew.store.read("intents", sealed_at).height:
        crew.store.seal(sealed_at)
        thought = crew.store.read("thoughts", LONG_AGO)["thought_at"].max()
        if isinstance(thought, datetime):
            perform(crew.store, crew.policy(), crew.connectors(), thought)


def planned(crew: Crew, before: Agenda) -> Agenda:
    """The agenda as it is now; read again only when something was sealed since."""
    return before if before.position == crew.store.position.last else plan(crew)


def plan(crew: Crew) -> Agenda:
    """Read from the log alone when each automation is due: kill and restart change nothing."""
    sealed_at = crew.store.position.sealed_at
    if sealed_at is None:
        return Agenda(0, {}, {}, None)
    runs = {row[0]: row[1:] for row in crew.store.read("thoughts", sealed_at).iter_rows()}
    policy, found = crew.policy(), {}
    for name, thinker in crew.thinkers().items():
        if policy.is_on(name):
            thought_at, through = runs.get(name, (LONG_AGO, 0))
            instant = _next_thought(crew, thinker, thought_at, through)
            if instant is not None:
                found[name] = instant
    histories: dict[str, datetime] = {}
    for name, table in kept_at_cadence(crew.catalog).items():
        kept_at = max(runs.get(name, (LONG_AGO, 0))[0], crew.store.founded_at)
        following = next_cadence(table.cadence, kept_at) if table.cadence else None
        histories |= {name: following} if following else {}
    owed = crew.store.read("outcomes_due", sealed_at)
    outcome = owed.filter(pl.col("automation").is_in(list(crew.thinkers())))["due_at"].min()
    return Agenda(
        crew.store.position.last,
        found,
        histories,
        ceil_second(outcome) if isinstance(outcome, datetime) else None,
        next_call(crew.store, sealed_at) if policy.bindings else None,
    )


def _next_thought(
    crew: Crew, thinker: Thinker, thought_at: datetime, through: int
) -> datetime | None:
    automation, sealed_at = thinker.automation, crew.store.position.sealed_at or LONG_AGO
    found: list[datetime | None] = []
    if any(crew.store.last_position(kind) > through for kind in automation.wakes_on):
        return ceil_second(sealed_at)
    if automation.cadence is not None:
        found.append(next_cadence(automation.cadence, max(thought_at, crew.store.founded_at)))
    if automation.due is not None:
        delay = timedelta(hours=float(getattr(thinker.settings, automation.due.delay_hours)))
        found.append(_least_due(crew.store, automation.due, delay, thought_at))
    return min((one for one in found if one is not None), default=None)


def _least_due(store: Store, due: Due, delay: timedelta, after: datetime) -> datetime | None:
    """The first row to fall due after the automation last thought."""
    instants = store.read(due.table, store.position.sealed_at or after)[due.column] + delay
    least = instants.filter(instants > after).min()
    return ceil_second(least) if isinstance(least, datetime) else None


def _due(instants: Mapping[str, datetime], now: datetime) -> list[str]:
    return sorted(name for name, instant in instants.items() if instant <= now)


def next_instant(crew: Crew, agenda: Agenda, until: datetime) -> datetime:
    """The next instant at which something is due, a whole second, at most `until`."""
    feed = crew.store.feed_instant()
    instants = [until, *agenda.thoughts.values(), *agenda.histories.values()]
    instants += [ceil_second(feed)] if feed is not None else []
    instants += [ceil_second(one) for one in (agenda.outcome, agenda.call) if one is not None]
    last = crew.store.position.sealed_at
    return min(until, max(min(instants), ceil_second(last) if last else LONG_AGO))


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


def tick(crew: Crew, now: datetime, agenda: Agenda) -> Tick:
    """One tick at `now`: wholly there or never was."""
    store, before = crew.store, crew.store.position.last
    crew.clock.move_to(now)
    store.seal(now)
    sealed = store.position.last - before
    agenda, policy = planned(crew, agenda), crew.policy()
    thinkers, awake = crew.thinkers(), _due(agenda.thoughts, now)
    thoughts = [_think(crew, thinkers[name], now) for name in awake]
    automations = {name: thinker.automation for name, thinker in thinkers.items()}
    measured: Rows = []
    if agenda.outcome is not None and agenda.outcome <= now:
        measured += outcomes(store, crew.catalog, automations, now)
    for name in _due(agenda.histories, now):
        thought, rows = keep(store, crew.catalog, name, crew.codes, now)
        thoughts, measured = [*thoughts, thought], [*measured, *rows]
    judged = pl.DataFrame()
    if thoughts or measured:
        ground = Ground(policy, automations, crew.verbs, *_counted(store, now), crew.catalog.kinds)
        judged = commit_tick(store, thoughts, measured, ground, now)
    if policy.bindings:
        perform(store, policy, crew.connectors(), now)
    automatic = judged.filter(pl.col("level") == "auto").height if judged.height else 0
    return Tick(now, store.position.last, sealed, tuple(awake), judged.height, automatic)


def _think(crew: Crew, thinker: Thinker, now: datetime) -> Thought:
    known = facts(crew.store, crew.catalog, thinker.automation.reads, (now, None))
    proposals = thinker.automation.propose(known, thinker.settings, now)
    seen = (now, crew.store.position.last)
    return framed(thinker, proposals, crew.catalog.kinds, crew.verbs, seen)


def _counted(store: Store, now: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    return store.read("acts_hourly", now), store.read("touches", now)
