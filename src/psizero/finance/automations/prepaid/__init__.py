"""Uses credits that customers bought in advance or were given: in their order, until they expire.

Reads the credits of which something is left, what is owed, and what else would pay it. A credit is
drawn from only as far as neither the customer's balance nor a payment that came covers what is
owed: the lowest priority first, then what expires first. What is drawn becomes the customer's
balance, which collection uses. What is left on the day of expiry is lost: breakage where it was
paid for, nothing where it was a gift. Measured after 7 days by what lies unused beside an open
invoice.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.money import Money
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.finance.prepaid import drawn, grant_move, uncovered


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`gifts`: credits that nobody paid for are used too."""

    gifts: bool = True


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """What was paid for is booked, what has expired is lost, what is owed is drawn."""
    known = facts["prepaid"].sort("grant_id")
    for row in known.filter(pl.col("paid") & ~pl.col("booked")).iter_rows(named=True):
        money = Money(row["amount_minor"], row["currency"])
        yield grant_move(row, "booked", row["amount_minor"], f"{money} paid in advance", now)
    for row in known.filter(pl.col("expires_at") <= now).iter_rows(named=True):
        money = Money(row["left_minor"], row["currency"])
        why = f"{money} were not used until {row['expires_at']:%Y-%m-%d}"
        yield grant_move(row, "expired", row["left_minor"], why, now)
    yield from drawn(known.filter(pl.col("paid") | settings.gifts), uncovered(facts), now)


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """What is left of credits beside an invoice that is owed; good when there is none."""
    owing = facts["receivables"].select("customer", "currency").unique()
    idle = facts["prepaid"].join(owing, on=["customer", "currency"], how="semi")
    left = idle.group_by("customer").agg(idle_minor=pl.col("left_minor").sum())
    joined = due.join(left, left_on="subject", right_on="customer", how="left")
    idle_minor = pl.col("idle_minor").fill_null(0)
    return joined.select(
        "decision",
        name=pl.lit("prepaid credit beside an open invoice"),
        value=idle_minor.cast(pl.Float64),
        unit=pl.lit("minor units"),
        good=idle_minor == 0,
    )


AUTOMATION = Automation(
    name="finance.prepaid",
    doc=__doc__,
    target="Billing automation rate > 95 % (Financial Operations)",
    reads=("prepaid", "receivables", "credits", "payments_waiting"),
    measure_reads=("prepaid", "receivables"),
    verbs=("grant.move",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    cadence=Cadence("FREQ=DAILY;BYHOUR=3"),
    wakes_on=("credit.granted", "invoice.issued"),
)
