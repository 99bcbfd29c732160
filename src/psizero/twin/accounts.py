"""Subscriptions and their money: months that end, invoices presented, payments that come of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.core.events.payment import (
    PAYMENT_FAILED,
    PAYMENT_METHOD_UPDATED,
    PAYMENT_SUCCEEDED,
)
from psizero.core.events.subscription import SUBSCRIPTION_ENDED, SUBSCRIPTION_STARTED
from psizero.twin.charges import HARD, Charge, Payment, asked, cured, presented, tried
from psizero.twin.dice import Dice
from psizero.twin.dues import Change, Month, Running, closed
from psizero.twin.emission import Emission, rows_of
from psizero.twin.people import PLANS, People
from psizero.twin.scenario import Scenario

CURRENCY = "USD"


class Accounts:
    """All subscriptions that run, all months that ended, all invoices that were presented."""

    def __init__(self, dice: Dice, scenario: Scenario, people: People, start: datetime) -> None:
        self._dice, self._scenario, self._people = dice, scenario, people
        self._start, self._change = start, change_of(scenario, start)
        self._running: dict[int, Running] = {}
        self._closing: list[Running] = []
        self.months: list[Month] = []
        self.charges: dict[tuple[str, datetime], Charge] = {}
        self._attempts = 0
        self._numbered: dict[str, Charge] = {}

    def start(
        self, who: Iterable[int], numbers: np.ndarray, plans: np.ndarray, day: datetime
    ) -> Emission:
        """Subscriptions that begin with a day."""
        rows: list[dict[str, object]] = []
        for person in who:
            customer = str(self._people.names()[int(person)])
            name = f"{customer}-{int(numbers[person])}"
            plan = int(plans[person])
            self._running[int(person)] = Running(name, customer, int(person), plan, day)
            row: dict[str, object] = {"id": f"{name}/start", "subject": customer}
            row |= {"occurred_at": day, "subscription": name, "plan": PLANS[plan], "quantity": 1}
            rows.append(row)
        return Emission(
            {SUBSCRIPTION_STARTED.name: rows_of(SUBSCRIPTION_STARTED, rows)} if rows else {}
        )

    def end(self, who: Iterable[int], day: datetime) -> Emission:
        """Subscriptions that end with a day; the month that holds it is still billed."""
        rows: list[dict[str, object]] = []
        for person in who:
            one = self._running.pop(int(person), None)
            if one is not None:
                one.ended = day
                self._closing.append(one)
                row: dict[str, object] = {"id": f"{one.name}/end", "subject": one.customer}
                rows.append(row | {"occurred_at": day, "subscription": one.name})
        return Emission(
            {SUBSCRIPTION_ENDED.name: rows_of(SUBSCRIPTION_ENDED, rows)} if rows else {}
        )

    def close(self, day: datetime) -> list[Month]:
        """The months that end with a day."""
        missed = 1 - self._scenario.number("staff.overage_missed_share")
        found: list[Month] = []
        for one in (*self._running.values(), *self._closing):
            if one.ends() == day:
                found.append(closed(one, missed, self._change))
                one.month, one.calls = one.month + 1, 0
        self._closing = [one for one in self._closing if one.ended and one.begins() < one.ended]
        self.months += found
        return found

    def used(self, calls: np.ndarray) -> None:
        """Calls of a day by person; those without a subscription are paid by nobody."""
        for person, one in self._running.items():
            one.calls += int(calls[person])

    def present(
        self, month: tuple[str, int, datetime], amount_minor: int, at: datetime, number: str = ""
    ) -> Emission:
        """An invoice reaches its customer: subscription, person and period end, and how much.

        By hand the staff numbers it.
        """
        name, person, period_end = month
        if (name, period_end) in self.charges or amount_minor <= 0:
            return Emission()
        due = at + timedelta(days=14)
        customer = str(self._people.names()[person])
        charge = Charge(name, person, customer, amount_minor, period_end, at, due)
        charge.number = number or f"M{len(self.charges) + 1}"
        self.charges[name, period_end] = charge
        self._numbered[charge.number] = charge
        return self._rows(presented(self._dice, self._scenario, self._people, charge, self._start))

    def remind(self, day: datetime) -> Emission:
        """Staff asks again for what is unpaid, and tries the card again, once a week."""
        every = timedelta(days=self._scenario.number("staff.reminder_days"))
        most = self._scenario.number("staff.reminders_max")
        payments: list[Payment] = []
        for one in self.open():
            last = one.reminded_at or one.invoiced_at
            if one.asked < most and one.code and last + every <= day and day.weekday() < 5:
                at = day + timedelta(hours=10, minutes=one.person % 60)
                one.reminded_at = at
                payments += tried(one, at) if one.code not in HARD else []
                payments += asked(self._dice, self._scenario, one, at)
        return self._rows(payments)

    def charged(self, number: str, at: datetime) -> Emission:
        """The gateway is told to try an invoice once more; a hard decline stays one."""
        one = self._numbered.get(number)
        payments = tried(one, at) if one is not None and one.code not in HARD else []
        if one is not None and one.code in HARD and one.paid_at is None:
            payments = [(at, one, False)]
        return self._rows(payments)

    def asked_of(self, person: int, at: datetime) -> Emission:
        """Somebody asks a customer for all that failed: by mail, by phone, or by a limit."""
        found = [one for one in self.open() if one.person == person and one.code]
        payments = [one for c in found for one in asked(self._dice, self._scenario, c, at)]
        return self._rows(payments)

    def mend(self, day: datetime) -> Emission:
        """What customers pay unasked within a day."""
        until = day + timedelta(days=1)
        return self._rows([one for charge in self.open() for one in cured(charge, until)])

    def given_up(self, day: datetime) -> list[int]:
        """Whose invoices are unpaid for so long that the account is given up."""
        after = timedelta(days=self._scenario.number("payment.unpaid_leaves_days"))
        return sorted({one.person for one in self.open() if one.invoiced_at + after <= day})

    def open(self) -> list[Charge]:
        """What is presented and not paid."""
        return [one for one in self.charges.values() if one.paid_at is None]

    def owing(self, total: int) -> np.ndarray:
        """Who has an invoice that failed and is not paid."""
        found = np.zeros(total, dtype=bool)
        found[[one.person for one in self.open() if one.code]] = True
        return found

    def _rows(self, payments: list[Payment]) -> Emission:
        rows: dict[str, list[dict[str, object]]] = {}
        for at, charge, arrived in payments:
            self._attempts += 1
            kind = PAYMENT_SUCCEEDED if arrived else PAYMENT_FAILED
            name = f"{charge.name}/{charge.period_end:%y%m%d}/{self._attempts}"
            row: dict[str, object] = {"id": name, "subject": charge.customer}
            row |= {"occurred_at": at.replace(microsecond=0), "currency": CURRENCY}
            row |= {"amount_minor": charge.amount_minor, "invoice": charge.number}
            rows.setdefault(kind.name, []).append(
                row if arrived else row | {"decline_code": charge.code}
            )
            if arrived and charge.paid_by == "asked":
                renewed = {"id": f"{name}/method", "subject": charge.customer, "method": "card"}
                rows.setdefault(PAYMENT_METHOD_UPDATED.name, []).append(
                    renewed | {"occurred_at": at - timedelta(seconds=30)}
                )
        kinds = (PAYMENT_SUCCEEDED, PAYMENT_FAILED, PAYMENT_METHOD_UPDATED)
        return Emission(
            {one.name: rows_of(one, rows[one.name]) for one in kinds if one.name in rows}
        )


def change_of(scenario: Scenario, start: datetime) -> Change | None:
    """The change of prices that a scenario holds; None where there is none."""
    day = scenario.number("price.change_day")
    factor = scenario.number("price.change_factor")
    return Change(start + timedelta(days=day), factor) if day else None


_INSTANT = pl.Datetime("us")
_INSTANTS = dict.fromkeys(("passes_at", "cures_at", "paid_at", "reminded_at"), _INSTANT)


def table(records: Iterable[msgspec.Struct]) -> pl.DataFrame:
    """Records as rows of truth; instants are instants also where none is known."""
    rows = [msgspec.structs.asdict(one) for one in records]
    typed = {name: one for name, one in _INSTANTS.items() if rows and name in rows[0]}
    return pl.DataFrame(rows, schema_overrides=typed, infer_schema_length=None)
