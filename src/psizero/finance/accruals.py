"""What is earned: the lines of invoices, and of periods that no invoice knows yet, rated to date.

A period that reaches over a month's end is rated as of that end, with the use until then, so that
what a closed month got stays what it was when the rest of the period is used and invoiced.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from itertools import groupby

import msgspec
import polars as pl

from psizero.core.money import EXACT
from psizero.finance.book import PriceBook, price_book
from psizero.finance.price_models import ZERO
from psizero.finance.rating import Line, PriceVersion, invoice_lines
from psizero.finance.recognition import accounts, today

LINES = {
    "invoice": pl.Int64(),
    "line": pl.Int64(),
    "subscription": pl.String(),
    "customer": pl.String(),
    "plan": pl.String(),
    "currency": pl.String(),
    "kind": pl.String(),
    "meter": pl.String(),
    "quantity": pl.Decimal(38, 9),
    "served_from": pl.Datetime("us"),
    "served_until": pl.Datetime("us"),
    "amount_minor": pl.Int64(),
    "issued_at": pl.Datetime("us"),
    "at_once": pl.Boolean(),
}
_ORDER = ["subscription", "served_from", "kind", "meter", "invoice", "line"]
_ORDER += ["issued_at", "amount_minor"]
_BILL = ("subscription", "served_from")
Bill = tuple[str, datetime]
Used = Mapping[str, list[tuple[datetime, Decimal]]]
"""By meter: how much in each month, in their order."""


def lines_of(facts: Mapping[str, pl.DataFrame], now: datetime) -> pl.DataFrame:
    """The table `earned_lines`; `key` is a line's number in it."""
    late = facts["billed_lines"].with_columns(at_once=pl.col("kind") == "late_usage")
    issued = pl.concat(
        [
            one.rename({"period_start": "served_from", "period_end": "served_until"}).select(
                *(pl.col(name).cast(kept) for name, kept in LINES.items())
            )
            for one in (late, _credits(facts["credited_lines"]))
        ]
    )
    open_ = facts["billing_calendar"].filter(
        ~pl.col("invoiced") & ~pl.col("correction") & (pl.col("period_start") < today(now))
    )
    rated = list(_unbilled(open_, facts["unbilled_use"], price_book(facts["prices"])))
    both = pl.concat([issued, pl.DataFrame(rated, schema=LINES, orient="row")])
    ordered = both.filter(pl.col("amount_minor") != 0).sort(_ORDER, nulls_last=True)
    return ordered.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("key"), *LINES, account=accounts()
    )


def _credits(lines: pl.DataFrame) -> pl.DataFrame:
    """A credit lowers the price of what is still to be served; where nothing is, revenue at once.

    It has no line of its own, so that the use of the line it lowers is not counted twice.
    """
    served = pl.col("issued_at") >= pl.col("period_end")
    begins = pl.max_horizontal("period_start", "issued_at")
    return lines.with_columns(
        at_once=served,
        period_start=pl.when(served).then("period_start").otherwise(begins),
        line=pl.lit(None, pl.Int64),
        quantity=pl.lit(None, pl.Decimal(38, 9)),
    )


def _unbilled(
    periods: pl.DataFrame, use: pl.DataFrame, book: PriceBook
) -> Iterator[tuple[object, ...]]:
    """Fees and use of open periods; what tops up to a minimum is known only at their end."""
    used: dict[Bill, dict[str, Decimal]] = defaultdict(dict)
    sums = use.group_by("subscription", "period_start", "meter").agg(pl.col("quantity").sum())
    for subscription, start, meter, quantity in sums.sort(pl.all()).iter_rows():
        used[subscription, start][meter] = quantity
    wanted = ["subscription", "customer", "plan", "quantity", "period_start", "period_end"]
    for subscription, customer, plan, seats, start, end in periods.select(wanted).iter_rows():
        price = book.in_force(plan, start)
        if price is not None:
            named = (None, None, subscription, customer, plan, price.currency)
            for line in invoice_lines(price, used[subscription, start], start, end, seats):
                if line.kind != "minimum":
                    yield (*named, *_said(line), None, False)


