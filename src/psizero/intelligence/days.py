"""The days of figures: the table `figures_daily`, from which lines of bars are drawn.

A day without a row in its source is not known: of a meter and of health it is left out, of
tickets it had none, and what stands (MRR, who pays) stands as the day before.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl

from psizero.core.tables import Facts
from psizero.intelligence.freshness import DAY

DAYS = 28
_EXACT = pl.Decimal(38, 9)
SCHEMA = pl.Schema(
    {"name": pl.String(), "subject": pl.String(), "day": pl.Datetime("us"), "value": _EXACT}
)


Days = Mapping[tuple[str, str], list[tuple[datetime, Decimal]]]
"""Days in order with their values, by figure's name and subject."""


def days_of(daily: pl.DataFrame) -> Days:
    """The table `figures_daily`, laid out by figure."""
    found: dict[tuple[str, str], list[tuple[datetime, Decimal]]] = {}
    columns = daily.sort("day").select("name", "subject", "day", "value")
    for name, subject, day, value in columns.iter_rows():
        found.setdefault((name, subject), []).append((day, value))
    return found


def figures_daily(facts: Facts, now: datetime) -> pl.DataFrame:
    """One row a figure and day of four weeks: name, subject, day, value.

    A day is finished, but for health, which is of a morning.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = [_meters(facts["usage_daily"]), _standing(facts["mrr_changes"], today)]
    found += [_health(facts["health_daily"]), _tickets(facts["tickets_daily"], today)]
    days = pl.concat([one.select(*SCHEMA).cast(SCHEMA) for one in found])
    return days.filter(pl.col("day").is_between(today - DAYS * DAY, today))


def _long(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Columns as rows, where they are known."""
    exact = frame.with_columns(pl.col(names).cast(_EXACT))
    found = exact.unpivot(names, index=["subject", "day"], variable_name="name")
    return found.filter(pl.col("value").is_not_null())


def _meters(daily: pl.DataFrame) -> pl.DataFrame:
    good, bad = pl.col("succeeded").cast(pl.Float64), pl.col("failed").cast(pl.Float64)
    told = daily.select(
        "day",
        subject="meter",
        usage="quantity",
        callers="customers",
        success=pl.when(good + bad > 0).then((good / (good + bad)).round(6)),
    )
    return _long(told, ["usage", "callers", "success"])


def _standing(changes: pl.DataFrame, today: datetime) -> pl.DataFrame:
    """MRR and how many pay at the end of each day, from the first movement on."""
    gained = (pl.col("after_minor") > 0).cast(pl.Int64) - (pl.col("before_minor") > 0).cast(
        pl.Int64
    )
    moved = changes.group_by(subject="currency", day="day").agg(
        mrr=pl.col("amount_minor").sum(), paying=gained.sum()
    )
    stood = moved.sort("subject", "day").with_columns(
        pl.col("mrr", "paying").cum_sum().over("subject"),
    )
    days = pl.datetime_range(today - DAYS * DAY, today - DAY, timedelta(days=1), eager=True)
    grid = stood.select("subject").unique().join(days.alias("day").to_frame(), how="cross")
    filled = grid.sort("day").join_asof(
        stood.sort("day"), on="day", by="subject", check_sortedness=False
    )
    return _long(filled.with_columns(arr=12 * pl.col("mrr")), ["mrr", "arr", "paying"])


def _health(mornings: pl.DataFrame) -> pl.DataFrame:
    """By the morning on which it was scored."""
    scored = mornings.filter(pl.col("scored") > 0).sort("scored_at")
    told = scored.select(
        "critical",
        "warning",
        subject=pl.lit(""),
        day=pl.col("scored_at").dt.truncate("1d"),
        health_average="average",
        well="good",
    ).unique("day", keep="last", maintain_order=True)
    return _long(told, ["health_average", "critical", "warning", "well"])


def _tickets(daily: pl.DataFrame, today: datetime) -> pl.DataFrame:
    first = daily["day"].min()
    begin = first if isinstance(first, datetime) else today
    days = pl.datetime_range(begin, today - DAY, timedelta(days=1), eager=True, time_unit="us")
    told = days.alias("day").to_frame().join(daily, on="day", how="left")
    counts = told.with_columns(pl.col("opened", "closed").fill_null(0), subject=pl.lit(""))
    return _long(counts, ["opened", "closed"])
