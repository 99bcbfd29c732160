"""The company and its world, day by day: what happens by itself, and what answers the house."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush

import msgspec
import numpy as np
import polars as pl

from psizero.core.clock import iso
from psizero.core.records import Action
from psizero.twin import staff
from psizero.twin.accounts import Accounts, table
from psizero.twin.arrivals import arrivals, kept
from psizero.twin.dice import Dice
from psizero.twin.dues import working_day
from psizero.twin.emission import Emission, joined
from psizero.twin.helpdesk import Helpdesk, asking
from psizero.twin.library import library
from psizero.twin.life import CUSTOMER, LEAD, NEVER, TRIAL, Life
from psizero.twin.mail import became, letter_of
from psizero.twin.people import SEGMENTS, people
from psizero.twin.scenario import Scenario
from psizero.twin.surroundings import Surroundings
from psizero.twin.surveys import surveyed
from psizero.twin.use import activity_rows, expected_hourly, usage_rows, used

DAY = timedelta(days=1)
_FELT_PERCENT = 20
"""A limit of so much of the rate is felt; calls seldom come near all of it."""


class Course(msgspec.Struct, frozen=True):
    """Which company, from when, for how long. `automated`: what the autopilot does by itself.

    `lean`: kinds that nothing in the house reads are not handed in, which is faster.
    """

    scenario: Scenario
    seed: int
    customers: int
    start: datetime
    days: int
    automated: frozenset[str] = frozenset()
    lean: bool = False


class World:
    """One twin. `day` has to be asked for each day in its order."""

    def __init__(self, course: Course) -> None:
        self.course, self.scenario = course, course.scenario
        self.dice = Dice(course.seed)
        who = people(self.dice, self.scenario, course.customers, course.start, course.days)
        self.people = who
        self.life = Life(self.dice, self.scenario, who, course.start)
        self.accounts = Accounts(self.dice, self.scenario, who, course.start)
        self._plans: list[tuple[datetime, int, Callable[[datetime], Emission]]] = []
        self._planned = 0
        self._mails: dict[str, int] = {}
        self._prompted: dict[int, tuple[str, datetime]] = {}
        self._limits: dict[int, int] = {}
        self._truth: dict[str, list[dict[str, object]]] = {}
        self._index = {name: n for n, name in enumerate(who.names())}
        self.helpdesk = Helpdesk(self.dice, self.scenario, self.by_hand("answers"))
        self._calls, self._failed = np.zeros(who.total), np.zeros(who.total)
        self.around = Surroundings(self.dice, self.scenario, who, course.start, course.days)

    def day(self, number: int) -> Emission:
        """All that happens within a day, in the order in which one thing leads to another."""
        day = self.course.start + number * DAY
        found = [kept(self.people, day), library(self.dice, day)] if number == 0 else []
        found += self._planned_until(day)
        happened = self.life.begin(number)
        found.append(arrivals(self.people, self.scenario, happened, day))
        found.append(self.accounts.end(happened["end"], day))
        found.append(self.accounts.end(happened["move"], day))
        self._billed(day)
        begins = np.concatenate([happened["start"], happened["move"]])
        life = self.life
        found.append(self.accounts.start(begins, life.subscriptions, life.plan, day))
        found += [self._asked(number, day), self._used(number, day), self.accounts.mend(day)]
        if self.by_hand("reminders"):
            found.append(self.accounts.remind(day))
        self._watched(number, day)
        lost = np.array(self.accounts.given_up(day), dtype=np.int64)
        lost = lost[life.stage[lost] == CUSTOMER]
        life.leaves_at[lost] = number + 1
        return joined([*found, *self._planned_until(day + DAY)])

    def by_hand(self, task: str) -> bool:
        """Whether people of the company still do it."""
        return staff.TASKS[task] not in self.course.automated

    def _plan(self, at: datetime, what: Callable[[datetime], Emission]) -> None:
        self._planned += 1
        heappush(self._plans, (at, self._planned, what))

    def _planned_until(self, end: datetime) -> list[Emission]:
        found: list[Emission] = []
        while self._plans and self._plans[0][0] < end:
            at, _, what = heappop(self._plans)
            found.append(what(at))
        return found

    def _billed(self, day: datetime) -> None:
        """Months that end; by hand they are invoiced some working days later, not quite right."""
        after = int(self.scenario.number("staff.invoice_working_day"))
        for month in self.accounts.close(day):
            if self.by_hand("invoices"):
                key = (month.subscription, month.person, month.period_end)
                amount = month.staff_minor
                at = working_day(day, after) + timedelta(hours=11)
                self._plan(at, partial(self.accounts.present, key, amount))

    def _asked(self, number: int, day: datetime) -> Emission:
        """Tickets, by what customers met the day before."""
        life, mood = self.life, self.helpdesk.moods(self.people.total)
        life.mood = mood
        state = {
            "active": np.isin(life.stage, (TRIAL, CUSTOMER)),
            "calls": self._calls,
            "failed": self._failed,
            "owing": self.accounts.owing(self.people.total),
            "age_days": np.clip(number - life.since, 0.0, 9_999.0),
            "mood": mood,
            "zone_hours": self.people.zone_hours,
        }
        written = self.helpdesk.day(day, asking(self.people.frame, state))
        return joined([written, self.helpdesk.answer(day + DAY)])

    def _used(self, number: int, day: datetime) -> Emission:
        """Calls under the services of the day, and visits."""
        scenario, life, people, around = self.scenario, self.life, self.people, self.around
        level, sandbox = life.level(number)
        level = level * around.factors(day)
        served = around.begin(number, day, expected_hourly(scenario, people, day, level))
        use = used(self.dice, scenario, people, day, (level, sandbox, around.failing))
        calls = use.calls.sum(axis=1)
        self.accounts.used(calls)
        share = np.where(calls > 0, use.failed.sum(axis=1) / np.maximum(calls, 1), 0.0)
        self._calls, self._failed = calls.astype(np.float64), share
        usual = scenario.number("use.failing_share")
        life.failing = 0.8 * life.failing + 0.2 * np.maximum(share - 3 * usual, 0.0)
        prompted = {p: key for p, (key, until) in self._prompted.items() if until > day}
        hours = int(scenario.number("delivery.usage_hours"))
        seen = (life.engaged(number), prompted)
        rows = {
            "usage.recorded": usage_rows(people, day, use, hours),
            "activity.recorded": activity_rows(self.dice, scenario, people, day, seen),
        }
        looked = around.end(day, (use.calls, use.failed), self._looking())
        return joined([served, Emission(rows), looked])

    def _looking(self) -> pl.DataFrame:
        """Leads and trials, who look at the site."""
        who = np.flatnonzero(np.isin(self.life.stage, (LEAD, TRIAL)))
        return self.people.frame[who].select(
            "index",
            "channel",
            lead=pl.format("lead-{}", "customer"),
            intent=pl.Series(self.people.intent[who]),
        )

    def _watched(self, number: int, day: datetime) -> None:
        """By hand somebody looks through the accounts on Mondays, and talks to a few."""
        if self.by_hand("watch"):
            life = self.life
            declining = (life.stage == CUSTOMER) & (life.leaves_at < NEVER)
            declining &= life.pace(number) < 0.6
            for person in staff.noticed(
                self.dice, self.scenario, day, declining, self.people.segment
            ):
                self._talk(int(person), f"noticed-{number}-{person}", day + timedelta(hours=9))

    def _talk(self, person: int, name: str, asked_at: datetime) -> None:
        at = staff.talked_at(self.dice, self.scenario, f"{person}/{asked_at.date()}", asked_at)
        if at is not None:
            self._plan(at, partial(self._treated, person, "outreach", name))

    def _treated(self, person: int, treatment: str, name: str, at: datetime) -> Emission:
        if treatment == "outreach" and self.life.stage[person] == TRIAL:
            return self._helped(person, "call", name, at)
        number = (at - self.course.start) // DAY
        said = self.life.treat(person, treatment, number, name)
        self._truth.setdefault("treatments", []).append({**said, "at": at})
        return Emission()

    def notice(self, kind: str, frame: pl.DataFrame, now: datetime) -> Emission:
        """Rows of ours that reach people: invoices, tasks given to staff, campaigns."""
        found: list[Emission] = []
        for row in frame.iter_rows(named=True):
            person = self._index.get(row["subject"])
            if person is None:
                continue
            if kind == "invoice.issued":
                key = (row["subscription"], person, row["period_end"])
                number = str(row["number"])
                found.append(self.accounts.present(key, row["total_minor"], now, number))
            elif kind in ("ticket.routed", "ticket.escalated"):
                found.append(self.helpdesk.seen(row, now))
            elif kind == "task.assigned" and str(row["what"]).startswith("see to ticket"):
                continue
            elif kind == "task.assigned" and "unpaid" in (row["why"] or ""):
                self._ask_for_money(person, now + timedelta(hours=5))
            elif kind == "task.assigned":
                self._talk(person, row["cause"] or row["id"], now)
            elif kind == "entitlement.changed":
                self._limited(person, row, now)
            elif kind == "campaign.enrolled":
                name = row["cause"] or row["id"]
                self._prompted[person] = (name, now + timedelta(days=14))
                at = now + timedelta(hours=3)
                self._plan(at, partial(self._treated, person, "campaign", name))
        return joined(found)

    def mailed(self, action: Action, now: datetime) -> Emission:
        """An action of ours that reaches a customer: a charge, or a message."""
        if action.subject not in self._index:
            return Emission()
        if action.verb == "payment.charge":
            return self.accounts.charged(str(action.parameters["invoice"]), now)
        if action.verb == "ticket.reply":
            return self.helpdesk.replied(action, now)
        if action.verb != "message.send":
            self._ask_for_money(self._index[action.subject], now + timedelta(minutes=30))
            return Emission()
        number = self._mails[action.subject] = self._mails.get(action.subject, 0) + 1
        found = became(self.dice, self.scenario, action, now, number)
        opened = found.rows.get("message.opened", pl.DataFrame({"machine": []}))
        at = opened.filter(~pl.col("machine").cast(pl.Boolean))
        if not at.height:
            return found
        return joined([found, self._read(action, at["occurred_at"][0])])

    def _read(self, action: Action, at: datetime) -> Emission:
        """What a person does who opened a message."""
        person, letter = self._index[action.subject], letter_of(action)
        if action.parameters.get("stream") == "billing":
            self._ask_for_money(person, at)
        elif letter in ("welcome", "help"):
            self._plan(at, partial(self._helped, person, letter, action.key))
        elif letter == "survey":
            begun = self.life.begun(person, self._days(at))
            feels = "begun" if begun else "stuck"
            return surveyed(self.dice, self.scenario, action, at, feels)
        return Emission()

    def _days(self, at: datetime) -> float:
        return (at - self.course.start) / DAY

    def _helped(self, person: int, treatment: str, name: str, at: datetime) -> Emission:
        said = self.life.bring_on(person, treatment, self._days(at), name)
        self._truth.setdefault("helped", []).append({**said, "at": at})
        return Emission()

    def _ask_for_money(self, person: int, at: datetime) -> None:
        self._plan(at, partial(self.accounts.asked_of, person))

    def _limited(self, person: int, row: Mapping[str, object], now: datetime) -> None:
        """A lower limit lowers use, and brings payment; some leave over it."""
        percent = int(str(row["limit_percent"])) * (not row["read_only"])
        tighter = percent < self._limits.get(person, 100)
        self._limits[person] = percent
        self.life.throttled[person] = percent <= _FELT_PERCENT
        if tighter:
            self._ask_for_money(person, now + timedelta(hours=2))
            luck = self.dice.of("limited", self.people.names()[person], percent).random(1)
            if luck[0] < self.scenario.number("payment.limited_leaves_share"):
                number = (now - self.course.start) // DAY
                self.life.leaves_at[person] = min(self.life.leaves_at[person], number + 1)

    def truth(self) -> dict[str, pl.DataFrame]:
        """All that nobody may know who thinks: why customers leave, what worked, what is owed."""
        life, frame = self.life, self.people.frame
        who = frame.with_columns(
            stage=pl.Series(life.stage),
            since_day=pl.Series(life.since),
            left_day=pl.Series(life.left_at),
            outreach=pl.Series(self.people.outreach),
            annoyed=pl.Series(self.people.annoyed),
            plan=pl.Series(life.plan),
        )
        tables = {
            "customers": who,
            "leavings": pl.DataFrame(life.leavings),
            "months": table(self.accounts.months),
            "charges": table(self.accounts.charges.values()),
            **self.helpdesk.told(),
            **self.around.told(),
            **{name: pl.DataFrame(rows) for name, rows in self._truth.items()},
        }
        about = {"scenario": self.scenario.name, "seed": self.course.seed}
        about |= {"customers": self.course.customers, "start": iso(self.course.start)}
        about |= {"days": self.course.days, "segments": ",".join(SEGMENTS)}
        return tables | {"about": pl.DataFrame([about])}
