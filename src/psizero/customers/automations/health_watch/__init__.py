"""Acts on every customer's health: who is in trouble hears from us, who does well is offered more.

Reads the health kept that morning. Below 40 a person calls the same day, from 40 to below 60 the
customer is put into a campaign, above 80 sales look for more, unless money or a ticket is open,
or the customer is feared to leave.
A band is left by a margin of 5 points only, and entering it again within 28 days is the same
occasion, so a score that swings around a border is one call. Nothing is done where too little is
known, or the customer is new; confidence is the share of the inputs that is known. Measured after
30 days by what became of the score.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.customers.explanation import evidence
from psizero.customers.health import Settings, settings_from

Row = Mapping[str, object]
CHURN_MAX = 0.5
"""Who is likelier to leave is offered nothing (customers.intervention)."""


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One decision for each customer in a band that is acted upon, as long as it lasts."""
    known = facts["health_standing"].filter(
        pl.col("scored_at") > now - timedelta(hours=settings.fresh_hours),
        pl.col("score").is_not_null(),
        ~pl.col("young"),
    )
    free = ~pl.col("owing") & (pl.col("open_tickets") == 0)
    leaving = facts["churn_standing"].filter(pl.col("probability") > CHURN_MAX)["customer"]
    free &= ~pl.col("customer").is_in(leaving.implode())
    good = (pl.col("stance") == "good") & free
    acted = known.filter(pl.col("stance").is_in(["critical", "warning"]) | good)
    for row in acted.iter_rows(named=True):
        yield _decided(row, settings)


def _decided(row: Row, settings: Settings) -> Decision:
    stance, since = str(row["stance"]), row["stance_since"]
    day = since.date().isoformat() if isinstance(since, datetime) else "before"
    verb, kind, said = _action(stance, since, settings)
    subject = str(row["customer"])
    return Decision(
        verb=verb,
        subject=subject,
        episode=f"{stance} {day}",
        parameters=said,
        evidence=evidence(row, settings),
        confidence=float(str(row["coverage"])),
        rows={kind: [{"subject": subject, **said}]},
    )


def _action(stance: str, since: object, settings: Settings) -> tuple[str, str, dict[str, object]]:
    """Verb, kind and parameters: of the occasion alone, so that they last as long as it does."""
    if stance == "warning":
        return "campaign.enroll", "campaign.enrolled", {"sequence": settings.campaign_sequence}
    outreach = stance == "critical"
    days = settings.outreach_due_days if outreach else settings.upsell_due_days
    what = "call the customer and find out what is wrong" if outreach else "offer a larger plan"
    said: dict[str, object] = {
        "role": settings.outreach_role if outreach else settings.upsell_role,
        "what": what,
        "why": f"health is {stance}",
        "due_at": since + timedelta(days=days) if isinstance(since, datetime) else None,
    }
    return "task.assign", "task.assigned", said


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Points gained in 30 days; good where they are enough, or the customer is out of the band.

    Good of an offer is that the customer is still well. A customer who left is worth 0.
    """
    rise = settings_from(facts["settings"]).rise_percent
    now = facts["health_standing"].select("customer", now="score", stance="stance")
    then = facts["health_month_before"].select("customer", then="score")
    left = pl.lit(now.height > 0) & pl.col("stance").is_null()
    joined = due.join(now, left_on="subject", right_on="customer", how="left").join(
        then, left_on="subject", right_on="customer", how="left"
    )
    gained = (pl.when(left).then(0.0).otherwise("now") - pl.col("then")).round(6)
    acted = pl.col("episode").str.split(" ").list.first()
    out = pl.when(acted == "warning").then(pl.col("stance").is_in(["steady", "good"]))
    better = (gained >= rise) | out.otherwise(pl.col("stance") != acted)
    good = pl.when(acted == "good").then(pl.col("stance") == "good").otherwise(better) & ~left
    known = gained.is_not_null()
    return joined.select(
        "decision",
        name=pl.when(known).then(pl.lit("rise of health")).otherwise(pl.lit("health unknown")),
        value=gained.fill_null(0.0),
        unit=pl.lit("points"),
        good=pl.when(known).then(good),
    )


AUTOMATION = Automation(
    name="customers.health_watch",
    doc=__doc__,
    target="Health monitoring and risk detection: 85 % automated (Customer Lifecycle)",
    reads=("health_standing", "churn_standing"),
    measure_reads=("health_standing", "health_month_before", "settings"),
    verbs=("task.assign", "campaign.enroll"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=30,
    cadence=Cadence("FREQ=DAILY;BYHOUR=6"),
)
