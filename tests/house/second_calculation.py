"""All invoices of a company, calculated a second time: slow, obvious, and by nobody else's code.

Loops over single events, fractions instead of decimals, periods counted day by day, tiers cut at
every bound. Shares nothing with the product but the company's own price list in TOML.
"""

import tomllib
from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

import msgspec

from tests.house.company import Company, Subscription, Use, too_late

GRACE, QUARTER_HOUR = timedelta(hours=6), timedelta(minutes=15)
MINOR = {"USD": 100, "JPY": 1}
Price = dict[str, Any]


class Line(msgspec.Struct, frozen=True, order=True):
    """What a line of an invoice has to say; `precise` in major units, `amount` in minor ones."""

    kind: str
    period_start: datetime
    period_end: datetime
    meter: str
    quantity: Fraction
    precise: Fraction
    amount: int
    tax: int


class Invoice(msgspec.Struct, frozen=True):
    """An invoice without its number; `issued_at` is the instant of its close."""

    customer: str
    plan: str
    currency: str
    period_start: datetime
    period_end: datetime
    issued_at: datetime
    correction: bool
    lines: tuple[Line, ...]

    @property
    def net(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)


def invoices(company: Company, prices: str, until: datetime) -> list[Invoice]:
    """Every invoice issued up to an instant, in the order of its number."""
    book = [_price(one) for one in tomllib.loads(prices)["price"]]
    found: list[Invoice] = []
    mine: dict[str, list[Use]] = {one.customer: [] for one in company.subscriptions}
    for use in company.uses:
        mine[use.customer].append(use)
    for subscription in company.subscriptions:
        found += _of(subscription, mine[subscription.customer], book, until)
    return sorted(found, key=lambda one: (one.issued_at, one.period_end, one.customer))


def _of(
    subscription: Subscription, uses: list[Use], book: list[Price], until: datetime
) -> Iterator[Invoice]:
    billed: set[str] = set()
    closed: list[tuple[datetime, datetime]] = []
    for start, end in _periods(subscription, book):
        now = _whole_second(end + GRACE)
        if now > until:
            return
        over = subscription.ends is not None and subscription.ends <= start
        price = _in_force(book, subscription.plan, start)
        fresh = [use for use in uses if use.id not in billed and known(use, now)]
        own = [] if over else [use for use in fresh if start <= quarter(use.at) < end]
        lines = [] if over else _own_lines(price, own, (start, end))
        billed |= {use.id for use in own}
        for earlier in closed:
            came = [use for use in fresh if earlier[0] <= quarter(use.at) < earlier[1]]
            before = [use for use in uses if use.id in billed and _within(use, earlier)]
            old = _in_force(book, subscription.plan, earlier[0])
            lines += _late_lines(old, before, came, earlier)
            billed |= {use.id for use in came}
        if lines or not over:
            yield Invoice(
                subscription.customer,
                subscription.plan,
                price["currency"],
                start,
                end,
                now,
                over,
                tuple(lines),
            )
        if not over:
            closed.append((start, end))


def _price(table: Price) -> Price:
    return {**table, "valid_from": table["valid_from"].replace(tzinfo=None)}


def _in_force(book: list[Price], plan: str, at: datetime) -> Price:
    known = [one for one in book if one["plan"] == plan and one["valid_from"] <= at]
    return max(known, key=lambda one: (one["valid_from"], one["version"]))


def _periods(subscription: Subscription, book: list[Price]) -> Iterator[tuple[datetime, datetime]]:
    price, start, number = _in_force(book, subscription.plan, subscription.starts), None, 0
    while True:
        end = _later(subscription.starts, price, number)
        if start is not None:
            yield start, end
        start, number = end, number + price.get("interval_count", 1)


def _later(start: datetime, price: Price, count: int) -> datetime:
    """`count` weeks or months later; the last day of a month that lacks the day."""
    if price["interval"] == "week":
        for _ in range(7 * count):
            start += timedelta(days=1)
        return start
    year, month = start.year, start.month
    for _ in range(count):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


def quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def _within(use: Use, period: tuple[datetime, datetime]) -> bool:
    return period[0] <= quarter(use.at) < period[1]


def known(use: Use, now: datetime) -> bool:
    """Known once the quarter-hour in which it was recorded is over; never if 35 days late."""
    return not too_late(use) and quarter(use.arrives or use.at) + QUARTER_HOUR <= now


def _whole_second(at: datetime) -> datetime:
    return at if not at.microsecond else at.replace(microsecond=0) + timedelta(seconds=1)


def _units(uses: list[Use], meter: str) -> Fraction:
    total = Fraction(0)
    for use in uses:
        if use.meter == meter:
            total += Fraction(use.units)
    return total


def _usage(meter: Price, units: Fraction) -> Fraction:
    """Block by block between all bounds, each at the rate of the tier in which its last unit is."""
    over, amount, low = units - Fraction(meter["included"]), Fraction(0), Fraction(0)
    if over <= 0:
        return amount
    if meter["mode"] == "volume":
        return over * _rate(meter, over)
    bounds = {Fraction(tier["up_to"]) for tier in meter["tiers"] if "up_to" in tier}
    for bound in sorted({*(one for one in bounds if one < over), over}):
        amount += (bound - low) * _rate(meter, bound)
        low = bound
    return amount


def _rate(meter: Price, unit: Fraction) -> Fraction:
    for tier in meter["tiers"]:
        if "up_to" not in tier or unit <= Fraction(tier["up_to"]):
            return Fraction(tier["rate"])
    raise AssertionError("the last tier has no end")


def _spend(price: Price, uses: list[Use]) -> Fraction:
    total = Fraction(price["base"])
    for meter in price.get("meter", []):
        total += _usage(meter, _units(uses, meter["meter"]))
    return max(total, Fraction(price["minimum"]))


def _line(price: Price, kind: str, what: tuple[str, Fraction], precise: Fraction) -> Line:
    amount = _rounded(precise * MINOR[price["currency"]])
    tax = _rounded(amount * Fraction(price["tax_share"]))
    return Line(kind, datetime.min, datetime.min, *what, precise, amount, tax)


def _own_lines(price: Price, uses: list[Use], period: tuple[datetime, datetime]) -> list[Line]:
    lines, nothing = [], ("", Fraction(0))
    if Fraction(price["base"]):
        lines.append(_line(price, "base", nothing, Fraction(price["base"])))
    for meter in price.get("meter", []):
        units = _units(uses, meter["meter"])
        if units:
            what = meter["meter"], units
            lines.append(_line(price, "usage", what, _usage(meter, units)))
    least = _rounded(Fraction(price["minimum"]) * MINOR[price["currency"]])
    short = least - sum(line.amount for line in lines)  # to the cent of what is posted
    if short > 0:
        topped = Fraction(short, MINOR[price["currency"]])
        lines.append(_line(price, "minimum", nothing, topped))
    return [_dated(line, period) for line in lines]


def _late_lines(
    price: Price, before: list[Use], came: list[Use], period: tuple[datetime, datetime]
) -> list[Line]:
    """What the period costs with the late usage of a meter, less what it cost without."""
    lines, known = [], list(before)
    for meter in sorted(one["meter"] for one in price.get("meter", [])):
        late = [use for use in came if use.meter == meter]
        if _units(late, meter):
            added = _spend(price, known + late) - _spend(price, known)
            lines.append(_line(price, "late_usage", (meter, _units(late, meter)), added))
        known += late
    return [_dated(line, period) for line in lines]


def _dated(line: Line, period: tuple[datetime, datetime]) -> Line:
    return msgspec.structs.replace(line, period_start=period[0], period_end=period[1])


def _rounded(value: Fraction) -> int:
    """To the nearest whole number, half away from zero."""
    whole = floor(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole
