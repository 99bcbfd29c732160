"""Replay: the loop once more over what came from outside, with nobody outside to be reached.

What is the same by content gets the answers that it got; what differs stands as done. Answers of
people and of the outside to something that was not done again are not told, and a subject of
whom the outside answered to such an action is *diverged*: nothing more is computed about it.
"""

from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.ports import Connector, Store
from psizero.core.records import VERDICT, Action, Decision, Receipt
from psizero.core.tables import Facts, Kind, schema
from psizero.engine.agenda import Agenda, Crew, ceil_second, plan, planned
from psizero.engine.desk import APPROVED
from psizero.engine.episodes import EPISODE
from psizero.engine.hands import decision_of
from psizero.engine.loop import Tick, next_instant, tick
from psizero.engine.think import Thinker

Answers = dict[str, deque[Receipt]]
Held = list[tuple[Kind, pl.DataFrame]]


def answers(receipts: pl.DataFrame) -> Answers:
    """What each call of the outside came to, by decision, in the order of the calls.

    `receipts` are rows of the kind in the order of their positions; what the hands refused
    themselves, before any call, is no answer.
    """
    before = pl.col("state").shift(1).over("decision")
    outside = receipts.filter(pl.col("connector") != "")
    came = outside.filter((before == "sent") & (pl.col("state") != "sent"))
    found: Answers = {}
    for key, state, reference, reason in came.select(
        "decision", "state", "reference", "reason"
    ).iter_rows():
        found.setdefault(key, deque()).append(Receipt(state, reference, reason))
    return found


class Record:
    """A connector that reaches nobody: it answers as the outside did, and to what is new: done."""

    name = "record"
    verbs: tuple[str, ...] = ()
    settle = "ask"

    def __init__(self, known: Answers) -> None:
        self._known = known

    def perform(self, action: Action) -> Receipt:
        """The next answer to this very content; where there is none, it stands as done."""
        return self.ask(action.key) or Receipt("done", reason="would have been attempted")

    def ask(self, key: str) -> Receipt | None:
        """The next answer to an action; none where the record holds none."""
        waiting = self._known.get(decision_of(key))
        return waiting.popleft() if waiting else None


