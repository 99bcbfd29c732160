"""Where the use of running periods stands: so far, of what is included, and at this pace."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import polars as pl

from psizero.core.tables import POLARS_TYPES, Derived, Facts, Type
from psizero.finance.book import price_book
from psizero.finance.terms import PriceVersion

_MICROSECOND = timedelta(microseconds=1)
_PERIOD = ["subscription", "period_start"]
_QUANTITY = POLARS_TYPES[Type.QUANTITY]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """At which shares of the included units something is noted, and at which the customer is told.

    Below `notice_units_min` included units nobody is told.
    """

    mark_percents: tuple[int, ...] = (50, 80, 100)
    notice_percents: tuple[int, ...] = (80, 100)
    notice_units_min: int = 1

    def __post_init__(self) -> None:
        for one in (self.mark_percents, self.notice_percents):
            if not all(1 <= percent <= 1000 for percent in one):
                raise ValueError("percents are 1 to 1,000")
        if not set(self.notice_percents) <= set(self.mark_percents):
            raise ValueError("notice_percents have to be among mark_percents")


def standing(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `usage_standing`; `projected_quantity` is at the pace of the period so far.

    Left out are periods that are cut short or whose plan or seats changed at once, since allowances
    count by part there, and meters that include nothing.
    """
    changes = facts["subscription_changes"].filter(
        (pl.col("effective") == "now") & (pl.col("changed_at") <= now)
    )
    changed = changes.group_by("subscription").agg(last_changed_at=pl.col("changed_at").max())
    calendar = facts["billing_calendar"].filter(pl.col("period_end") == pl.col("whole_end"))
    whole = (
        facts["usage_to_date"]
        .join(calendar.select(*_PERIOD, "version"), on=_PERIOD)
        .join(changed, on="subscription", how="left")
        .filter(~(pl.col("last_changed_at") >= pl.col("period_start")).fill_null(False))
    )
    book = price_book(facts["prices"])
    named = whole.select("plan", "version", "period_start", "meter").iter_rows()
    included = [_included(book.agreed(*one), meter) for *one, meter in named]
    spans = whole.select("period_start", "period_end").rows()
    quantity = pl.col("quantity").cast(pl.Float64)
    return (
        whole.with_columns(
            pl.Series("included", included, _QUANTITY),
            pl.Series("elapsed", [(now - start) // _MICROSECOND for start, _ in spans], pl.Int64),
            pl.Series("length", [(end - start) // _MICROSECOND for start, end in spans], pl.Int64),
        )
        .filter(pl.col("included") > 0)
        .select(
            "subscription",
            "customer",
            "plan",
            "meter",
            "period_start",
            "period_end",
            "until",
            "quantity",
            "included",
            used_share=(quantity / pl.col("included").cast(pl.Float64)).round(6),
            elapsed_share=(pl.col("elapsed") / pl.col("length")).round(6),
            projected_quantity=pl.when(pl.col("elapsed") > 0)
            .then(quantity * pl.col("length") / pl.col("elapsed"))
            .round(6),
        )
        .sort("subscription", "meter")
    )


def _included(price: PriceVersion | None, meter: str) -> Decimal:
    meters = price.terms.meters if price is not None else ()
    return next((one.included for one in meters if one.meter == meter), Decimal(0))


TABLES = (
    Derived(
        name="usage_standing",
        reads=("usage_to_date", "billing_calendar", "subscription_changes", "prices"),
        grain=("subscription", "meter"),
        doc="Use of the running period so far, its share of the included units, and what it comes"
        " to by the period's end at this pace: not final, and read by no billing.",
        compute=standing,
    ),
)
