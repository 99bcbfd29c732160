"""How invoices are paid: charges that pass or fail, why, and what mends them."""

from datetime import datetime, timedelta

import msgspec
import numpy as np

from psizero.twin.dice import Dice, normal
from psizero.twin.people import People
from psizero.twin.scenario import Scenario

SOFT = ("insufficient_funds", "do_not_honor", "processing_error", "generic_decline")
HARD = ("expired_card", "lost_card")
PAY_DAYS = (1, 15)
_MINUTE = timedelta(minutes=1)


class Charge(msgspec.Struct):
    """An invoice as its customer sees it. `passes_at`: from when an attempt passes, if ever.

    `cures_at`: when the customer mends it unasked. `asked`: how often somebody asked for it.
    `number` is that of its invoice.
    """

    name: str
    person: int
    customer: str
    amount_minor: int
    period_end: datetime
    invoiced_at: datetime
    due_at: datetime
    code: str = ""
    passes_at: datetime | None = None
    cures_at: datetime | None = None
    paid_at: datetime | None = None
    paid_by: str = ""
    asked: int = 0
    reminded_at: datetime | None = None
    number: str = ""


Payment = tuple[datetime, Charge, bool]
"""When, for which charge, and whether money arrived."""


def presented(
    dice: Dice, scenario: Scenario, people: People, charge: Charge, start: datetime
) -> list[Payment]:
    """A new invoice: its first charge a minute later, or a transfer some weeks on.

    The luck is the customer's for that period, whoever writes the invoice and when.
    """
    luck = dice.of("charge", charge.customer, charge.name, charge.period_end.isoformat()).random(10)
    at = charge.invoiced_at + _MINUTE
    if people.transfers[charge.person]:
        median = scenario.number("payment.transfer_days_median")
        days = median * float(np.exp(0.35 * normal(luck[0:1])[0]))
        return _paid(charge, charge.invoiced_at + timedelta(days=days), "transfer")
    outage = _outage(scenario, start, at)
    if outage is not None:
        charge.code, charge.passes_at = "processing_error", outage
        return [(at, charge, False)]
    if luck[1] >= scenario.number("payment.fails_share"):
        return _paid(charge, at, "first charge")
    shares = scenario.shares("payment.decline_shares")
    names, sums = list(shares), np.cumsum(list(shares.values()))
    drawn = int(np.searchsorted(sums / sums[-1], luck[2], side="right"))
    charge.code = names[min(drawn, len(names) - 1)]
    if charge.code in SOFT and luck[3] >= scenario.number("payment.never_share"):
        charge.passes_at = _funds(at, scenario, float(luck[4]), charge.code)
    found: list[Payment] = [(at, charge, False)]
    if luck[5] < scenario.number("payment.cures_share"):
        days = -scenario.number("payment.cures_days_mean") * float(np.log(1 - luck[6]))
        charge.cures_at = at + timedelta(days=days)
    return found


def _outage(scenario: Scenario, start: datetime, at: datetime) -> datetime | None:
    """When the gateway takes cards again, where it refuses all of them at an instant."""
    begins = start + timedelta(days=scenario.number("payment.outage_day"))
    ends = begins + timedelta(days=scenario.number("payment.outage_days"))
    return ends if begins <= at < ends else None


def _funds(at: datetime, scenario: Scenario, luck: float, code: str) -> datetime:
    """From when a soft decline would pass: some days, or the next pay day where money lacked."""
    passes = at + timedelta(
        days=-scenario.number("payment.funds_days_mean") * float(np.log(1 - luck))
    )
    if code != "insufficient_funds":
        return passes
    day = at.replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.day not in PAY_DAYS:
        day += timedelta(days=1)
    return min(passes, day)


def tried(charge: Charge, at: datetime) -> list[Payment]:
    """A further attempt with the same means. Nothing where it is paid already."""
    if charge.paid_at is not None:
        return []
    if charge.passes_at is not None and charge.passes_at <= at:
        return _paid(charge, at, "retry")
    return [(at, charge, False)]


def asked(dice: Dice, scenario: Scenario, charge: Charge, at: datetime) -> list[Payment]:
    """Somebody asks the customer for it: a new card, a confirmation, or nothing at all."""
    if charge.paid_at is not None:
        return []
    charge.asked += 1
    charge.reminded_at = at
    luck = dice.of("asked", charge.customer, charge.name, charge.asked).random(2)
    if luck[0] >= scenario.number("payment.card_updated_share"):
        return []
    median = scenario.number("payment.update_hours_median")
    hours = median * float(np.exp(0.9 * normal(luck[1:2])[0]))
    return _paid(charge, at + timedelta(hours=hours), "asked")


def cured(charge: Charge, until: datetime) -> list[Payment]:
    """The customer saw it, unasked."""
    if charge.paid_at is None and charge.cures_at is not None and charge.cures_at < until:
        return _paid(charge, charge.cures_at, "unasked")
    return []


def _paid(charge: Charge, at: datetime, by: str) -> list[Payment]:
    charge.paid_at, charge.paid_by = at.replace(microsecond=0), by
    return [(charge.paid_at, charge, True)]
