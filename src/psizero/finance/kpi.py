"""What a business of subscriptions is steered by, each figure by its definition.

Every figure is by currency: there is no rate of exchange in here. Shares are null where there is
nothing to divide by; months that still run are in none of them.
"""

from datetime import datetime

import polars as pl

from psizero.core.tables import Derived, Facts
from psizero.finance.definitions import settings_from
from psizero.finance.worth import divided

_CUSTOMER = ["customer", "currency"]
_MONTH = ["currency", "period_start"]


def monthly(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `kpi_monthly`."""
    moved, known = facts["mrr_movements"], facts["mrr"]
    settings = settings_from(facts["settings"])
    usage = _usage(facts, settings.run_rate_months)
    retained = _retained(facts["mrr_changes"], known, settings.retention_months)
    start, churned = pl.col("start_minor"), pl.col("churn_minor")
    return (
        known.select(*_MONTH, "period_end", "mrr_minor", "arr_minor", "customers")
        .join(moved.drop("period_end", "end_minor"), on=_MONTH, how="left")
        .join(retained, on=_MONTH, how="left")
        .join(usage, on=_MONTH, how="left")
        .sort(_MONTH)
        .select(
            *_MONTH,
            "period_end",
            "mrr_minor",
            "arr_minor",
            "usage_run_rate_minor",
            "customers",
            arpa_minor=divided("mrr_minor", "customers"),
            nrr_share=_share("kept_minor", "was_minor"),
            grr_share=_share("capped_minor", "was_minor"),
            retention_customers=pl.col("retention_customers").fill_null(0),
            customer_churn_share=_share("churn_count", "start_customers"),
            revenue_churn_share=pl.when(start > 0).then(churned / start).round(6),
        )
    )


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole)).round(6)


def _retained(changed: pl.DataFrame, months: pl.DataFrame, back_months: int) -> pl.DataFrame:
    """Of who paid so long before a month's end: what then, what now, and at most what then.

    By customer (SaaS Capital's way), so that GRR is at most 1 whatever moved in between.
    """
    after = changed.select(*_CUSTOMER, "after_minor", at="day").sort("at")
    began = after.group_by(_CUSTOMER).agg(pl.col("at").min().alias("began"))
    ends = months.select(*_MONTH, "period_end").join(began, on="currency")
    so_long_before = pl.col("period_end").dt.offset_by(f"-{back_months}mo")
    grid = ends.with_columns(before=so_long_before).filter(pl.col("began") < pl.col("before"))
    # a change of a day counts from that day's end, so the month's end itself is no longer in it
    micro = pl.duration(microseconds=1)
    then = _as_of(grid.with_columns(at=pl.col("before") - micro), after).rename(
        {"after_minor": "then"}
    )
    both = _as_of(then.with_columns(at=pl.col("period_end") - micro), after)
    paid, pays = pl.col("then"), pl.col("after_minor")
    return (
        both.filter(paid > 0)
        .group_by(_MONTH)
        .agg(
            was_minor=paid.sum(),
            kept_minor=pays.sum(),
            capped_minor=pl.min_horizontal(paid, pays).sum(),
            retention_customers=pl.len().cast(pl.Int64),
        )
    )


def _as_of(grid: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What each customer pays at the instant `at`, by the last change before it."""
    found = grid.sort("at").join_asof(after, on="at", by=_CUSTOMER, check_sortedness=False)
    return found.drop("at")


def _usage(facts: Facts, many: int) -> pl.DataFrame:
    """Twelve times the mean of revenue from use over so many finished months: no part of ARR.

    Months as posted, or as earned where they are not closed; null with fewer known.
    """
    keys = ["currency", "month"]
    ours = pl.col("account") == "revenue:usage"
    earned = (
        facts["revenue_daily"].filter(ours).with_columns(month=pl.col("day").dt.strftime("%Y-%m"))
    )
    earned = earned.group_by(keys).agg(earned_minor=pl.col("amount_minor").sum())
    posted = facts["revenue_posted"].filter(ours).select(*keys, posted_minor="amount_minor")
    both = earned.join(posted, on=keys, how="full", coalesce=True)
    usage = both.select(*keys, minor=pl.coalesce("posted_minor", "earned_minor"))
    months = facts["mrr"].select(*_MONTH, month=pl.col("period_start").dt.strftime("%Y-%m"))
    sums = months.join(usage, on=keys, how="left").sort(_MONTH)
    rolled = 12 * pl.col("minor").rolling_sum(many, min_samples=many).over("currency")
    return sums.with_columns(usage_run_rate_minor=(rolled / many).round(0).cast(pl.Int64)).select(
        *_MONTH, "usage_run_rate_minor"
    )


TABLES = (
    Derived(
        name="kpi_monthly",
        reads=(
            "mrr",
            "mrr_movements",
            "mrr_changes",
            "revenue_daily",
            "revenue_posted",
            "settings",
        ),
        grain=("currency", "period_start"),
        doc="By finished month. MRR committed, net of tax, without use; ARR = 12 MRR. Usage"
        " run-rate = 4 times revenue from use of three months, apart. ARPA = MRR / customers. NRR ="
        " MRR now of who paid 12 months ago / theirs then; GRR the same, each at most what it was."
        " Churn = lost in the month / at its start, of customers and of MRR.",
        compute=monthly,
    ),
)
