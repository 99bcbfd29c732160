"""A company of any size: everybody on one weekly plan, everybody calling the API alike."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from psizero.core.policy import Level
from psizero.core.ports import Batch
from psizero.engine.intake import take_in
from psizero.finance.prices import price_rows
from psizero.house.home import House, create

PRICES = Path(__file__).resolve().parent.parent / "examples" / "prices" / "servegen.toml"
PLAN = "servegen-weekly"
BEGIN = datetime(2026, 10, 1)
CLOCK = datetime(2036, 1, 1)  # the wall that the imported history may not be ahead of
ROWS_A_BATCH = 100_000
INSTANT = pl.Datetime("us")


BILLING = "finance.invoicing"


def founded(home: Path) -> None:
    """A home in which billing acts by itself; all else is off, so that a figure is billing's."""
    create(home, "Bench", "salt", {BILLING: Level.AUTO})


def fill(house: House, customers: int, hours: Sequence[int]) -> int:
    """Prices, a subscription for each customer, and calls at those hours after the beginning."""
    prices = house.members.catalog.kinds["price.set"]
    house.store.append(prices, price_rows(tomllib.loads(PRICES.read_text()), PRICES.name))
    base = pl.DataFrame({"n": range(customers)}).select("n", subject=pl.format("c-{}", "n"))
    started = base.select(
        id=pl.format("start@{}", "subject"),
        subject="subject",
        occurred_at=pl.lit(BEGIN).cast(INSTANT),
        subscription="subject",
        plan=pl.lit(PLAN),
        quantity=pl.lit(1, pl.Int64),
        version=pl.lit(None, pl.Int64),
        trial_until=pl.lit(None, INSTANT),
    )
    _bring(house, "subscription.started", started)
    used = base.join(pl.DataFrame({"hour": list(hours)}), how="cross").select(
        id=pl.format("{}@{}", "subject", "hour"),
        subject="subject",
        occurred_at=pl.lit(BEGIN).cast(INSTANT)
        + pl.duration(hours="hour", seconds=pl.col("n") * 61 % 3600),
        meter=pl.lit("calls"),
        quantity=((pl.col("n") * 37 + pl.col("hour") * 7919) % 300_000).cast(pl.Decimal(38, 9)),
        properties=pl.lit("{}"),
    )
    _bring(house, "usage.recorded", used)
    return started.height + used.height


def _bring(house: House, kind: str, rows: pl.DataFrame) -> None:
    frame = rows.select(
        pl.int_range(1, pl.len() + 1).alias("line"),
        pl.lit("bench").alias("source"),
        pl.lit(None, pl.String).alias("cause"),
        pl.all(),
    )
    found = house.members.catalog.kinds[kind]
    for part in frame.iter_slices(ROWS_A_BATCH):
        report = take_in(house.store, found, Batch(kind, part, "bench"), CLOCK)
        if report.taken != part.height:
            raise ValueError(f"{kind}: {part.height - report.taken} rows were not taken in")
