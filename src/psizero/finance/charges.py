"""What a closing period is charged: its own lines, and usage of earlier ones that came late."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
import polars as pl
from msgspec.structs import replace

from psizero.core.clock import iso
from psizero.core.content import canonical, encoded
from psizero.core.money import Money
from psizero.core.tables import Facts
from psizero.finance.agreements import Agreements, Period, agreements, coupons_of, parts_of
from psizero.finance.billing import Entry, Term, committed, finished
from psizero.finance.book import PriceBook, price_book
from psizero.finance.books import sides
from psizero.finance.proration import scaled, summed
from psizero.finance.rating import Line, PriceVersion, late_line, line_json, unpriced
from psizero.finance.stretches import Stretch, Used, seat_fee, stretch_lines
from psizero.finance.timeline import Billed, Held

Quantities = dict[str, Decimal]


class Charge(msgspec.Struct, frozen=True):
    """The lines of one period's invoice, under the price in force at its start.

    The totals are those of the lines, summed once: see `charged`.
    """

    period: Period
    price: PriceVersion
    lines: list[Line]
    unpriced_meters: list[str]
    net_minor: int
    tax_minor: int
    late_minor: int
    term: Term | None = None

    @property
    def total(self) -> Money:
        return Money(self.net_minor + self.tax_minor, self.price.currency)

    @property
    def parameters(self) -> dict[str, object]:
        """Keys and totals: what the decision to issue it is bound to."""
        return {
            "subscription": self.period.subscription,
            "period_start": self.period.period_start,
            "period_end": self.period.period_end,
            "currency": self.price.currency,
            "net_minor": self.net_minor,
            "tax_minor": self.tax_minor,
            "total_minor": self.total.minor,
        }

    def invoice(self, billed_through: datetime) -> dict[str, object]:
        """The row of invoice.issued, without its number."""
        return self.parameters | {
            "subject": self.period.customer,
            "plan": self.period.plan,
            "price_version": self.price.version,
            "late_minor": self.late_minor,
            "lines": encoded([line_json(line) for line in self.lines]),
            "billed_through": billed_through,
            "correction": self.period.correction,
            "term": None if self.term is None else _said(self.term),
        }

    def entry(self) -> list[dict[str, object]]:
        """The rows of journal.posted."""
        name = f"invoice {self.period.subscription} {iso(self.period.period_start)}"
        common = {
            "subject": self.period.customer,
            "entry": name,
            "currency": self.price.currency,
            "booked_for": self.period.period_end,
        }
        return [
            common | {"account": account, "amount_minor": amount}
            for account, amount in sides(self.lines).items()
        ]


def _said(term: Term) -> str:
    return canonical({"plan": term.plan, "periods": term.periods, "spent": term.spent})


class Usage(msgspec.Struct, frozen=True):
    """What is open, what was billed, what came late: by subscription and beginning.

    Use of a changed subscription lies by the part of a period that it fell in.
    """

    open: Mapping[tuple[str, datetime], Quantities]
    billed: Mapping[tuple[str, datetime], Quantities]
    parts: Mapping[str, Sequence[datetime]]
    late: Mapping[str, Sequence[Period]]


def usage_by_period(facts: Facts, changed: frozenset[str]) -> Usage:
    """Late: invoiced periods in which some meter has usage that no invoice knows."""
    open_: dict[tuple[str, datetime], Quantities] = defaultdict(dict)
    billed: dict[tuple[str, datetime], Quantities] = defaultdict(dict)
    parts: dict[str, set[datetime]] = defaultdict(set)
    whole = ("subscription", "period_start", "meter", "open_quantity", "billed_quantity")
    usage = facts["period_usage"]
    if changed:
        usage = usage.filter(~pl.col("subscription").is_in(list(changed)))
        split = facts["split_usage"].rename({"part_start": "part"})
        named = ("subscription", "part", *whole[2:])
        for subscription, start, meter, new, old in split.select(named).iter_rows():
            open_[subscription, start][meter], billed[subscription, start][meter] = new, old
            parts[subscription].add(start)
    for subscription, start, meter, new, old in usage.select(whole).iter_rows():
        open_[subscription, start][meter], billed[subscription, start][meter] = new, old
    sorted_parts = {name: sorted(starts) for name, starts in parts.items()}
    return Usage(open_, billed, sorted_parts, _late(facts))


def _late(facts: Facts) -> dict[str, list[Period]]:
    key = ["subscription", "period_start"]
    some = facts["period_usage"].filter(pl.col("invoiced") & (pl.col("open_quantity") != 0))
    late: dict[str, list[Period]] = {}
    if some.is_empty():
        return late
    rows = some.unique(key).sort(key)
    calendar = facts["billing_calendar"].select(*key, "version", "quantity", "whole_end")
    known = rows.join(calendar, on=key, how="left", maintain_order="left")
    for row in known.with_columns(correction=pl.lit(False)).iter_rows(named=True):
        period = msgspec.convert({**row, "quantity": row["quantity"] or 1}, Period)
        late.setdefault(period.subscription, []).append(period)
    return late


def _within(
    usage: Usage, quantities: Mapping[tuple[str, datetime], Quantities], name: str, part: Held
) -> Quantities:
    """What was used in a part of a period, by meter."""
    if name not in usage.parts:
        return quantities.get((name, part.start), {})
    total: Quantities = {}
    for start in usage.parts[name]:
        if part.start <= start < part.end:
            for meter, quantity in quantities.get((name, start), {}).items():
                total[meter] = total.get(meter, Decimal(0)) + quantity
    return total


class Billing(msgspec.Struct, frozen=True):
    """What every charge is made from."""

    book: PriceBook
    usage: Usage
    agreed: Agreements


def billing(facts: Facts) -> Billing:
    """From the tables that invoicing reads."""
    agreed = agreements(facts)
    return Billing(price_book(facts["prices"]), usage_by_period(facts, agreed.changed), agreed)


def charge(period: Period, known: Billing, with_late: bool) -> Charge | None:
    """None where no price is in force, and for a correction without late usage."""
    late = late_lines(period, known) if with_late else []
    parts = parts_of(known.agreed, period, known.book)
    if not parts or (period.correction and not late):
        return None
    price, rule = parts[0].price, known.agreed.rules.get(period.customer)
    late = [line for line, _ in finished([(line, price) for line in late], (), {}, rule)[0]]
    if period.correction:
        return charged(period, price, late, [])
    entries, strange = list[Entry](), set[str]()
    for part in parts:
        used = Used(_within(known.usage, known.usage.open, period.subscription, part))
        stretch = Stretch(
            price=part.price, start=part.start, end=part.end, used=used, seats=part.seats
        )
        entries += [(line, part.price) for line in stretch_lines(stretch)]
        strange |= unpriced(part.price, used)
    term = _term(period, parts)
    if term is not None:
        billed = Billed(period.period_start, period.period_end, parts, period.last)
        both = [*entries, *((line, price) for line in late)]
        more, term = committed(billed, both, term)
        entries += more
    coupons = coupons_of(known.agreed, period, price.currency)
    lines = [line for line, _ in finished(entries, coupons, {}, rule)[0]]
    return replace(charged(period, price, [*lines, *late], sorted(strange)), term=term)


def _term(period: Period, parts: Sequence[Held]) -> Term | None:
    """The commitment's term so far; none where none was begun and none is promised."""
    if period.term is not None:
        return msgspec.json.decode(period.term, type=Term)
    return None if parts[-1].price.terms.commitment is None else Term()


