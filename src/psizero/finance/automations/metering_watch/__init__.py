"""Looks every morning for use that was metered wrong, before it is on an invoice.

Reads the last finished days of every paying customer's meters, each beside the same weekday of the
four weeks before. Four things are odd: a total below zero, a load that came twice, a jump, a gap.
A customer is held against its own normal, and everybody's rise or fall on that day (a holiday, a
feed that stopped) is no oddity of one of them; a gap waits a day, since use comes late. Each is one
task, once. Nothing is changed: a person mends the feed, and what then comes late or is corrected
is rated as the difference. Measured after a week by whether the meter is back in its usual range.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.finance.lines import shown
from psizero.finance.oddities import Settings, judged

Row = Mapping[str, object]
_SAID = {
    "negative": ("a total below zero", "see which corrections were taken off, and why"),
    "again": ("a load that came twice", "see whether the feed handed its usage in again"),
    "jump": ("a jump", "see whether the use is real, before it is invoiced"),
    "gap": ("a gap", "see whether the feed of this meter still comes in"),
}
_FACTS = ("meter", "day", "quantity", "usual", "lowest", "highest", "again_quantity", "house_share")


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One task for each oddity of a customer's meter."""
    odd = judged(facts["metering_days"], settings, now).filter(pl.col("oddity").is_not_null())
    for row in odd.sort("customer", "meter", "day").iter_rows(named=True):
        yield _task(row, settings)


def _task(row: Row, settings: Settings) -> Decision:
    """Its parameters hold no figure that may still change, so that one oddity is one task."""
    day, meter, oddity = row["day"], row["meter"], str(row["oddity"])
    if not isinstance(day, datetime):
        raise TypeError("a day is an instant")
    name, advice = _SAID[oddity]
    parameters = {
        "role": settings.role,
        "what": f"{advice} ({meter})",
        "why": f"{name} of {meter} on {day:%Y-%m-%d}",
        "due_at": day + timedelta(days=1 + settings.due_days),
    }
    subject = str(row["customer"])
    quantity = shown(Decimal(str(row["quantity"])))
    usual = "unknown" if row["usual"] is None else shown(Decimal(str(row["usual"])))
    return Decision(
        verb="task.assign",
        subject=subject,
        episode=f"{oddity} {meter} {day:%Y-%m-%d}",
        parameters=parameters,
        evidence=Evidence(
            because=f"{name}: {quantity} {meter} on {day:%Y-%m-%d}, usually {usual}",
            rule="a day unlike the same weekday of four weeks, beyond what everybody's use did",
            facts={one: row[one] for one in _FACTS},
            counterfactual="no task on a day like the same weekday of the weeks before",
        ),
        rows={"task.assigned": [{"subject": subject, **parameters}]},
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Days of the last six on which the meter was still far from its usual; good where none.

    Unknown where nothing is known of the meter any more.
    """
    usual = pl.col("usual")
    far = (pl.col("quantity") < usual / 10) | (pl.col("quantity") > usual * 4)
    days = facts["metering_days"].group_by("customer", "meter").agg(far.sum().alias("far"))
    named = due.with_columns(
        meter=pl.col("episode").str.extract(r"^\S+ (.*) \S+$"), customer="subject"
    )
    joined = named.join(days, on=["customer", "meter"], how="left")
    return joined.select(
        "decision",
        name=pl.lit("days of six far from the meter's usual"),
        value=pl.col("far").cast(pl.Float64),
        unit=pl.lit("days"),
        good=pl.col("far") == 0,
    )


AUTOMATION = Automation(
    name="finance.metering_watch",
    doc=__doc__,
    target="Billing automation rate > 95 % (Financial Operations)",
    reads=("metering_days",),
    measure_reads=("metering_days",),
    verbs=("task.assign",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    cadence=Cadence("FREQ=DAILY;BYHOUR=6"),
)
