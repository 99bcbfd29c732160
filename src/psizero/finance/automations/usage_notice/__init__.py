"""Notes when a customer has used 50, 80 or 100 % of what is included, and tells it at 80 and 100.

Reads every morning the use of running periods beside the units that their price includes. Each
share that is reached is an event, once a period; of those that the customer is told about, the
highest alone is a message, so that whoever leaps from 10 to 90 % gets one. Nothing is limited: use
beyond is billed as the price says. Measured after a week by how much was used then; bad is what
was followed by a complaint.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.finance.standing import Settings
from psizero.finance.thresholds import marked, noticed


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """An event for each share that is reached, and one message for the highest of them."""
    least = min(settings.mark_percents, default=None)
    if least is None:
        return
    quantity, included = pl.col("quantity"), pl.col("included")
    near = facts["usage_standing"].filter(quantity * 100 >= included * least)
    for row in near.sort("subscription", "meter").iter_rows(named=True):
        has, may = Decimal(str(row["quantity"])), Decimal(str(row["included"]))
        reached = sorted(one for one in settings.mark_percents if has * 100 >= may * one)
        for percent in reached:
            yield marked(row, percent)
        told = [one for one in reached if one in settings.notice_percents]
        if told and may >= settings.notice_units_min:
            yield noticed(row, told[-1])


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Share of the included units used by then, null in a new period; good without a complaint."""
    used = facts["usage_standing"].select(
        pl.format(
            "{} {} {}", "subscription", "meter", pl.col("period_start").dt.strftime("%Y-%m-%d")
        ).alias("period"),
        "used_share",
    )
    complained = facts["suppressions"].group_by("subject").agg(pl.col("complained_at").max())
    day = pl.col("episode").str.extract(r"(\d{4}-\d\d-\d\d)$")
    named = due.with_columns(
        period=pl.col("episode").str.replace("^notice ", "").str.replace(r" \d+ (\S+)$", " $1"),
        begun=day.str.to_datetime("%Y-%m-%d", time_unit="us"),
    )
    joined = named.join(used, on="period", how="left").join(complained, on="subject", how="left")
    return joined.select(
        "decision",
        name=pl.lit("share of the included units used a week later"),
        value=pl.col("used_share"),
        unit=pl.lit("share"),
        good=~(pl.col("complained_at") >= pl.col("begun")).fill_null(False),
    )


AUTOMATION = Automation(
    name="finance.usage_notice",
    doc=__doc__,
    target="Billing automation rate > 95 % (Financial Operations)",
    reads=("usage_standing",),
    measure_reads=("usage_standing", "suppressions"),
    verbs=("usage.mark", "message.send"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    cadence=Cadence("FREQ=DAILY;BYHOUR=7"),
)
