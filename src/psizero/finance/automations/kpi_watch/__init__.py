"""Says once a month which figures of steering miss their target or leave their usual range.

Reads the figures of the last finished month with their definitions, five days after its end, when
the month is closed. Targets are those of house.toml, named as the figures are; NRR, GRR and churn
have one anyway. A change is unusual by what the changes of the months before were. One message
names them all, each with its definition; where all is well nobody is written to. Measured 35 days
later by how many are still wrong.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.finance.definitions import Settings

Row = Mapping[str, object]
_WRONG = pl.col("missed") | pl.col("unusual")


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One message for the month that ended last; none where no figure is wrong, or it is old."""
    known = facts["kpi_standing"].sort("figure", "currency")
    month = known["period_start"].max()
    wrong = known.filter(_WRONG & (pl.col("period_start") == pl.col("period_start").max()))
    if not wrong.height or not isinstance(month, datetime):
        return
    lines = [_line(row) for row in wrong.iter_rows(named=True)]
    names = [f"{row['figure']} {row['currency']}" for row in wrong.iter_rows(named=True)]
    topic = f"{len(lines)} of {known.height} figures of {month:%Y-%m} need a look"
    yield Decision(
        verb="message.send",
        subject=settings.to,
        episode=f"{month:%Y-%m}",
        parameters={
            "to": settings.to,
            "topic": topic,
            "text": "\n\n".join(lines),
            "stream": "service",
        },
        evidence=Evidence(
            because=f"{topic}: {', '.join(names)}",
            rule="value beyond its target, or change beyond spread_count times the usual spread",
            facts={
                "figures": names,
                "spread_count": settings.spread_count,
            },
            counterfactual="nobody would be written to if every figure met its target",
        ),
        expires_at=now + timedelta(days=settings.expires_days),
    )


def _line(row: Row) -> str:
    value, target = row["value"], row["target"]
    said = [f"{row['figure']} ({row['currency']}) is {value:g}"]
    if row["missed"]:
        said.append(f"its target is {target:g}")
    if row["unusual"]:
        usual = f"{row['usual_low']:g} to {row['usual_high']:g}"
        said.append(f"it changed by {row['change']:g}, usually by {usual}")
    return f"{'; '.join(said)}. It is {row['definition']}."


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """How many figures are wrong in the month that ended last by now; good when fewer."""
    still = facts["kpi_standing"].filter(_WRONG).height
    before = pl.col("parameters").str.extract(r'"topic":"(\d+) of').cast(pl.Int64)
    return due.select(
        "decision",
        name=pl.lit("figures that need a look a month later"),
        value=pl.lit(still).cast(pl.Float64),
        unit=pl.lit("count"),
        good=pl.lit(still) < before,
    )


AUTOMATION = Automation(
    name="finance.kpi_watch",
    doc=__doc__,
    target="Automated reporting: 95 % on time, complete and untouched (Business Intelligence)",
    reads=("kpi_standing",),
    measure_reads=("kpi_standing",),
    verbs=("message.send",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=35,
    cadence=Cadence("FREQ=MONTHLY;BYMONTHDAY=6;BYHOUR=7"),
)
