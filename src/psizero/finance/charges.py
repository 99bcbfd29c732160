"""What a closing period is charged: its own lines, and usage of earlier ones that came late."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec
import polars as pl

from psizero.finance.book import PriceBook
from psizero.finance.rating import Line, PriceVersion, invoice_lines, late_line, unpriced

Row = Mapping[str, object]
Quantities = dict[str, Decimal]


class Charge(msgspec.Struct, frozen=True):
    """The lines of one invoice under the price in force at its start."""

    price: PriceVersion
    lines: list[Line]
    unpriced_meters: list[str]

    @property
    def late_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines if line.kind == "late_usage")


class Usage(msgspec.Struct, frozen=True):
    """The table `period_usage`, by period: what is open, what was billed, what came late."""

    open: Mapping[tuple[str, datetime], Quantities]
    billed: Mapping[tuple[str, datetime], Quantities]
    late: Mapping[str, list[tuple[str, datetime, datetime]]]


def usage_by_period(usage: pl.DataFrame) -> Usage:
    """Late: invoiced periods in which some meter has usage that no invoice knows."""
    open_, billed = (
        defaultdict[tuple[str, datetime], Quantities](dict),
        defaultdict[tuple[str, datetime], Quantities](dict),
    )
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


def charge(period: Row, usage: Usage, book: PriceBook, with_late: bool) -> Charge | None:
    """None where no price is in force, and for a correction without late usage."""
    subscription, start, end = (
        str(period["subscription"]),
        period["period_start"],
        period["period_end"],
    )
    assert isinstance(start, datetime) and isinstance(end, datetime)
    price = book.in_force(str(period["plan"]), start)
    late = late_lines(subscription, usage, book) if with_late else []
    if price is None or (period["correction"] and not late):
        return None
    if period["correction"]:
        return Charge(price, late, [])
    quantities = usage.open.get((subscription, start), {})
    lines = invoice_lines(price, quantities, start, end)
    return Charge(price, [*lines, *late], sorted(unpriced(price, quantities)))


def late_lines(subscription: str, usage: Usage, book: PriceBook) -> list[Line]:
    """A line for each earlier period and meter that got usage after it was invoiced."""
    lines: list[Line] = []
    for plan, start, end in usage.late.get(subscription, []):
        price = book.in_force(plan, start)
        known = dict(usage.billed[subscription, start])
        came = usage.open[subscription, start]
        unknown = unpriced(price, came) if price else set(came)
        for meter in sorted(set(came) - unknown):
            if price is not None and came[meter]:
                lines.append(late_line(price, meter, known, came[meter], (start, end)))
                known[meter] = known.get(meter, Decimal(0)) + came[meter]
    return lines