def _said(line: Line) -> tuple[object, ...]:
    period = (line.period_start, line.period_end)
    return (line.kind, line.meter, line.quantity, *period, line.amount_minor)


def pieces(facts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Use by line and day: key, day, quantity, and `piece_minor`, what that month of it earned."""
    lines = facts["earned_lines"].filter(pl.col("kind") == "usage")
    issued, open_ = lines.filter(pl.col("invoice").is_not_null()), pl.col("invoice").is_null()
    unbilled = facts["unbilled_use"].rename({"period_start": "served_from"})
    use = pl.concat(
        [
            issued.join(facts["billed_use"], on=["invoice", "line"]).select(
                "key", "day", quantity="quantity_right"
            ),
            lines.filter(open_)
            .join(unbilled, on=["subscription", "served_from", "meter"])
            .select("key", "day", quantity="quantity_right"),
        ]
    ).with_columns(month=pl.col("day").dt.truncate("1mo"))
    monthly = use.group_by("key", "month").agg(pl.col("quantity").sum()).sort("key", "month")
    amounts = monthly.join(lines, on="key", suffix="_line", maintain_order="left")
    several = pl.len().over("key") > 1
    straddling = amounts.filter(several.any().over(_BILL))
    cut = list(_cut(straddling, price_book(facts["prices"])))
    typed = {"key": pl.Int64(), "month": pl.Datetime("us"), "piece_minor": pl.Int64()}
    whole = amounts.filter(~several).select("key", "month", piece_minor="amount_minor")
    each = pl.concat([whole, pl.DataFrame(cut, schema=typed, orient="row")])
    return use.join(each, on=["key", "month"]).select("key", "day", "quantity", "piece_minor")


class _Month(msgspec.Struct, frozen=True):
    """A line's use in one month; `counted` and `amount_minor` are the whole line's."""

    key: int
    meter: str
    month: datetime
    quantity: Decimal
    counted: Decimal
    amount_minor: int


def _cut(rows: pl.DataFrame, book: PriceBook) -> Iterator[tuple[int, datetime, int]]:
    """What each month of a line that has use in several earned; the last takes the rest."""
    line = ["key", "meter", "month", "quantity", "quantity_line", "amount_minor"]
    ordered = rows.sort(*_BILL, "key", "month").select(*_BILL, "served_until", "plan", *line)
    for (_, start, until, plan), bill in groupby(ordered.iter_rows(), lambda row: row[:4]):
        lines = [
            list(one)
            for _, one in groupby((_Month(*row[4:]) for row in bill), lambda month: month.key)
        ]
        price = book.in_force(plan, start)
        used = {one[0].meter: _scaled(one) for one in lines}
        ends = sorted({month for meter in used.values() for month, _ in meter})[:-1]
        rated = _rated(price, used, ends, (start, until)) if price else {}
        for one in lines:
            yield from _earned(one, rated) if len(one) > 1 else ()


def _earned(
    months: Sequence[_Month], rated: Mapping[datetime, Mapping[str, int]]
) -> Iterator[tuple[int, datetime, int]]:
    before = 0
    for one in months[:-1]:
        until = rated.get(one.month, {}).get(one.meter, 0)
        yield one.key, one.month, until - before
        before = until
    yield months[-1].key, months[-1].month, months[-1].amount_minor - before


def _scaled(months: Sequence[_Month]) -> list[tuple[datetime, Decimal]]:
    """Use by month, brought to what the line itself counts."""
    total, counted = sum((one.quantity for one in months), ZERO), months[0].counted
    if total == counted:
        return [(one.month, one.quantity) for one in months]
    with localcontext(EXACT):
        share = counted / total if total else ZERO
        return [(one.month, round(one.quantity * share, 9)) for one in months]


def _rated(
    price: PriceVersion, used: Used, months: list[datetime], period: tuple[datetime, datetime]
) -> dict[datetime, dict[str, int]]:
    """What the use up to each month's end costs, by meter, minor units."""
    found = {}
    for month in months:
        until = {
            meter: sum((quantity for at, quantity in one if at <= month), ZERO)
            for meter, one in used.items()
        }
        lines = invoice_lines(price, until, *period)
        found[month] = {one.meter: one.amount_minor for one in lines if one.kind == "usage"}
    return found