class Told(msgspec.Struct):
    """Answers that wait for their occasion, and the subjects about which no more is known.

    `offer` puts rows into the feed as they lie there: what is personal in them is ciphertext
    already. `diverged` has the instant of the first answer that was not told, by subject.
    """

    held: Held
    offer: Callable[[Kind, pl.DataFrame], None]
    assume_approved: bool = False
    diverged: dict[str, datetime] = {}
    void: int = 0

    def next_due(self, after: datetime) -> datetime | None:
        """When something is to be told next."""
        ahead = [frame.filter(pl.col("recorded_at") > after) for _, frame in self.held]
        found = [frame["recorded_at"].min() for frame in ahead]
        return min((one for one in found if isinstance(one, datetime)), default=None)

    def tell(self, store: Store, now: datetime) -> None:
        """Put what is due by `now` into the feed where its occasion is there, as it was."""
        left: Held = []
        for kind, frame in self.held:
            due = frame.filter(pl.col("recorded_at") <= now)
            ahead = frame.filter(pl.col("recorded_at") > now)
            if due.height and kind.name == VERDICT.name:
                ahead = pl.concat([self._votes(store, due, now), ahead])
            elif due.height:
                self._events(store, (kind, due), now)
            if ahead.height:
                left.append((kind, ahead))
        self.held = left

    def _votes(self, store: Store, due: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """What people said of the same content; the rest is void. Returns what waits on."""
        known = store.read_of("decision", due.select(id="decision").unique(), now)
        same = due.join(known, left_on="decision", right_on="id", how="semi", maintain_order="left")
        void = due.join(same, on=["source", "id"], how="anti", maintain_order="left")
        if same.height:
            store.append(VERDICT, same)
        if not self.assume_approved:
            self.void += void.height
            return void.clear()
        return self._assumed(store, void, now)

    def _assumed(self, store: Store, void: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """Approvals are taken to be of what waits in their episode now; the others wait for it."""
        void = void.filter(pl.col("clause") == APPROVED)
        pending = store.read("pending", now).select(*EPISODE, other="decision")
        meant = void.join(pending, on=EPISODE, maintain_order="left").with_columns(
            decision="other",
            id=pl.format("{}/verdict/{}/{}", "other", "clause", "by"),
            occurred_at=pl.lit(None, pl.Datetime("us")),
            recorded_at=pl.lit(None, pl.Datetime("us")),
        )
        if meant.height:
            store.append(VERDICT, meant.drop("other"))
        return void.join(pending, on=EPISODE, how="anti", maintain_order="left")

    def _events(self, store: Store, row: tuple[Kind, pl.DataFrame], now: datetime) -> None:
        kind, due = row
        verdicts = store.read_of("verdict", due.select(decision="cause").unique(), now)
        taken = verdicts.filter((pl.col("level") == "auto") & (pl.col("by") == "policy"))
        same = due.join(taken, left_on="cause", right_on="decision", how="semi")
        gone = due.join(taken, left_on="cause", right_on="decision", how="anti")
        if same.height:
            self.offer(kind, same.select(schema(kind).keys()))
        for subject, recorded_at in gone.select("subject", "recorded_at").iter_rows():
            self.diverged[subject] = min(self.diverged.get(subject, recorded_at), recorded_at)
        self.void += gone.height


class Course(msgspec.Struct, frozen=True):
    """The recorded instants of ticks, the end, and whether the agenda may add others."""

    instants: Sequence[datetime]
    until: datetime
    free: bool


def crew_of(crew: Crew, told: Told, record: Record) -> Crew:
    """The same crew with nobody outside, and nothing proposed about subjects that diverged."""

    def thinkers() -> Mapping[str, Thinker]:
        known = crew.thinkers()
        if not told.diverged:
            return known
        return {name: _apart(thinker, told.diverged) for name, thinker in known.items()}

    def connectors() -> Mapping[str, Connector]:
        return dict.fromkeys(crew.policy().channels(), record)

    return msgspec.structs.replace(crew, thinkers=thinkers, connectors=connectors)


def _apart(thinker: Thinker, gone: Container[str]) -> Thinker:
    propose = thinker.automation.propose

    def proposed(facts: Facts, settings: msgspec.Struct, now: datetime) -> Iterator[Decision]:
        return (one for one in propose(facts, settings, now) if one.subject not in gone)

    automation = msgspec.structs.replace(thinker.automation, propose=proposed)
    return msgspec.structs.replace(thinker, automation=automation)


def fly_again(crew: Crew, told: Told, course: Course) -> Iterator[Tick]:
    """Tick by tick to the end: at the recorded instants, and where it may, at what is due."""
    agenda, ahead, before = plan(crew), deque(course.instants), -1
    while True:
        clock = crew.clock.now()
        now = _next(crew, agenda, course, ahead)
        due = told.next_due(clock) if course.free else None
        now = min(ceil_second(due), now or course.until) if due is not None else now
        if now == clock and before == crew.store.position.last:  # nothing more at this instant
            left = [one for one in (*ahead, course.until) if one > clock]
            now = min(left, default=None) if course.free or ahead else None
        if now is None:
            break
        now, before = max(now, clock), crew.store.position.last
        while ahead and ahead[0] <= now:
            ahead.popleft()
        told.tell(crew.store, now)
        yield tick(crew, now, planned(crew, agenda))
        if told.assume_approved:
            told.tell(crew.store, now)
        agenda = planned(crew, agenda)
    told.tell(crew.store, course.until)
    crew.store.seal(course.until)


def _next(crew: Crew, agenda: Agenda, course: Course, ahead: Sequence[datetime]) -> datetime | None:
    """The next recorded instant; the agenda's own where it may, or names a recorded one.

    Of two ticks at one instant (an outcome, and the fall that follows from it) the second is
    known from the agenda alone. None where nothing is left to do.
    """
    due = next_instant(crew, agenda, course.until)
    recorded = due == crew.clock.now() and due in course.instants
    found = [due] if course.free or recorded else []
    return min([*found, *([ahead[0]] if ahead else [])], default=None)
