"""MRR said as slowly as possible: each day, each customer, each subscription, each period.

Shares no line with the house; amounts are fractions until a customer's day is rounded.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction

import msgspec

DAY = timedelta(days=1)
DIGITS = {"USD": 2, "JPY": 0, "KWD": 3}


class Version(msgspec.Struct, frozen=True, order=True):
    """A price; base None is a plan without one."""

    plan: str
    version: int
    valid_from: datetime
    currency: str
    interval: str
    count: int
    base: str | None


class Subscription(msgspec.Struct, frozen=True, order=True):
    """A row of the table `subscriptions`."""

    name: str
    customer: str
    plan: str
    seats: int
    starts: datetime
    ends: datetime | None


class Change(msgspec.Struct, frozen=True, order=True):
    """What a customer's MRR became on a day."""

    customer: str
    currency: str
    day: datetime
    movement: str
    before: int
    after: int


class Bridge(msgspec.Struct, frozen=True, order=True):
    """A month of one currency."""

    start: int
    sums: tuple[int, ...]
    counts: tuple[int, ...]
    end: int


MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")


def later(start: datetime, interval: str, count: int) -> datetime:
    """`count` intervals later; the last day of a month that lacks the day."""
    if interval in ("day", "week"):
        return start + count * (DAY if interval == "day" else 7 * DAY)
    months = start.month - 1 + count * (12 if interval == "year" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


def known(book: list[Version], plan: str) -> list[Version]:
    """A plan's versions in the order in which they replace each other.

    One replaced at the instant at which it begins was never in force.
    """
    mine = sorted((v for v in book if v.plan == plan), key=lambda v: (v.valid_from, v.version))
    return list({v.valid_from: v for v in mine}.values())


def fee(one: Subscription, book: list[Version], at: datetime) -> tuple[str, Fraction | None]:
    """Currency and a month's fee in minor units of a subscription that runs at an instant."""
    versions = known(book, one.plan)
    begun = [v for v in versions if v.valid_from <= one.starts]
    timed, number = begun[-1] if begun else versions[0], 0
    while later(one.starts, timed.interval, (number + 1) * timed.count) <= at:
        number += 1
    period = later(one.starts, timed.interval, number * timed.count)
    paid = [v for v in versions if v.valid_from <= period]
    if not paid or paid[-1].base is None:
        return (paid or versions)[-1 if paid else 0].currency, None
    price = paid[-1]
    a_year = {"day": 365, "week": 52, "month": 12, "year": 1}[timed.interval]
    amount = Fraction(str(price.base)) * one.seats * 10 ** DIGITS[price.currency]
    return price.currency, amount * a_year / 12 / timed.count


def running(subscriptions: list[Subscription], until: datetime) -> list[Subscription]:
    """Those that run just before an instant."""
    return [one for one in subscriptions if one.starts < until <= (one.ends or datetime.max)]


def totals(
    subscriptions: list[Subscription], book: list[Version], until: datetime
) -> dict[tuple[str, str], int]:
    """MRR by customer and currency just before an instant, rounded half up."""
    exact: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for one in running(subscriptions, until):
        currency, amount = fee(one, book, until - timedelta(microseconds=1))
        exact[one.customer, currency] += amount or 0
    return {key: int(amount + Fraction(1, 2)) for key, amount in exact.items()}


def changes(
    subscriptions: list[Subscription], book: list[Version], first: datetime, now: datetime
) -> Iterator[Change]:
    """Day by day from `first` to the last day that is over."""
    before: dict[tuple[str, str], int] = {}
    paid: set[tuple[str, str]] = set()
    day = first
    while day + DAY <= now:
        after = totals(subscriptions, book, day + DAY)
        for key in sorted({*before, *after}):
            old, new = before.get(key, 0), after.get(key, 0)
            if old != new:
                yield Change(*key, day, _named(old, new, key in paid), old, new)
                paid.add(key)
        before, day = after, day + DAY


def _named(old: int, new: int, paid_before: bool) -> str:
    if old == 0:
        return "reactivation" if paid_before else "new"
    if new == 0:
        return "churn"
    return "expansion" if new > old else "contraction"


def months(first: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Months that are over."""
    start = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while later(start, "month", 1) <= now:
        yield start, later(start, "month", 1)
        start = later(start, "month", 1)


def bridge(changed: Iterable[Change], currency: str, month: tuple[datetime, datetime]) -> Bridge:
    """Movements of a month between what stood before and after it."""
    mine = [one for one in changed if one.currency == currency]
    inside = [one for one in mine if month[0] <= one.day < month[1]]
    kinds = [[one for one in inside if one.movement == name] for name in MOVEMENTS]
    start = sum(one.after - one.before for one in mine if one.day < month[0])
    return Bridge(
        start,
        tuple(sum(abs(one.after - one.before) for one in some) for some in kinds),
        tuple(len(some) for some in kinds),
        start + sum(one.after - one.before for one in inside),
    )
