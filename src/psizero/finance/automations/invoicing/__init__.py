"""Closes every billing period once its grace has passed and issues one invoice for it.

Reads the billing calendar, the usage of finished periods, the price book, and what was agreed:
changes are prorated by the second with the use of their time, commitments topped up at their end,
coupons and taxes are the customer's. Usage that came after its period's invoice is a line on the
next one, at its own period's price; after the last period it is a correction invoice.
Measured a week later by whether the invoice stood without a correction.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Automation, Due
from psizero.core.clock import iso, quarter_hour
from psizero.core.money import Money
from psizero.core.records import Decision, Evidence, Worth
from psizero.core.tables import Facts
from psizero.finance.agreements import AGREED, Period
from psizero.finance.charges import Charge, billing, charge


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for usage after the end of a period."""

    grace_hours: int = 6


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One decision for each period that is over, past its grace, and not yet invoiced."""
    calendar, grace = facts["billing_calendar"], timedelta(hours=settings.grace_hours)
    closing = calendar.filter(pl.col("open_end") + grace <= now)
    # a correction closes the latest would-be period only, and only where usage came late
    closing = closing.filter(
        ~pl.col("correction")
        | (pl.col("period_start") == pl.col("period_start").max().over("subscription"))
    )
    known, with_late = billing(facts), set[str]()
    for row in closing.iter_rows(named=True):
        period = msgspec.convert(row, Period)
        charged = charge(period, known, period.subscription not in with_late)
        if charged is not None:
            with_late.add(period.subscription)
            yield _issue(charged, settings, now)


def _issue(charged: Charge, settings: Settings, now: datetime) -> Decision:
    period, price, total = charged.period, charged.price, charged.total
    end = iso(period.period_end)
    return Decision(
        verb="invoice.issue",
        subject=period.customer,
        episode=f"{period.subscription} {iso(period.period_start)}",
        parameters=charged.parameters,
        evidence=Evidence(
            because=f"the period ended {end} and its grace has passed: {total}",
            rule="period_end + grace_hours <= now",
            facts={
                "period_end": period.period_end,
                "grace_hours": settings.grace_hours,
                "now": now,
                "price": f"{price.plan}@{price.version}",
                "lines": [
                    f"{line.description}: {Money(line.amount_minor, price.currency)}"
                    for line in charged.lines
                ],
                "unpriced_meters": charged.unpriced_meters,
            },
            counterfactual=f"would wait at any instant before {end} + {settings.grace_hours} h",
        ),
        worth=Worth(total, total, total),
        rows={
            "invoice.issued": [charged.invoice(quarter_hour(now))],
            "journal.posted": charged.entry(),
        },
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Share of the invoice that a later correction added; good when there was none."""
    start = (
        pl.col("parameters")
        .str.json_path_match("$.period_start")
        .str.strptime(pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S%.fZ")
    )
    total = pl.col("parameters").str.json_path_match("$.total_minor").cast(pl.Int64)
    named = due.with_columns(
        subscription=pl.col("parameters").str.json_path_match("$.subscription"),
        period_start=start,
        total=total,
    ).join(facts["invoice_corrections"], on=["subscription", "period_start"], how="left")
    late = pl.col("late_minor").fill_null(0)
    return named.select(
        "decision",
        name=pl.lit("share corrected by late usage"),
        value=pl.when(total > 0).then(late / pl.col("total")).otherwise(late.cast(pl.Float64)),
        unit=pl.lit("share of the invoice"),
        good=late == 0,
    )


AUTOMATION = Automation(
    name="finance.invoicing",
    doc=__doc__,
    target="Billing automation rate > 95 % (Financial Operations)",
    reads=("billing_calendar", "period_usage", "split_usage", *AGREED),
    measure_reads=("invoice_corrections",),
    verbs=("invoice.issue",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    due=Due("billing_calendar", "open_end", "grace_hours"),
    wakes_on=("subscription.started", "subscription.changed", "subscription.ended", "price.set"),
)
