"""One quote, read: exact values and instants of UTC, of what docs/quote.md lets one write."""

import re
from datetime import date, datetime
from decimal import Decimal

import msgspec

from psizero.core.errors import Problem
from psizero.finance.cycles import ALIGNMENTS, zone_of
from psizero.finance.discounts import Coupon
from psizero.finance.faults import QUANTITY_DIGITS
from psizero.finance.proration import POLICIES
from psizero.finance.quote_document import (
    NEW_PRICES,
    ChangeSaid,
    Number,
    QuoteSaid,
    TaxesSaid,
    UsageSaid,
    moment,
)
from psizero.finance.taxes import Tax, TaxRule

SEATS_MAX, TIMES_MAX = 10**9, 10**12
_NUMBER = re.compile(r"-?[0-9]{1,29}(\.[0-9]{1,15})?")


class Use(msgspec.Struct, frozen=True):
    """A quantity of a meter at an instant (UTC), so many times."""

    at: datetime
    meter: str
    quantity: Decimal
    times: int


class Change(msgspec.Struct, frozen=True):
    """See `ChangeSaid`; `at` is UTC."""

    at: datetime
    plan: str
    version: int | None
    seats: int | None
    zone: str
    anchor: date | None


class Valid(msgspec.Struct, frozen=True):
    """A coupon and the instants between which a period has to begin."""

    coupon: Coupon
    start: datetime
    until: datetime


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One quote, read: instants are UTC, in their order where there are several."""

    name: str
    plan: str
    version: int | None
    start: datetime
    until: datetime | None
    ends_at: datetime | None
    zone: str
    alignment: str
    anchor: date | None
    proration: str
    new_prices: str
    seats: int
    changes: tuple[Change, ...]
    usage: tuple[Use, ...]
    bills: tuple[datetime, ...]
    coupons: tuple[Valid, ...]
    rule: TaxRule | None


def read(name: str, text: str) -> Ask:
    """A quote from its JSON. Raises Problem of one line that names the quote and what is wrong."""
    try:
        said = msgspec.json.decode(text, type=QuoteSaid)
        return _ask(name, said)
    except (Problem, msgspec.DecodeError) as error:
        raise Problem(f"quote {name!r}: {error}") from None


def _ask(name: str, said: QuoteSaid) -> Ask:
    zone_of(said.zone)
    words = (
        ("alignment", said.alignment, ALIGNMENTS),
        ("proration", said.proration, POLICIES),
        ("new_prices", said.new_prices, NEW_PRICES),
    )
    for key, value, known in words:
        if value not in known:
            raise Problem(f"`{key}` is {value!r}, it must be {' or '.join(known)}")
    start = moment(said.start, "start", said.zone)
    until, ends_at = _later(said.until, "until", said), _later(said.ends_at, "ends_at", said)
    for key, end in (("until", until), ("ends_at", ends_at)):
        if end is not None and end <= start:
            raise Problem(f"`{key}` is {end}, it must lie after `start`, which is {start} in UTC")
    changes = sorted((_change(one, said.zone) for one in said.changes), key=lambda one: one.at)
    if changes and changes[0].at < start:
        raise Problem(f"a change at {changes[0].at} lies before `start`, which is {start} in UTC")
    usage = [_use(one, n, said.zone, start) for n, one in enumerate(said.usage)]
    return Ask(
        name=name,
        plan=said.plan,
        version=said.version,
        start=start,
        until=until,
        ends_at=ends_at,
        zone=said.zone,
        alignment=said.alignment,
        anchor=_day(said.anchor, "anchor"),
        proration=said.proration,
        new_prices=said.new_prices,
        seats=_count(said.seats, "seats", 0, SEATS_MAX),
        changes=tuple(changes),
        usage=tuple(sorted(usage, key=lambda one: one.at)),
        bills=tuple(sorted({moment(text, "bills", said.zone) for text in said.bills})),
        coupons=_coupons(said),
        rule=_rule(said.tax),
    )


def _change(said: ChangeSaid, zone: str) -> Change:
    if said.zone:
        zone_of(said.zone)
    seats = None if said.seats is None else _count(said.seats, "seats", 0, SEATS_MAX)
    at, anchor = moment(said.at, "at", zone), _day(said.anchor, "anchor")
    return Change(at, said.plan, said.version, seats, said.zone, anchor)


def _use(said: UsageSaid, place: int, zone: str, start: datetime) -> Use:
    where = f"usage[{place}]"
    at = moment(said.at, f"{where}.at", zone) if said.at else start
    quantity = _number(said.quantity, f"{where}.quantity", QUANTITY_DIGITS[1])
    return Use(at, said.meter, quantity, _count(said.times, f"{where}.times", 1, TIMES_MAX))


def _coupons(said: QuoteSaid) -> tuple[Valid, ...]:
    found: list[Valid] = []
    for one in said.coupons:
        start = _later(one.start, "start", said) or datetime.min
        until = _later(one.until, "until", said) or datetime.max
        share, amount = (
            None if value is None else _number(value, f"coupon {one.name!r}: `{key}`", 15)
            for key, value in (("share", one.share), ("amount", one.amount))
        )
        coupon = Coupon(one.name, share, amount)
        coupon.check()
        if any(other.coupon.name == one.name for other in found):
            raise Problem(f"coupon {one.name!r} stands there twice")
        found.append(Valid(coupon, start, until))
    return tuple(found)


def _rule(said: TaxesSaid | None) -> TaxRule | None:
    if said is None:
        return None
    taxes = tuple(Tax(one.name, _number(one.share, "share", 15)) for one in said.taxes)
    rule = TaxRule(taxes, said.inclusive, said.level, said.treatment)
    rule.check()
    return rule


def _later(text: str, key: str, said: QuoteSaid) -> datetime | None:
    return moment(text, key, said.zone) if text else None


def _day(text: str, key: str) -> date | None:
    return moment(text, key, "UTC").date() if text else None


def _number(said: Number, key: str, digits: int) -> Decimal:
    text = str(said)
    behind = len(text.partition(".")[2].rstrip("0"))
    if not _NUMBER.fullmatch(text) or behind > digits:
        raise Problem(f'`{key}` is {text!r}; write it like "1234.56", with {digits} digits behind')
    return Decimal(text)


def _count(value: int, key: str, least: int, most: int) -> int:
    if not least <= value <= most:
        raise Problem(f"`{key}` is {value}, it must be {least} to {most:,}")
    return value
