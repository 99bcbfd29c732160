"""Oddities of metering: what a day's use says that the customer's own days before do not."""

from datetime import datetime, timedelta

import msgspec
import polars as pl

_SERIES = ["customer", "meter"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is unlike a customer's own normal, and who looks at it.

    A jump is above `jump_percent` of the usual of that weekday and `peak_percent` of the highest of
    four weeks; a gap is `gap_days` below `gap_percent` of it, where no such weekday was below
    `steady_percent`; where everybody's use rose or fell, that much is usual. A load counts as
    repeated where `again_percent` of a day came several times alike, in `again_count_min` parts.
    """

    jump_percent: int = 400
    peak_percent: int = 150
    gap_percent: int = 10
    gap_days: int = 2
    steady_percent: int = 50
    again_percent: int = 90
    again_count_min: int = 4
    weeks_min: int = 3
    usual_units_min: int = 50
    late_days: int = 1
    role: str = "finance"
    due_days: int = 2

    def __post_init__(self) -> None:
        if self.gap_days < 1 or self.late_days < 0 or self.gap_days + self.late_days > 5:
            raise ValueError("gap_days and late_days come to at most 5: there are six days")
        if not 0 <= self.gap_percent <= self.steady_percent <= 100:
            raise ValueError("gap_percent is at most steady_percent, and that at most 100")


def judged(days: pl.DataFrame, settings: Settings, now: datetime) -> pl.DataFrame:
    """`days` (the table metering_days) with what is odd of each: negative, again, jump or gap.

    `oddity` is null where nothing is. A gap is said of its last day, once it is `gap_days` long,
    and not before late use had `late_days` to come in.
    """
    quantity, usual = pl.col("quantity").cast(pl.Float64), pl.col("usual").cast(pl.Float64)
    house = pl.col("house_share").fill_null(1)
    enough = (pl.col("weeks") >= settings.weeks_min) & (usual >= settings.usual_units_min)
    again = (pl.col("again_cells") >= settings.again_count_min) & (
        pl.col("again_quantity").cast(pl.Float64) >= settings.again_percent * quantity / 100
    )
    rose = quantity > settings.jump_percent * usual * pl.max_horizontal(house, pl.lit(1)) / 100
    peak = quantity > settings.peak_percent * pl.col("highest").cast(pl.Float64) / 100
    fell = quantity < settings.gap_percent * usual * pl.min_horizontal(house, pl.lit(1)) / 100
    steady = pl.col("lowest").cast(pl.Float64) > settings.steady_percent * usual / 100
    low = (fell & steady & enough).fill_null(False)
    long = pl.all_horizontal(
        *(pl.col("low").shift(n).over(_SERIES).fill_null(False) for n in range(settings.gap_days))
    )
    begun = ~pl.col("low").shift(settings.gap_days).over(_SERIES).fill_null(True)
    settled = now.replace(hour=0, minute=0, second=0, microsecond=0)
    settled -= timedelta(days=settings.late_days + 1)
    gap = long & begun & (pl.col("day") <= settled)
    return (
        days.sort(*_SERIES, "day")
        .with_columns(low=low)
        .with_columns(
            oddity=pl.when(quantity < 0)
            .then(pl.lit("negative"))
            .when(again)
            .then(pl.lit("again"))
            .when(enough & rose & peak)
            .then(pl.lit("jump"))
            .when(gap)
            .then(pl.lit("gap"))
        )
    )
