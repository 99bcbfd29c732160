"""What a customer is worth and what it costs to win one, by segment and by channel.

By currency; shares are null where there is nothing to divide by.
"""

from datetime import datetime

import polars as pl

from psizero.core.tables import Derived, Facts, Fold, Kept, Type, View
from psizero.finance.definitions import settings_from
from psizero.models.survival import restricted_mean

FOUR_YEARS_DAYS, FOUR_YEARS_MONTHS = 1461, 48
_CUSTOMER = ["customer", "currency"]
_MONTH = ["currency", "period_start"]


def divided(minor: str, count: str) -> pl.Expr:
    """Half away from zero, of amounts that are not below it; null where nobody counts."""
    twice = 2 * pl.col(count)
    return pl.when(twice > 0).then((2 * pl.col(minor) + pl.col(count)) // twice)


def margin(facts: Facts) -> pl.DataFrame:
    """Gross margin of the months that `revenue_daily` shows in full: currency, margin_share.

    (revenue - infrastructure) / revenue, over months with both; none where no cost is known.
    """
    costs = facts["infrastructure_costs"].select(*_MONTH, "cost_minor")
    earned = facts["revenue_daily"].group_by(
        "currency", period_start=pl.col("day").dt.truncate("1mo")
    )
    both = earned.agg(pl.col("amount_minor").sum()).join(costs, on=_MONTH)
    revenue, cost = pl.col("amount_minor"), pl.col("cost_minor")
    sums = both.group_by("currency").agg(revenue.sum(), cost.sum()).filter(revenue > 0)
    return sums.select("currency", margin_share=((revenue - cost) / revenue).round(6))


def lifetime_value(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `ltv_by_segment`."""
    horizon = settings_from(facts["settings"]).horizon_months
    changed = facts["mrr_changes"].sort(*_CUSTOMER, "day")
    lives = changed.group_by(_CUSTOMER, maintain_order=True).agg(
        pl.col("day").first(), last=pl.col("day").last(), mrr_minor=pl.col("after_minor").last()
    )
    gone = pl.col("mrr_minor") == 0
    until = pl.when(gone).then("last").otherwise(pl.lit(now, pl.Datetime("us")))
    named = lives.join(facts["customer_segments"], on="customer", how="left").with_columns(
        pl.col("segment").fill_null(""), gone=gone, days=(until - pl.col("day")).dt.total_days()
    )
    keys = ["currency", "segment"]
    rows = []
    for (currency, segment), group in named.sort(*keys, *_CUSTOMER).group_by(
        keys, maintain_order=True
    ):
        counts = group.group_by("days").agg(ended=gone.sum(), left=(~gone).sum()).sort("days")
        times = [
            (days * FOUR_YEARS_MONTHS / FOUR_YEARS_DAYS, ended, left)
            for days, ended, left in counts.iter_rows()
        ]
        mean = restricted_mean(times, horizon)
        paying = group.filter(~gone)
        one = {"currency": currency, "segment": segment, "customers": group.height}
        one |= {"churned": int(group["gone"].sum()), "paying": paying.height}
        one |= {"mrr_minor": int(paying["mrr_minor"].sum())}
        if mean is not None:
            one |= {"months": mean.value, "months_low": mean.low, "months_high": mean.high}
            one |= {"horizon_months": mean.horizon}
        rows.append(one)
    return _valued(pl.DataFrame(rows, schema=_LIVES), margin(facts))


_LIVES = {
    "currency": pl.String(),
    "segment": pl.String(),
    "customers": pl.Int64(),
    "churned": pl.Int64(),
    "paying": pl.Int64(),
    "mrr_minor": pl.Int64(),
    "months": pl.Float64(),
    "months_low": pl.Float64(),
    "months_high": pl.Float64(),
    "horizon_months": pl.Float64(),
}


def _valued(lives: pl.DataFrame, margins: pl.DataFrame) -> pl.DataFrame:
    """Months lived times what a customer pays in one, and times the margin where it is known."""
    arpa, share = pl.col("arpa_minor"), pl.col("margin_share")
    names = {"": "months", "_low": "months_low", "_high": "months_high"}
    worth = {f"ltv{end}_minor": (pl.col(m) * arpa * share).round(0) for end, m in names.items()}
    return (
        lives.with_columns(arpa_minor=divided("mrr_minor", "paying"))
        .join(margins, on="currency", how="left")
        .with_columns(revenue_minor=(pl.col("months") * arpa).round(0).cast(pl.Int64))
        .with_columns(**{name: one.cast(pl.Int64) for name, one in worth.items()})
        .drop("mrr_minor")
    )


def acquisition(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `cac_by_channel`."""
    keys = ["channel", "currency", "period_start"]
    won = (
        facts["mrr_changes"]
        .filter(pl.col("movement") == "new")
        .join(facts["customer_channels"], on="customer")
        .group_by("channel", "currency", period_start=pl.col("day").dt.truncate("1mo"))
        .agg(customers=pl.len().cast(pl.Int64), new_mrr_minor=pl.col("amount_minor").sum())
        .filter(pl.col("period_start") < pl.lit(now, pl.Datetime("us")).dt.truncate("1mo"))
    )
    spent = facts["channel_spend"].select(*keys, "spend_minor")
    both = spent.join(won, on=keys, how="full", coalesce=True).sort(keys)
    zeros = pl.col("spend_minor", "customers", "new_mrr_minor").fill_null(0)
    gross = pl.col("new_mrr_minor") * pl.col("margin_share")
    return (
        both.with_columns(zeros)
        .join(margin(facts), on="currency", how="left", maintain_order="left")
        .select(
            *keys,
            pl.col("period_start").dt.offset_by("1mo").alias("period_end"),
            "spend_minor",
            "customers",
            "new_mrr_minor",
            divided("spend_minor", "customers").alias("cac_minor"),
            "margin_share",
            pl.when(gross > 0).then(pl.col("spend_minor") / gross).round(6).alias("payback_months"),
        )
    )


TABLES = (
    Kept(
        name="customer_segments",
        kinds=("customer.created",),
        key=("customer",),
        columns={"customer": (Type.TEXT, Fold.LATEST), "segment": (Type.TEXT, Fold.LATEST)},
        doc="The owner's own grouping of each customer; empty where there is none.",
    ),
    View(
        name="customer_channels",
        reads=("trial_started", "lead_captured"),
        grain=("customer",),
        doc="The channel of the lead that each customer's trial began with, 800 days back.",
    ),
    View(
        name="channel_spend",
        reads=("marketing_spent",),
        grain=("channel", "currency", "period_start"),
        doc="Marketing spend by channel and finished month, in the month in which it ends.",
    ),
    View(
        name="infrastructure_costs",
        reads=("cost_charged",),
        grain=("currency", "period_start"),
        doc="Effective cost charged for infrastructure by finished month.",
    ),
    Derived(
        name="ltv_by_segment",
        reads=(
            "mrr_changes",
            "customer_segments",
            "revenue_daily",
            "infrastructure_costs",
            "settings",
        ),
        grain=("currency", "segment"),
        doc="Months lived (Kaplan-Meier, restricted mean to 60 months or the longest life seen,"
        " 95 % interval by Greenwood) times ARPA = revenue; times gross margin = LTV, null where no"
        " cost is known. Never ARPA / churn, nothing extrapolated. Who comes back had not left.",
        compute=lifetime_value,
    ),
    Derived(
        name="cac_by_channel",
        reads=(
            "mrr_changes",
            "customer_channels",
            "channel_spend",
            "revenue_daily",
            "infrastructure_costs",
        ),
        grain=("channel", "currency", "period_start"),
        doc="New-logo CAC = spend / customers whose first payment is in the month, null where none."
        " Payback months = spend / (new MRR x gross margin), null where that is not above 0 or no"
        " cost is known. No lag between spend and customer.",
        compute=acquisition,
    ),
)
