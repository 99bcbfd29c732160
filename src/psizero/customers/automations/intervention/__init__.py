"""Acts on who is likely to leave: one action an account, the gravest first, a few before many.

Reads what was said of every customer on Monday beside the health of the morning. Above 75 % a
person gets the account with a prepared note; above 50 % the customer is put into the retention
sequence; between 25 and 50 % nothing is done, below it is only watched. Where the health of the
account has already made somebody call, or put it into a campaign, that is its one action, and an
offer of more is left out by customers.health_watch. The same band is one occasion a month. The
sequence begins with a few accounts; after two weeks without more complaints than the guardrail
allows it is widened, else it stands still. Measured after 30 days by whether the customer is still
with us; bad is what a complaint followed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.customers.retention import Settings, actions, room


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """A task for each account in the high band, and as many enrolments as there is room for."""
    left = room(facts, settings, now)
    for row in actions(facts, settings, now).iter_rows(named=True):
        month = f"{row['band']} {now:%Y-%m}"
        if row["band"] == "high":
            yield _decided(row, month, "task.assign", _note(row, settings))
        elif left > 0:
            left -= 1
            yield _decided(row, month, "campaign.enroll", {"sequence": settings.sequence})


def _note(row: dict[str, object], settings: Settings) -> dict[str, object]:
    scored = row["scored_at"]
    due = (
        scored + timedelta(days=settings.outreach_due_days) if isinstance(scored, datetime) else ""
    )
    return {
        "role": settings.outreach_role,
        "what": f"call the customer: {row['because']}",
        "why": f"{row['probability']:.0%} likely to leave within 30 days",
        "due_at": due,
    }


def _decided(row: dict[str, object], episode: str, verb: str, said: dict[str, object]) -> Decision:
    subject, chance = str(row["customer"]), float(str(row["probability"]))
    border = 0.75 if row["band"] == "high" else 0.5
    kind = "task.assigned" if verb == "task.assign" else "campaign.enrolled"
    return Decision(
        verb=verb,
        subject=subject,
        episode=episode,
        parameters=said,
        evidence=Evidence(
            because=f"{chance:.1%} likely to leave within 30 days: {row['because']}",
            rule=f"churn > {border:.0%}, and health has not led to anything",
            facts={
                name: row[name] for name in ("probability", "model", "plan", "stance", "scored_at")
            },
            contributions=msgspec.json.decode(str(row["contributions"]), type=dict[str, float]),
            counterfactual=f"nothing of it at {border:.0%} or below",
        ),
        rows={kind: [{"subject": subject, **said}]},
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Whether the customer still has a subscription; good where nobody complained.

    Many of those whom it is about leave whatever is done: that is no fault of a single call.
    """
    stays = facts["subscriptions_held"].filter(
        pl.col("ended_at").is_null() | (pl.col("ended_at") < pl.col("started_at"))
    )
    no = facts["suppressions"].filter(pl.col("complained_at").is_not_null())["subject"]
    return due.select(
        "decision",
        name=pl.lit("still a customer"),
        value=pl.col("subject").is_in(stays["subject"].implode()).cast(pl.Float64),
        unit=pl.lit("customers"),
        good=~pl.col("subject").is_in(no.implode()),
    )


AUTOMATION = Automation(
    name="customers.intervention",
    doc=__doc__,
    target="Health Monitoring & Risk Detection: churn alert > 75 %, retention > 50 %",
    reads=("churn_standing", "health_standing", "interventions", "suppressions"),
    measure_reads=("subscriptions_held", "suppressions"),
    verbs=("task.assign", "campaign.enroll"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=30,
    cadence=Cadence("FREQ=WEEKLY;BYDAY=MO;BYHOUR=7"),
)