def charged(
    period: Period, price: PriceVersion, lines: list[Line], unpriced_meters: list[str]
) -> Charge:
    """The charge of these lines, with its totals."""
    return Charge(
        period,
        price,
        lines,
        unpriced_meters,
        net_minor=sum(line.amount_minor for line in lines),
        tax_minor=sum(line.tax_minor for line in lines),
        late_minor=sum(line.amount_minor for line in lines if line.kind == "late_usage"),
    )


def of_part(part: Held) -> PriceVersion:
    """The price with the fee of a part of a period in it, and its share of all allowances."""
    price, (seats, share) = part.price, part.seats[0]
    if len(part.seats) == 1 and share.used == share.whole:
        if seats == 1 and price.terms.seats is None:
            return price
        return replace(
            price, terms=replace(price.terms, base=seat_fee(price.terms, seats)[0], seats=None)
        )
    fees = [(seat_fee(price.terms, count)[0], one) for count, one in part.seats]
    whole = replace(share, used=sum(one.used for _, one in part.seats))
    base = sum(summed(fees)[1], Decimal(0))
    return replace(price, terms=replace(scaled(price.terms, whole), base=base, seats=None))


def late_lines(closing: Period, known: Billing) -> list[Line]:
    """A line for each earlier part of a period and meter that got usage after it was invoiced."""
    lines, usage, name = list[Line](), known.usage, closing.subscription
    for period in usage.late.get(name, []):
        for part in parts_of(known.agreed, period, known.book):
            price, came = of_part(part), _within(usage, usage.open, name, part)
            before = dict(_within(usage, usage.billed, name, part))
            for meter in sorted(set(came) - unpriced(price, came)):
                if came[meter]:
                    served = (part.start, part.end)
                    lines.append(late_line(price, meter, before, came[meter], served))
                    before[meter] = before.get(meter, Decimal(0)) + came[meter]
    return lines
