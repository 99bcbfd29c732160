"""Greets every new customer once. Reads subscriptions as they start; measured by delivery."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How long after its start a subscription is still greeted."""

    fresh_days: int = 3


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One message for each subscription that began within `fresh_days`."""
    since = now - timedelta(days=settings.fresh_days)
    fresh = facts["subscription_started"].filter(pl.col("occurred_at") > since)
    for row in fresh.iter_rows(named=True):
        yield Decision(
            verb="message.send",
            subject=row["subject"],
            episode=f"welcome {row['subscription']}",
            parameters={
                "to": row["subject"],
                "topic": "Welcome",
                "text": f"Good to have you on {row['plan']}.",
            },
            evidence=Evidence(
                because=f"{row['subscription']} began on {row['occurred_at']:%Y-%m-%d}",
                rule="occurred_at > now - fresh_days",
                facts={"occurred_at": row["occurred_at"], "fresh_days": settings.fresh_days},
                counterfactual="would not be greeted had it begun before",
            ),
        )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Whether a delivery came back."""
    delivered = facts["message_delivered"]["subject"].implode()
    reached = pl.col("subject").is_in(delivered)
    return due.select(
        "decision",
        name=pl.lit("delivered"),
        value=reached.cast(pl.Float64),
        unit=pl.lit("share"),
        good=reached,
    )


AUTOMATION = Automation(
    name="customers.greeting",
    doc=__doc__,
    target="Time to first contact under one hour (Customers)",
    reads=("subscription_started",),
    measure_reads=("message_delivered",),
    verbs=("message.send",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=3,
    wakes_on=("subscription.started",),
)
