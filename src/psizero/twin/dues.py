"""What is owed to the company: each subscription's months, and what their use comes to.

The twin's own arithmetic, for the manual company's invoices and as the truth beside the house's.
"""

import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

import msgspec
from dateutil.relativedelta import relativedelta

from psizero.twin.people import PLANS

BOOK = "prices.toml"


class Price(msgspec.Struct, frozen=True):
    """A month's base, the calls in it, and what a thousand further ones cost; minor units."""

    base_minor: int
    included: int
    thousand_minor: int

    def owed_minor(self, calls: int, billed_share: float = 1.0) -> int:
        """Half a minor unit is rounded up. `billed_share` of the calls above the included."""
        beyond = max(0, calls - self.included)
        extra = round(beyond * billed_share) if billed_share < 1 else beyond
        return self.base_minor + (extra * self.thousand_minor + 500) // 1000


class Running(msgspec.Struct):
    """A subscription from its start; `calls` since the present month of it began."""

    name: str
    customer: str
    person: int
    plan: int
    started: datetime
    month: int = 0
    calls: int = 0
    ended: datetime | None = None

    def begins(self) -> datetime:
        return later(self.started, self.month)

    def ends(self) -> datetime:
        return later(self.started, self.month + 1)


class Month(msgspec.Struct, frozen=True):
    """A month of a subscription that is over, and what its use comes to."""

    subscription: str
    customer: str
    person: int
    plan: str
    period_start: datetime
    period_end: datetime
    calls: int
    owed_minor: int
    staff_minor: int


class Change(msgspec.Struct, frozen=True):
    """New prices for months that begin at an instant or later, beside the old ones."""

    at: datetime
    factor: float


@cache
def book() -> tuple[Price, ...]:
    """The prices that are shipped, in the order of PLANS."""
    said = tomllib.loads((files("psizero.twin") / BOOK).read_text())
    found = {}
    for one in said["price"]:
        meter = one["meter"][0]
        base = round(float(one["base"]) * 100)
        thousand = round(float(meter["tiers"][0]["rate"]) * 100_000)
        found[one["plan"]] = Price(base, int(meter["included"]), thousand)
    return tuple(found[plan] for plan in PLANS)


def changed(price: Price, factor: float) -> Price:
    """Another version: whole minor units, for a thousand calls too."""
    return msgspec.structs.replace(
        price,
        base_minor=round(price.base_minor * factor),
        thousand_minor=round(price.thousand_minor * factor),
    )


def document(change: Change | None) -> dict[str, object]:
    """The price book as an owner writes it, with the new versions of a change."""
    said: dict[str, object] = tomllib.loads((files("psizero.twin") / BOOK).read_text())
    prices = list(said["price"]) if isinstance(said["price"], list) else []
    for plan, one in zip(PLANS, book(), strict=True):
        old = next(price for price in prices if price["plan"] == plan)
        if change is not None:
            new = changed(one, change.factor)
            rate = f"{new.thousand_minor // 100_000}.{new.thousand_minor % 100_000:05d}"
            base = f"{new.base_minor // 100}.{new.base_minor % 100:02d}"
            meter = {**old["meter"][0], "tiers": [{"rate": rate}]}
            begins = {"version": 2, "valid_from": change.at.replace(tzinfo=UTC)}
            prices.append({**old, **begins, "base": base, "meter": [meter]})
    return {"price": prices}


def later(start: datetime, months: int) -> datetime:
    """Months after a start; the last day of a month that lacks the day."""
    return start + relativedelta(months=months)


def closed(one: Running, billed_share: float, change: Change | None) -> Month:
    """The month of a subscription that has just ended."""
    price = book()[one.plan]
    if change is not None and one.begins() >= change.at:
        price = changed(price, change.factor)
    return Month(
        subscription=one.name,
        customer=one.customer,
        person=one.person,
        plan=PLANS[one.plan],
        period_start=one.begins(),
        period_end=one.ends(),
        calls=one.calls,
        owed_minor=price.owed_minor(one.calls),
        staff_minor=price.owed_minor(one.calls, billed_share),
    )


def working_day(after: datetime, number: int) -> datetime:
    """The start of the n-th working day after an instant's day; Saturday and Sunday are none."""
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day
