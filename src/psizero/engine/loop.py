"""The loop: from due instant to due instant; a tick seals, thinks, commits and performs."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.clock import MICROSECOND, iso, quarter_hour
from psizero.core.events.house import POLICY_CHANGED
from psizero.core.ports import Clock
from psizero.engine import desk
from psizero.engine.agenda import LONG_AGO, Agenda, Crew, ceil_second, plan, planned
from psizero.engine.committer import Rows, commit_tick
from psizero.engine.ground import NOBODY, Ground
from psizero.engine.hands import perform
from psizero.engine.history import keep
from psizero.engine.measure import outcomes
from psizero.engine.reach import reaching
from psizero.engine.recipients import asking
from psizero.engine.settlement import answered
from psizero.engine.think import FAULTS, Thinker, Thought, failed, framed

NEVER = datetime(9999, 12, 31)


class Tick(msgspec.Struct, frozen=True):
    """What one tick did; `position` is the last sealed position after it."""

    now: datetime
    position: int
    sealed: int
    thought: tuple[str, ...]
    decisions: int
    automatic: int


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


def live(crew: Crew, clock: Clock, between: Callable[[], bool]) -> Iterator[Tick]:
    """Think on the real clock: one tick at each whole second at which something is due.

    What was missed, as in a sleep, is thought once, at the present second. The start is a tick.
    `between` returns at the next whole second, having run what was handed in; False ends it.
    """
    settle(crew)
    agenda, begun, closed = plan(crew), False, LONG_AGO
    while True:
        now = clock.now().replace(microsecond=0)
        last = crew.store.position.sealed_at
        if last is None or ceil_second(last) <= now:
            agenda = planned(crew, agenda)
            if not begun or next_instant(crew, agenda, NEVER) <= now:
                begun = True
                yield tick(crew, now, agenda)
            elif quarter_hour(now) > closed:
                crew.store.seal(now)
            closed = quarter_hour(now)
        if not between():
            return


def settle(crew: Crew) -> None:
    """Finish the outside calls of a tick whose process died, at that tick's own instant.

    What the owner said since is sealed first, so that it bites.
    """
    sealed_at = crew.store.position.sealed_at
    open_ = sealed_at is not None and crew.store.read("intents", sealed_at).height
    if sealed_at is not None and (open_ or answered(crew.store, sealed_at)):
        crew.store.seal(crew.store.floor + MICROSECOND)
        thought = crew.store.read("thoughts", LONG_AGO)["thought_at"].max()
        if isinstance(thought, datetime):
            crew.clock.move_to(thought)
            perform(crew.store, crew.policy(), crew.connectors(), thought, crew.halted)


def _due(instants: Mapping[str, datetime], now: datetime) -> list[str]:
    return sorted(name for name, instant in instants.items() if instant <= now)


def next_instant(crew: Crew, agenda: Agenda, until: datetime) -> datetime:
    """The next instant at which something is due, a whole second, at most `until`."""
    feed = crew.store.feed_instant(crew.rousing())
    instants = [until, *agenda.instants(), *([ceil_second(feed)] if feed is not None else [])]
    last = crew.store.position.sealed_at
    return min(until, max(min(instants), ceil_second(last) if last else LONG_AGO))


def tick(crew: Crew, now: datetime, agenda: Agenda) -> Tick:
    """One tick at `now`: wholly there or never was."""
    store, before = crew.store, crew.store.position.last
    crew.clock.move_to(now)
    kinds = store.seal(now)
    sealed = store.position.last - before
    agenda, policy = planned(crew, agenda, kinds), crew.policy()
    thinkers, awake = crew.thinkers(), _due(agenda.thoughts, now)
    thoughts = _thoughts(crew, [thinkers[name] for name in awake], now)
    automations = {name: thinker.automation for name, thinker in thinkers.items()}
    measured: Rows = []
    if agenda.outcome is not None and agenda.outcome <= now:
        measured += outcomes(crew.sight, automations, now)
    for name in _due(agenda.histories, now):
        thought, rows = keep(crew.sight, name, crew.codes, now)
        thoughts, measured = [*thoughts, thought], [*measured, *rows]
    if agenda.fallen.height:
        measured.append((POLICY_CHANGED, _demoting(agenda.fallen, now)))
    judged = pl.DataFrame()
    if thoughts or measured or (agenda.silence is not None and agenda.silence <= now):
        judged = commit_tick(store, thoughts, measured, _ground(crew, thinkers, now), now)
    if policy.bindings or answered(store, now):
        perform(store, policy, crew.connectors(), now, crew.halted)
    automatic = judged.filter(pl.col("level") == "auto").height if judged.height else 0
    return Tick(now, store.position.last, sealed, tuple(awake), judged.height, automatic)


def _thoughts(crew: Crew, thinkers: list[Thinker], now: datetime) -> list[Thought]:
    if crew.aides is not None and len(thinkers) > 1:
        return crew.aides.thoughts(thinkers, now, lambda one: think(crew, one, now))
    return [think(crew, one, now) for one in thinkers]


def think(crew: Crew, thinker: Thinker, now: datetime) -> Thought:
    """What one automation proposes at an instant, upon all that is sealed."""
    seen = (now, crew.store.position.last)
    try:
        known = crew.sight.facts(thinker.automation.reads, (now, None))
        proposals = thinker.automation.propose(known, thinker.settings, now)
        return framed(thinker, proposals, crew.catalog.kinds, crew.verbs, seen)
    except FAULTS as error:
        return failed(thinker, error, seen)


def _ground(crew: Crew, thinkers: Mapping[str, Thinker], now: datetime) -> Ground:
    store, policy = crew.store, crew.policy()
    pending = store.read("pending", now)
    votes = store.read("votes", now) if pending["voted"].is_not_null().any() else None
    return Ground(
        policy=policy,
        automations={name: thinker.automation for name, thinker in thinkers.items()},
        verbs=crew.verbs,
        acts_hourly=store.read("acts_hourly", now),
        touches=store.read("touches", now),
        people=asking(store, now),
        reach=reaching(store, now),
        kinds=crew.catalog.kinds,
        pending=pending,
        approvals=desk.approvals(pending, votes, policy) if votes is not None else NOBODY,
        salt=next((thinker.salt for thinker in thinkers.values()), ""),
    )


def _demoting(fallen: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """What falls a rung because its guardrail is breached."""
    named = fallen.with_columns(
        source=pl.lit("guard"),
        id=pl.format("guard/{}/{}/{}", pl.lit(iso(now)), "subject", "scope"),
        cause=pl.lit(None, pl.String),
    )
    return named.select("source", "id", "subject", "cause", *POLICY_CHANGED.columns)
