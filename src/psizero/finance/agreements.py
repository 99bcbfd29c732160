"""What a customer has agreed to beside a plan: changes, coupons, and whose tax it is."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
import polars as pl

from psizero.core.errors import Problem
from psizero.core.tables import Facts
from psizero.finance.book import PriceBook
from psizero.finance.cycles import Period as Days
from psizero.finance.discounts import Coupon
from psizero.finance.lines import major
from psizero.finance.proration import WHOLE
from psizero.finance.quote_request import Ask, Change
from psizero.finance.taxes import TaxRule
from psizero.finance.terms import PriceVersion
from psizero.finance.timeline import Held, parts_within

AGREED = ("prices", "subscription_changes", "coupons", "tax_rules")
"""The tables that say what was agreed."""


class Period(msgspec.Struct, frozen=True):
    """A row of the table `billing_calendar`; plan, version and quantity are those at its start.

    `whole_end` is when it would have ended had nothing cut it.
    """

    subscription: str
    customer: str
    plan: str
    period_start: datetime
    period_end: datetime
    correction: bool
    quantity: int = 1
    version: int | None = None
    whole_end: datetime | None = None
    ended_at: datetime | None = None
    term: str | None = None

    @property
    def last(self) -> bool:
        return self.ended_at is not None and self.ended_at <= self.period_end


class Granted(msgspec.Struct, frozen=True):
    """A row of the table `coupons`."""

    coupon: str
    subscription: str
    granted_at: datetime
    share: Decimal | None = None
    amount_minor: int | None = None
    currency: str | None = None
    until: datetime | None = None


class Agreements(msgspec.Struct, frozen=True):
    """Changes that count at once by subscription, coupons and taxes by customer."""

    changes: Mapping[str, list[Change]]
    changed: frozenset[str]
    coupons: Mapping[str, list[Granted]]
    rules: Mapping[str, TaxRule]


def agreements(facts: Facts) -> Agreements:
    """From the tables `subscription_changes`, `coupons` and `tax_rules`."""
    changes: dict[str, list[Change]] = defaultdict(list)
    table = facts["subscription_changes"]
    now = table.filter(pl.col("effective") == "now").sort("changed_at", "change")
    columns = ("subscription", "changed_at", "plan", "version", "quantity")
    for subscription, at, plan, version, seats in now.select(columns).iter_rows():
        changes[subscription].append(Change(at, plan or "", version, seats, "", None))
    coupons: dict[str, list[Granted]] = defaultdict(list)
    for row in facts["coupons"].sort("customer", "coupon", "subscription").iter_rows(named=True):
        coupons[row["customer"]].append(msgspec.convert(row, Granted))
    said = facts["tax_rules"].select("customer", "rule").iter_rows()
    rules = {customer: rule for customer, text in said if (rule := _rule(text)) is not None}
    return Agreements(changes, frozenset(table["subscription"]), coupons, rules)


def _rule(text: str) -> TaxRule | None:
    """None where it cannot be read: then the price's own tax counts."""
    try:
        rule = msgspec.json.decode(text, type=TaxRule)
        rule.check()
    except (msgspec.DecodeError, Problem):
        return None
    return rule


def coupons_of(agreed: Agreements, period: Period, currency: str) -> list[Coupon]:
    """The coupons of a period, by name: granted at its start, and not over by then."""
    found, start = list[Coupon](), period.period_start
    for one in agreed.coupons.get(period.customer, []):
        counts = one.granted_at <= start and (one.until is None or start < one.until)
        if not counts or one.subscription not in ("", period.subscription):
            continue
        off = one.amount_minor
        amount = None if off is None or one.currency != currency else major(off, currency)
        if (one.share is None) != (amount is None) and (one.share is None or 0 < one.share <= 1):
            found.append(Coupon(one.coupon, one.share, amount))
    return found


def parts_of(agreed: Agreements, period: Period, book: PriceBook) -> tuple[Held, ...]:
    """Under which price and with how many seats a period was when; none where it has no price."""
    start, end = period.period_start, period.period_end
    price = book.agreed(period.plan, period.version, start)
    if price is None:
        return ()
    whole_end = period.whole_end or end
    inside = [one for one in agreed.changes.get(period.subscription, []) if start < one.at < end]
    if not inside and whole_end == end:
        return (Held(price, start, end, ((period.quantity, WHOLE),)),)
    ask = _ask(period, price, _possible(inside, period, price, book))
    whole = Days(start, whole_end, start.date(), whole_end.date(), "UTC")
    return parts_within(ask, book, whole, end)


def _possible(
    changes: list[Change], period: Period, price: PriceVersion, book: PriceBook
) -> tuple[Change, ...]:
    """Changes that one bill can hold: those to no known price, or to another currency, wait."""
    plan, version, found = period.plan, period.version, list[Change]()
    for one in changes:
        named = one.plan or plan
        pin = one.version if one.version is not None or one.plan else version
        new = book.agreed(named, pin, one.at)
        if new is not None and new.currency == price.currency:
            known = new.version if pin == new.version else None
            found.append(msgspec.structs.replace(one, version=known))
            plan, version = named, pin
    return tuple(found)


def _ask(period: Period, price: PriceVersion, changes: tuple[Change, ...]) -> Ask:
    """The period as a quote would be asked for it."""
    return Ask(
        name=period.subscription,
        plan=period.plan,
        version=price.version,
        start=period.period_start,
        until=None,
        ends_at=None,
        zone="UTC",
        alignment="anniversary",
        anchor=None,
        proration="second",
        new_prices="next_period",
        seats=period.quantity,
        changes=changes,
        usage=(),
        bills=(),
        coupons=(),
        rule=None,
    )
