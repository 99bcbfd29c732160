"""Which figures miss their target or leave their usual range, in the last finished month."""

from datetime import datetime

import polars as pl

from psizero.core.tables import Derived, Facts
from psizero.finance.definitions import (
    LOWER_IS_BETTER,
    WORDS,
    Settings,
    defined,
    settings_from,
    targets_from,
)

_KEYS = ["currency", "figure"]
_NORMAL = 14_826
"""Median absolute deviation of a normal distribution, times so many 10,000ths: its deviation."""


def standing(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `kpi_standing`."""
    settings = settings_from(facts["settings"])
    goals = {one: str(goal) for one, goal in targets_from(facts["settings"], settings).items()}
    months = facts["kpi_monthly"]
    figures = (
        months.unpivot(on=list(WORDS), index=["currency", "period_start"], variable_name="figure")
        .with_columns(pl.col("value").cast(pl.Float64))
        .sort(*_KEYS, "period_start")
        .with_columns(change=pl.col("value").diff().over(_KEYS))
    )
    newest = figures.group_by(_KEYS, maintain_order=True).last()
    texts = [defined(one, settings) for one in WORDS]
    named = pl.DataFrame({"figure": list(WORDS), "definition": texts}).with_columns(
        target=pl.col("figure")
        .replace_strict(goals, default=None, return_dtype=pl.String)
        .cast(pl.Float64)
    )
    low, high = (pl.col("usual") + sign * pl.col("spread") for sign in (-1, 1))
    lower = pl.col("figure").is_in(LOWER_IS_BETTER)
    value, target = pl.col("value"), pl.col("target")
    missed = pl.when(lower).then(value > target).otherwise(value < target)
    odd = (pl.col("change") - pl.col("usual")).abs() > pl.col("spread")
    return (
        newest.filter(value.is_not_null())
        .join(named, on="figure", maintain_order="left")
        .join(_usual(figures, settings), on=_KEYS, how="left", maintain_order="left")
        .select(
            *_KEYS,
            "period_start",
            pl.col("period_start").dt.offset_by("1mo").alias("period_end"),
            "value",
            "target",
            "change",
            usual_low=low.round(6),
            usual_high=high.round(6),
            missed=missed.fill_null(False),
            unusual=odd.fill_null(False),
            definition="definition",
        )
        .sort(_KEYS)
    )


def _usual(figures: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """By figure: the median of its changes before the last month, and how far they spread.

    None where too few are known, or they are all alike: then nothing can be called unusual.
    """
    change = pl.col("change")
    newest = pl.col("period_start").max().over(_KEYS)
    before = figures.filter((pl.col("period_start") < newest) & change.is_not_null())
    known = before.group_by(_KEYS, maintain_order=True).tail(settings.usual_months)
    middle = known.with_columns(off=(change - change.median().over(_KEYS)).abs())
    found = middle.group_by(_KEYS).agg(
        usual=change.median(),
        spread=settings.spread_count * _NORMAL * pl.col("off").median() / 10_000,
        many=pl.len(),
    )
    enough = (pl.col("many") >= settings.usual_months_min) & (pl.col("spread") > 0)
    return found.filter(enough).drop("many")


def churn(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `cohort_churn`."""
    keys = ["currency", "cohort"]
    ordered = facts["cohorts"].sort(*keys, "age_months")

    def lost(column: str, months: int) -> pl.Expr:
        before = pl.col(column).shift(months).over(keys)
        return pl.when(before > 0).then(1 - pl.col(column) / before).round(6)

    return ordered.select(
        *keys,
        "age_months",
        "period_end",
        "customers",
        monthly_customer_churn_share=lost("customers", 1),
        monthly_revenue_churn_share=lost("mrr_minor", 1),
        annual_customer_churn_share=lost("customers", 12),
        annual_revenue_churn_share=lost("mrr_minor", 12),
    ).filter(pl.col("age_months") > 0)


TABLES = (
    Derived(
        name="kpi_standing",
        reads=("kpi_monthly", "settings"),
        grain=("currency", "figure"),
        doc="Each figure of the last finished month with its definition and target, and whether its"
        " change is within the usual range: median and 1.4826 MAD of the changes before.",
        compute=standing,
    ),
    Derived(
        name="cohort_churn",
        reads=("cohorts",),
        grain=("currency", "cohort", "age_months"),
        doc="By cohort of the first payment and age: lost since a month and since 12 months before,"
        " of customers and of MRR; below 0 where more came back or were sold than were lost.",
        compute=churn,
    ),
)
