"""Measures of the mission's metrics: what a table has to give, and what the house itself measures.

A domain measures a metric with a view or derived table named `metric_...`. Until one does, the
metrics below are measured here, from tables of several domains. Pure.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import ceil, floor, sqrt

import msgspec
import polars as pl

from psizero.core.errors import Problem
from psizero.core.tables import Facts
from psizero.house.mission import METRICS
from psizero.models.interval import Z_95, wilson

DAY = timedelta(days=1)
WINDOW = 90 * DAY
WILSON = "wilson"
"""The method of a share of counts; its bounds need not be given."""
SCHEMA: dict[str, pl.DataType] = {
    "metric": pl.String(),
    **dict.fromkeys(("numerator", "denominator", "value", "low", "high"), pl.Float64()),
    "n": pl.Int64(),
    "method": pl.String(),
}


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One metric as measured, in the unit of its target; `low` to `high` at 95 %.

    `n` counts what it was measured on; with n = 0 nothing was. `method` says how the bounds, and
    where it is not plain the value, came about.
    """

    metric: str
    numerator: float | None = None
    denominator: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    method: str = WILSON


def share(metric: str, part: int, whole: int, method: str = WILSON) -> Measure:
    """A share of counts with its Wilson bounds; nothing where nothing was counted."""
    if not whole:
        return Measure(metric=metric, method=method)
    low, high = wilson(part, whole, Z_95)
    return Measure(
        metric=metric,
        numerator=part,
        denominator=whole,
        value=round(part / whole, 6),
        low=low,
        high=high,
        n=whole,
        method=method,
    )


def mean(metric: str, values: pl.Series, method: str) -> Measure:
    """An average with its normal bounds (mean +- z s / sqrt n); none of them below 2 values."""
    found, n = values.drop_nulls().sort(), values.drop_nulls().len()
    if not n:
        return Measure(metric=metric, method=method)
    total, spread = float(found.sum()), found.std()
    value, half = total / n, None
    if isinstance(spread, float):
        half = Z_95 * spread / sqrt(n)
    return Measure(
        metric=metric,
        numerator=round(total, 6),
        denominator=n,
        value=round(value, 6),
        low=None if half is None else round(value - half, 6),
        high=None if half is None else round(value + half, 6),
        n=n,
        method=method,
    )


def median(metric: str, values: pl.Series, method: str) -> Measure:
    """The middle value with the bounds of its order statistics: ranks n/2 -+ z sqrt(n)/2."""
    found, n = values.drop_nulls().sort(), values.drop_nulls().len()
    if not n:
        return Measure(metric=metric, method=method)
    half = Z_95 * sqrt(n) / 2
    low, high = max(1, floor(n / 2 - half)), min(n, ceil(n / 2 + 1 + half))
    return Measure(
        metric=metric,
        value=round(float(str(found.median())), 6),
        low=round(float(found[low - 1]), 6),
        high=round(float(found[high - 1]), 6),
        n=n,
        method=method,
    )


def of_table(name: str, frame: pl.DataFrame) -> list[Measure]:
    """What a `metric_` table measures. Raises Problem where it breaks the form.

    Its columns are those of SCHEMA, its metrics are the mission's, each once; a share with the
    method `wilson` gives counts, and its value and bounds are made of them here.
    """
    if set(frame.columns) != set(SCHEMA):
        raise Problem(f"table {name} is no table of metrics", f"its columns: {', '.join(SCHEMA)}")
    rows = frame.select(pl.col(column).cast(kept) for column, kept in SCHEMA.items())
    strange = sorted(set(rows["metric"]) - METRICS)
    if strange:
        raise Problem(
            f"table {name} measures {strange[0]!r}, which is none of the mission's metrics",
            f"metrics: {', '.join(sorted(METRICS))}",
        )
    if rows["metric"].is_duplicated().any():
        raise Problem(f"table {name} measures one metric twice")
    return [_checked(name, msgspec.convert(row, Measure)) for row in rows.iter_rows(named=True)]


def _checked(name: str, one: Measure) -> Measure:
    if one.n == 0:
        return Measure(metric=one.metric, method=one.method)
    part, whole = one.numerator, one.denominator
    if one.method == WILSON:
        counts = part is not None and whole is not None and part % 1 == whole % 1 == 0
        if not counts or not 0 <= int(part or 0) <= int(whole or 0) == one.n:
            raise Problem(f"table {name}: {one.metric} is no share of n counts: {part} of {whole}")
        return share(one.metric, int(part or 0), int(whole or 0))
    told = [bound for bound in (one.low, one.value, one.high) if bound is not None]
    if one.n < 0 or one.value is None or told != sorted(told):
        raise Problem(f"table {name}: {one.metric} has no value, or bounds that do not hold it")
    return one


Measured = Callable[[Facts, datetime], Measure]


def _within(now: datetime, column: str, ended_days: int = 0) -> pl.Expr:
    """The finished days of the window, or as many days of which the last ended so long ago."""
    until = now.replace(hour=0, minute=0, second=0, microsecond=0) - ended_days * DAY
    return pl.col(column).is_between(until - WINDOW, until, closed="left")


def billing_automation(facts: Facts, now: datetime) -> Measure:
    """Invoices issued without a person and standing, of all that were due: a period without a
    price is invoiced by hand."""
    issued = facts["actions_recounted"].filter(pl.col("verb") == "invoice.issue")
    by_hand = facts["unpriced_periods"].filter(_within(now, "period_end")).height
    return share(
        "billing_automation",
        int(issued["automatic"].sum()),
        int(issued["eligible"].sum()) + by_hand,
    )


