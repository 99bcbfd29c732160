"""The tables of revenue: earned by contract and day, deferred and unbilled, posted by month."""

from datetime import datetime

import polars as pl

from psizero.core.tables import Derived, Facts, Fold, Kept, Type, View
from psizero.finance.accruals import lines_of, pieces
from psizero.finance.recognition import by_contract, earned, first_shown, standing

_BALANCES = ["billed_minor", "recognised_minor", "deferred_minor", "unbilled_minor"]


def earned_days(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `earned_days`."""
    return earned(facts["earned_lines"], pieces(facts), now)


def recognised(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `recognised_revenue`."""
    return by_contract(facts["earned_lines"], facts["earned_days"], now)


def daily(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `revenue_daily`: what the journal gets."""
    keys = ["account", "currency", "day", "source_month"]
    return facts["recognised_revenue"].group_by(keys).agg(pl.col("amount_minor").sum()).sort(keys)


def deferred(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `deferred_revenue`: each month of a contract from its first change on.

    deferred - unbilled = that of the month before + billed - recognised.
    """
    changed = standing(facts["earned_lines"], facts["earned_days"], now, "1mo")
    contract = ["subscription", "currency"]
    this_month = pl.lit(now, pl.Datetime("us")).dt.truncate("1mo")
    grid = (
        changed.filter(pl.col("at") < this_month)
        .group_by(contract)
        .agg(pl.col("at").min())
        .with_columns(at=pl.datetime_ranges("at", this_month, "1mo", closed="left"))
        .explode("at")
    )
    filled = grid.join(changed, on=[*contract, "at"], how="left").sort(*contract, "at")
    moved, left = pl.col(_BALANCES[:2]), pl.col(_BALANCES[2:])
    shown = filled.with_columns(moved.fill_null(0), left.forward_fill().over(contract)).filter(
        pl.col("at") >= first_shown(now)
    )
    return shown.filter(pl.any_horizontal(pl.col(_BALANCES) != 0)).select(
        "subscription",
        "currency",
        pl.col("at").alias("period_start"),
        pl.col("at").dt.offset_by("1mo").alias("period_end"),
        *_BALANCES,
    )


TABLES = (
    View(
        name="billed_lines",
        reads=("invoices",),
        grain=("invoice", "line"),
        doc="Lines of invoices issued, or served, within the last 130 days, running periods too.",
    ),
    View(
        name="credited_lines",
        reads=("credit_issued",),
        grain=("note", "line"),
        doc="Lines of credit notes of the last 130 days, their amounts below zero.",
    ),
    View(
        name="billed_use",
        reads=("billed_lines", "usage_recorded"),
        grain=("invoice", "line", "day"),
        doc="On which days what a line counts was used.",
    ),
    View(
        name="unbilled_use",
        reads=("usage_by_subscription",),
        grain=("subscription", "period_start", "meter", "day"),
        doc="Use of finished days that no invoice knows yet, running periods included.",
    ),
    Derived(
        name="earned_lines",
        reads=("billed_lines", "credited_lines", "billing_calendar", "unbilled_use", "prices"),
        grain=("key",),
        doc="Lines of invoices, and of open and running periods rated to date: what is earned.",
        compute=lines_of,
    ),
    Derived(
        name="earned_days",
        reads=("earned_lines", "billed_use", "unbilled_use", "prices"),
        grain=("key", "day"),
        doc="What each of `earned_lines` has earned by finished day; earlier days are one row.",
        compute=earned_days,
    ),
    Derived(
        name="recognised_revenue",
        reads=("earned_lines", "earned_days"),
        grain=("subscription", "account", "currency", "day", "source_month"),
        doc="Revenue earned (ASC 606) by contract, account and finished day (UTC) of three finished"
        " months and this one: fees evenly, use on its day, late use when invoiced.",
        compute=recognised,
    ),
    Derived(
        name="revenue_daily",
        reads=("recognised_revenue",),
        grain=("account", "currency", "day", "source_month"),
        doc="Revenue earned by account, currency and finished day: what the journal gets.",
        compute=daily,
    ),
    Derived(
        name="deferred_revenue",
        reads=("earned_lines", "earned_days"),
        grain=("subscription", "currency", "period_start"),
        doc="By contract and month: net billed and recognised in it; deferred and unbilled at its"
        " end. billed = recognised - unbilled + deferred, over all months.",
        compute=deferred,
    ),
    Kept(
        name="months_closed",
        kinds=("month.closed",),
        key=("entity",),
        columns={
            "entity": (Type.TEXT, Fold.LATEST),
            "closed_until": (Type.INSTANT, Fold.MAX),
        },
        doc="Up to when each legal entity's months are closed.",
    ),
    Kept(
        name="revenue_posted",
        kinds=("month.closed",),
        key=("month", "account", "currency"),
        columns={
            "month": (Type.TEXT, Fold.LATEST),
            "account": (Type.TEXT, Fold.LATEST),
            "currency": (Type.TEXT, Fold.LATEST),
            "amount_minor": (Type.INTEGER, Fold.SUM),
        },
        doc="Revenue posted so far by the month it belongs to, corrections in it.",
    ),
    View(
        name="closing_months",
        reads=("subscriptions", "months_closed"),
        grain=("month",),
        doc="Months not closed yet, in order, the running one last.",
    ),
)
