"""A house flown with its twin: every day the twin says what happens, and answers what is done."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from heapq import heappop, heappush
from pathlib import Path

import msgspec
import polars as pl

from psizero.core.clock import VirtualClock
from psizero.core.errors import Problem
from psizero.core.events.customer import CUSTOMER_CREATED
from psizero.core.policy import Level
from psizero.core.ports import Batch
from psizero.core.tables import Kept, below
from psizero.engine import loop
from psizero.engine.agenda import plan, planned
from psizero.engine.intake import take_in
from psizero.finance.prices import price_rows
from psizero.house import charter, desk
from psizero.house.draft import draft
from psizero.house.flight import FLYING, check_bindings, take_prices
from psizero.house.home import House, create, opened
from psizero.house.measures import OWN
from psizero.house.members import Members, members
from psizero.house.retraction import Regret, undo
from psizero.house.storage import is_home
from psizero.twin.accounts import change_of
from psizero.twin.dice import Dice
from psizero.twin.door import Door, Fault, Timing, handed_in
from psizero.twin.dues import document
from psizero.twin.emission import SOURCE, Emission
from psizero.twin.staff import answer, regret
from psizero.twin.truth import write_truth
from psizero.twin.world import Course, World

COMPANY = "PsiZero"
START = datetime(2026, 1, 1)
SEEN = (
    "invoice.issued",
    "task.assigned",
    "campaign.enrolled",
    "entitlement.changed",
    "ticket.routed",
    "ticket.escalated",
)
"""Rows of ours that people outside the house see."""
_BEFORE_MIDNIGHT = timedelta(seconds=1)
_BOUND = ("message.send", "ticket.reply", "sms.send", "call.place", "payment.charge")
_BINDING = "[bindings]\n" + "".join(f'"{verb}" = "twin"\n' for verb in _BOUND)


class Policy(msgspec.Struct, frozen=True):
    """Levels by automation, and the text of a house.toml; empty is the draft."""

    levels: Mapping[str, Level]
    charter: str = ""

    @property
    def automated(self) -> frozenset[str]:
        """What is done by itself; the rest stays with the staff."""
        return frozenset(name for name, level in self.levels.items() if level is Level.AUTO)


class Flown(msgspec.Struct, frozen=True):
    """What a flight with a twin came to."""

    ticks: int
    days: int
    faults: Fault
    truth: dict[str, pl.DataFrame]


def everything(level: Level = Level.AUTO) -> Policy:
    """Every automation of the house at one level."""
    return Policy(dict.fromkeys(members().automations, level))


def policy_from(path: Path) -> Policy:
    """A policy file: a house.toml that also has [levels] automation = level.

    Raises Problem where an automation or a level is none.
    """
    text = charter.read_text(path)
    said = dict(charter.document_of(path, text))
    levels = said.get("levels", {})
    known = {level.value: level for level in Level}
    if not isinstance(levels, dict):
        raise Problem(f"{path.name}: [levels] has to be a table")
    found: dict[str, Level] = {}
    for name, level in levels.items():
        if name not in members().automations:
            raise Problem(f"{path.name}: [levels] {name}: there is no such automation")
        if level not in known:
            raise Problem(f"{path.name}: [levels] {name}: one of {', '.join(known)}")
        found[name] = known[level]
    rest = re.sub(r"^\[levels\][^\n]*\n(?:(?!\s*\[).*(?:\n|$))*", "", text, flags=re.MULTILINE)
    return Policy(found, rest)


def settle_home(home: Path, policy: Policy, course: Course) -> None:
    """Make the home of a twin. Raises Problem where there is one already."""
    if is_home(home):
        raise Problem(
            f"{home} is a home already",
            "a twin is flown from its first day on, in a home of its own: another --home",
        )
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "house.toml").exists():
        text = policy.charter or draft(COMPANY, members().automations)
        (home / "house.toml").write_text(bound(text))
    create(home, COMPANY, f"twin-{course.seed}", policy.levels)
    rows = price_rows(document(change_of(course.scenario, course.start)), "the twin's prices")
    with opened(home) as house:
        take_prices(house, rows, "the twin's prices")


def bound(text: str) -> str:
    """A house.toml whose messages and charges go to the twin, unless it binds them itself."""
    if any(re.search(rf'^"?{re.escape(verb)}', text, re.MULTILINE) for verb in _BOUND):
        return text
    header = re.search(r"^\[bindings\].*\n", text, re.MULTILINE)
    return text.replace(header.group(), _BINDING, 1) if header else f"{text}\n{_BINDING}"


def fly_twin(house: House, course: Course, seen: Callable[[loop.Tick], None]) -> Flown:
    """Fly a fresh home through a course, and write the truth beside it.

    Raises Problem where it has a past, or its policy binds a connector that reaches the world.
    """
    if house.store.position.sealed_at is not None:
        raise Problem("this home has a past; a twin is flown in a home of its own")
    check_bindings(house, FLYING, "a flight")
    flight = Flight(house, course)
    house.take_charter()
    ticks = 0
    for number in range(course.days):
        for tick in flight.day(number):
            ticks += 1
            seen(tick)
        house.sign()
    truth = flight.world.truth()
    write_truth(house.home, truth)
    return Flown(ticks, course.days, flight.faults, truth)


def unread(found: Members) -> frozenset[str]:
    """Kinds from outside of which no table is made, and that no automation or measure reads."""
    catalog, plain = found.catalog, {kind.table: kind.name for kind in found.catalog.kinds.values()}
    made = [name for name in catalog.tables if name not in plain]
    read = [name for one in found.automations.values() for name in (*one.reads, *one.measure_reads)]
    measured = [name for _, reads in OWN.values() for name in reads]
    used = below([*made, *read, *measured], catalog.tables)
    tables = [catalog.tables[name] for name in used if name in catalog.tables]
    kept = {kind for one in tables if isinstance(one, Kept) for kind in one.kinds}
    woken = {kind for one in found.automations.values() for kind in one.wakes_on}
    beneath = {plain[name] for name in used if name in plain} | kept | woken
    beneath.add(CUSTOMER_CREATED.name)  # the hands find addresses in it
    return frozenset(n for n, kind in catalog.kinds.items() if not kind.ours and n not in beneath)


class Flight:
    """A house and its twin on one virtual clock."""

    def __init__(self, house: House, course: Course) -> None:
        self.house, self.course, self.world = house, course, World(course)
        self.dice = Dice(course.seed)
        self.faults = Fault()
        self._emissions = 0
        self._answers: list[tuple[datetime, str, bool]] = []
        self._asked: set[str] = set()
        self._regrets: list[tuple[datetime, str]] = []
        self._known = dict.fromkeys((*SEEN, "verdict"), 0)
        clock = VirtualClock(datetime.min)
        self.door = Door(course.scenario, self.dice, clock, self.world.mailed)
        house.twin = self.door
        found = house.members
        self._timing = Timing(
            frozenset(name for name, kind in found.catalog.kinds.items() if kind.metered),
            # what wakes somebody comes as it happens; the rest may wait for its bundle
            frozenset(kind for one in found.automations.values() for kind in one.wakes_on),
        )
        self._unread = unread(found) if course.lean else frozenset[str]()
        self.crew = house.crew(clock)
        self._agenda = plan(self.crew)

    def day(self, number: int) -> Iterator[loop.Tick]:
        """One day: the twin says what happens, and the house lives through it."""
        begin = self.course.start + timedelta(days=number)
        end = begin + timedelta(days=1) - _BEFORE_MIDNIGHT
        self._take(self.world.day(number))
        while True:
            self._agenda = planned(self.crew, self._agenda)
            now = loop.next_instant(self.crew, self._agenda, loop.NEVER)
            if now > end:
                return
            tick = loop.tick(self.crew, now, self._agenda)
            self._noticed(tick)
            self._answered(tick.now)
            self._taken_back(tick.now)
            yield tick

    def _noticed(self, tick: loop.Tick) -> None:
        """What people outside see of a tick, and what follows from it."""
        found, store = self.door.drain(), self.house.store
        for kind, known in self._known.items():
            last = store.last_position(kind)
            if last > known and kind == "verdict":
                self._ask(tick.now)
                self._regret(store.since(kind, known), tick.now)
            elif last > known:
                found.append(self.world.notice(kind, store.since(kind, known), tick.now))
            self._known[kind] = last
        for one in found:
            self._take(one)

    def _ask(self, now: datetime) -> None:
        waits = self.house.store.read("pending", now)
        for key in waits["decision"]:
            if key not in self._asked:
                self._asked.add(key)
                said = answer(self.dice, self.course.scenario, key, now)
                if said is not None:
                    heappush(self._answers, (said[0], key, said[1]))

    def _answered(self, now: datetime) -> None:
        """The owner says yes or no to what was asked; what waits no more is passed over.

        He comes to it at the first tick after his own time.
        """
        while self._answers and self._answers[0][0] <= now:
            _, key, yes = heappop(self._answers)
            who = desk.person(self.house.said_policy(), "")
            try:
                if yes:
                    desk.approve(self.house, [key], who)
                else:
                    desk.decline(self.house, key, who, "other", "")
            except Problem:
                continue

    def _regret(self, verdicts: pl.DataFrame, now: datetime) -> None:
        """Of what goes out by itself and has a way back, the owner will find some wrong."""
        back = [name for name, verb in self.house.members.verbs.items() if verb.compensator]
        chosen = pl.col("verb").is_in(back) & (pl.col("level") == "auto")
        for key in verdicts.filter(chosen)["decision"]:
            at = regret(self.dice, self.course.scenario, key, now)
            if at is not None:
                heappush(self._regrets, (at, key))

    def _taken_back(self, now: datetime) -> None:
        """What was not done after all, or is undone already, is passed over."""
        while self._regrets and self._regrets[0][0] <= now:
            _, key = heappop(self._regrets)
            with suppress(Problem):
                undo(self.house, key, Regret(reason="not_needed"))

    def _take(self, emission: Emission) -> None:
        """Hand rows in at the door, as any connector's."""
        kinds = self.house.members.catalog.kinds
        self._emissions += 1
        rows, faults = handed_in(
            self.dice, self.course.scenario, self._emissions, emission.rows, self._timing
        )
        counts = zip(
            msgspec.structs.astuple(self.faults), msgspec.structs.astuple(faults), strict=True
        )
        self.faults = Fault(*(one + other for one, other in counts))
        for name, frame in rows.items():
            if frame.height and name not in self._unread:
                named = frame.with_columns(
                    line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), source=pl.lit(SOURCE)
                )
                take_in(self.house.store, kinds[name], Batch(name, named, SOURCE), datetime.max)