def report_automation(facts: Facts, now: datetime) -> Measure:
    """Briefings sent in time, complete and untouched, of all that were scheduled.

    A morning between two others on which none was even proposed counts as many as the morning
    before it. The last day is left out: its outcome is not due yet.
    """
    mine = facts["actions_recounted"].filter(
        pl.col("automation") == "intelligence.morning_briefing", _within(now, "day", 1)
    )
    days = mine.group_by("day").agg(pl.col("proved", "eligible").sum()).sort("day")
    if days.is_empty():
        return Measure(metric="report_automation")
    every = days.upsample("day", every="1d").with_columns(
        pl.col("proved").fill_null(0), pl.col("eligible").forward_fill()
    )
    return share("report_automation", int(every["proved"].sum()), int(every["eligible"].sum()))


def health_average(facts: Facts, now: datetime) -> Measure:
    """The average over customers whose health is known, as kept yesterday or today."""
    fresh = facts["health_standing"].filter(pl.col("scored_at") >= now - 2 * DAY)
    return mean("health_average", fresh["score"], "mean of customers, normal bounds")


def _asked(facts: Facts, now: datetime) -> pl.DataFrame:
    """Every ticket of the window, with when it was first and last opened."""
    opened = facts["ticket_opened"].filter(_within(now, "occurred_at"))
    return opened.group_by("subject", "ticket").agg(
        first=pl.col("occurred_at").min(), last=pl.col("occurred_at").max()
    )


def _until(now: datetime, settled: pl.Expr) -> pl.Expr:
    """Seconds since the first opening: until it was settled, or until now where it is not."""
    end = pl.coalesce(settled, pl.lit(now, pl.Datetime("us")))
    return (end - pl.col("first")).dt.total_microseconds() / 1_000_000


def resolution_hours(facts: Facts, now: datetime) -> Measure:
    """From a ticket's first opening to its last closing; one that is open counts its hours so far,
    so that what nobody answers does not make the average better."""
    closings = facts["ticket_closed"].group_by("subject", "ticket")
    closed = closings.agg(closed=pl.col("occurred_at").max())
    settled = pl.when(pl.col("closed") >= pl.col("last")).then("closed")
    found = _asked(facts, now).join(closed, on=["subject", "ticket"], how="left")
    hours = found.select(hours=_until(now, settled) / 3600)["hours"]
    return mean("resolution_hours", hours, "mean of tickets, open ones so far")


def first_response_seconds(facts: Facts, now: datetime) -> Measure:
    """From a ticket's first opening to the first message out, of a person or of the autopilot;
    one that waits counts its seconds so far."""
    ours = facts["ticket_said"].filter(
        (pl.col("direction") == "out") & pl.col("author").is_in(["staff", "autopilot"])
    )
    said = ours.select("subject", "ticket", said_at="occurred_at")
    answered = (
        said.join(_asked(facts, now), on=["subject", "ticket"])
        .filter(pl.col("said_at") >= pl.col("first"))
        .group_by("subject", "ticket")
        .agg(answered=pl.col("said_at").min())
    )
    found = _asked(facts, now).join(answered, on=["subject", "ticket"], how="left")
    seconds = found.select(seconds=_until(now, pl.col("answered")))["seconds"]
    return median("first_response_seconds", seconds, "median of tickets, waiting ones so far")


def support_satisfaction(facts: Facts, now: datetime) -> Measure:
    """The last rating of each ticket that was rated; who does not answer is not in it."""
    rated = facts["ticket_rated"].filter(_within(now, "occurred_at")).sort("position")
    last = rated.unique(["subject", "ticket"], keep="last", maintain_order=True)
    return mean("support_satisfaction", last["score"].cast(pl.Float64), "mean of rated tickets")


RECOVERY_DAYS = 28


def payment_recovery(facts: Facts, now: datetime) -> Measure:
    """Of payments that failed at first, those that succeeded within 28 days; a failure less than
    28 days old is not counted yet. A payment that names no invoice is known by payer and amount."""
    named = pl.coalesce("invoice", pl.format("{} {}", "currency", "amount_minor")).alias("key")
    failed = (
        facts["payment_failed"]
        .group_by("subject", named)
        .agg(failed_at=pl.col("occurred_at").min())
        .filter(_within(now, "failed_at", RECOVERY_DAYS))
    )
    paid = facts["payment_succeeded"].select("subject", named, paid_at="occurred_at")
    after = pl.col("paid_at") - pl.col("failed_at")
    found = failed.join(paid, on=["subject", "key"]).filter(
        after.is_between(timedelta(0), RECOVERY_DAYS * DAY)
    )
    recovered = found.select("subject", "key").unique().height
    return share("payment_recovery", recovered, failed.height)


OWN: Mapping[str, tuple[Measured, tuple[str, ...]]] = {
    "billing_automation": (billing_automation, ("actions_recounted", "unpriced_periods")),
    "report_automation": (report_automation, ("actions_recounted",)),
    "health_average": (health_average, ("health_standing",)),
    "resolution_hours": (resolution_hours, ("ticket_opened", "ticket_closed")),
    "first_response_seconds": (first_response_seconds, ("ticket_opened", "ticket_said")),
    "support_satisfaction": (support_satisfaction, ("ticket_rated",)),
    "payment_recovery": (payment_recovery, ("payment_failed", "payment_succeeded")),
}
"""By metric: how it is measured, and from which tables, where they are all there. A table of a
domain goes before."""
