"""What people of the company do by hand: when they get to it, and how often they do."""

from datetime import datetime, timedelta

import numpy as np

from psizero.twin.dice import Dice, normal
from psizero.twin.people import SEGMENTS
from psizero.twin.scenario import Scenario

OPENS, CLOSES = 9, 17
TASKS = {
    "invoices": "finance.invoicing",
    "reminders": "finance.dunning",
    "answers": "customers.ticket_answer",
    "watch": "customers.health_watch",
}
"""Work that staff does until the automation named does it at auto."""


def working(at: datetime, hours: float) -> datetime:
    """Working hours later: nine to five, Monday to Friday, UTC."""
    left = timedelta(hours=hours)
    now = _open(at)
    while left > (room := now.replace(hour=CLOSES, minute=0, second=0, microsecond=0) - now):
        left -= room
        now = _open(now.replace(hour=CLOSES, minute=0, second=0, microsecond=0))
    return (now + left).replace(microsecond=0)


def _open(at: datetime) -> datetime:
    """The next instant, at or after one, at which somebody works."""
    while at.weekday() >= 5 or at.hour >= CLOSES:
        at = at.replace(hour=OPENS, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(at, at.replace(hour=OPENS, minute=0, second=0, microsecond=0))


def answered_at(dice: Dice, scenario: Scenario, ticket: str, opened_at: datetime) -> datetime:
    """When somebody first answers a ticket."""
    luck = dice.of("answer", ticket).random(1)
    spread = scenario.number("staff.answer_spread")
    hours = scenario.number("staff.answer_hours_median") * float(np.exp(spread * normal(luck)[0]))
    return working(opened_at, hours)


def talked_at(dice: Dice, scenario: Scenario, name: str, asked_at: datetime) -> datetime | None:
    """When a task is done that was given to somebody; None where nobody gets to it."""
    luck = dice.of("talk", name).random(2)
    if luck[0] >= scenario.number("staff.outreach_done_share"):
        return None
    hours = scenario.number("staff.outreach_hours_median") * float(
        np.exp(0.7 * normal(luck[1:])[0])
    )
    return working(asked_at, hours)


def noticed(
    dice: Dice, scenario: Scenario, day: datetime, declining: np.ndarray, segment: np.ndarray
) -> np.ndarray:
    """Which declining customers somebody notices, on a Monday; nobody on another day."""
    if day.weekday() != 0:
        return np.array([], dtype=np.int64)
    shares = np.array([scenario.shares("staff.notices_weekly")[one] for one in SEGMENTS])
    luck = dice.of("noticed", day.isoformat()).random(declining.size)
    found: np.ndarray = np.flatnonzero(declining & (luck < shares[segment]))
    return found


def answer(
    dice: Dice, scenario: Scenario, decision: str, asked_at: datetime
) -> tuple[datetime, bool] | None:
    """When the owner answers what waits, and whether with yes; None where nobody does."""
    luck = dice.of("approver", decision).random(3)
    if luck[0] < scenario.number("approver.never_share"):
        return None
    hours = scenario.number("approver.answers_hours_median") * float(
        np.exp(0.8 * normal(luck[1:2])[0])
    )
    yes = bool(luck[2] >= scenario.number("approver.declines_share"))
    at = asked_at + timedelta(hours=hours)
    if not 7 <= at.hour < 21:
        at = at.replace(hour=7, minute=30) + timedelta(days=1 if at.hour >= 21 else 0)
    return at.replace(microsecond=0), yes


def regret(dice: Dice, scenario: Scenario, decision: str, done_at: datetime) -> datetime | None:
    """When the owner takes back what was done by itself; None where he lets it stand."""
    luck = dice.of("regret", decision).random(2)
    if luck[0] >= scenario.number("approver.regrets_share"):
        return None
    hours = scenario.number("approver.answers_hours_median") * float(
        np.exp(0.8 * normal(luck[1:2])[0])
    )
    return (done_at + timedelta(hours=hours)).replace(microsecond=0)
