"""What a closing period is charged: its own lines, and usage of earlier ones that came late."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
import polars as pl
from msgspec.structs import replace

from psizero.core.clock import iso
from psizero.core.content import encoded
from psizero.core.money import Money
from psizero.finance.book import PriceBook
from psizero.finance.books import sides
from psizero.finance.rating import (
    Line,
    PriceVersion,
    invoice_lines,
    late_line,
    line_json,
    unpriced,
)
from psizero.finance.stretches import seat_fee


class Period(msgspec.Struct, frozen=True):
    """A row of the table `billing_calendar` whose period closes."""

    subscription: str
    customer: str
    plan: str
    period_start: datetime
    period_end: datetime
    correction: bool
    quantity: int = 1


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


class Usage(msgspec.Struct, frozen=True):
    """The table `period_usage`, by period: what is open, what was billed, what came late."""

    open: Mapping[tuple[str, datetime], Quantities]
    billed: Mapping[tuple[str, datetime], Quantities]
    late: Mapping[str, list[tuple[str, datetime, datetime]]]


def usage_by_period(usage: pl.DataFrame) -> Usage:
    """Late: invoiced periods in which some meter has usage that no invoice knows."""
    open_: dict[tuple[str, datetime], Quantities] = defaultdict(dict)
    billed: dict[tuple[str, datetime], Quantities] = defaultdict(dict)
    late: dict[str, list[tuple[str, datetime, datetime]]] = {}
    for row in usage.iter_rows(named=True):
        key = (row["subscription"], row["period_start"])
        open_[key][row["meter"]] = row["open_quantity"]
        billed[key][row["meter"]] = row["billed_quantity"]
        period = (row["plan"], row["period_start"], row["period_end"])
        if row["invoiced"] and row["open_quantity"]:
            known = late.setdefault(row["subscription"], [])
            if period not in known:
                known.append(period)
    return Usage(open_, billed, late)


def charge(period: Period, usage: Usage, book: PriceBook, with_late: bool) -> Charge | None:
    """None where no price is in force, and for a correction without late usage."""
    price = book.in_force(period.plan, period.period_start)
    late = late_lines(period, usage, book) if with_late else []
    if price is None or (period.correction and not late):
        return None
    if period.correction:
        return charged(period, price, late, [])
    quantities = usage.open.get((period.subscription, period.period_start), {})
    start, end = period.period_start, period.period_end
    lines = invoice_lines(price, quantities, start, end, period.quantity)
    unbilled = [*sorted(unpriced(price, quantities)), *_term(price)]
    return charged(period, price, [*lines, *late], unbilled)


def _term(price: PriceVersion) -> list[str]:
    """A commitment over several periods, which the bill of one period alone cannot true up."""
    return ["commitment"] if price.terms.commitment is not None else []


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


def for_seats(price: PriceVersion | None, quantity: int) -> PriceVersion | None:
    """The price with its fee for so many seats; minimum and meters are the subscription's."""
    if price is None or (quantity == 1 and price.terms.seats is None):
        return price
    base, _ = seat_fee(price.terms, quantity)
    return replace(price, terms=replace(price.terms, base=base, seats=None))


def late_lines(closing: Period, usage: Usage, book: PriceBook) -> list[Line]:
    """A line for each earlier period and meter that got usage after it was invoiced."""
    subscription, lines = closing.subscription, list[Line]()
    for plan, start, end in usage.late.get(subscription, []):
        price = for_seats(book.in_force(plan, start), closing.quantity)
        known = dict(usage.billed[subscription, start])
        came = usage.open[subscription, start]
        unknown = unpriced(price, came) if price else set(came)
        for meter in sorted(set(came) - unknown):
            if price is not None and came[meter]:
                lines.append(late_line(price, meter, known, came[meter], (start, end)))
                known[meter] = known.get(meter, Decimal(0)) + came[meter]
    return lines
