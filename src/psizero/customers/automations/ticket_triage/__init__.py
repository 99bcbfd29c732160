"""Reads every message of a customer as it arrives: what it is about, how urgent, whose it is.

Reads the last message of every open ticket, as triage judges it. What a model is not sure of, or
what is unlike anything it knows, waits for a person; outage, breach, data loss, billing dispute,
legal and "cancel" never stay low, whatever a model says; what a machine wrote is nobody's and never
answered. A further message may raise the priority and never lowers it; what a person corrected
stands. Text in a ticket is compared with and has no other power. Measured after 7 days by whether
a person corrected it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import polars as pl

from psizero.core.automation import Automation
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.customers.inbox import TriageSettings

SAID = ("category", "priority", "team", "person", "silent", "language", "sentiment")
FACTS = ("confidence", "inside", "priority", "reasons", "said_at")


def propose(facts: Facts, settings: TriageSettings, now: datetime) -> Iterator[Decision]:
    """One decision for the last message of each ticket that is new, or more urgent than known."""
    known = facts["tickets"].select("ticket", "routed", was="priority")
    judged = facts["ticket_triage"].join(known, on="ticket", maintain_order="left")
    fresh = judged.filter(pl.col("routed").ne_missing(pl.col("message")))
    first = pl.col("routed").is_null() | (pl.col("priority") != pl.col("was"))
    for row in fresh.filter(first).iter_rows(named=True):
        yield _routed(row)


def _routed(row: Mapping[str, object]) -> Decision:
    subject, silent = str(row["customer"]), str(row["silent"])
    said = {"ticket": row["ticket"], "message": row["message"], **{n: row[n] for n in SAID}}
    what = f"{row['priority']} {row['category']}, for {row['team']}"
    told = row["reasons"] or "nothing unusual"
    because = f"{silent}: it is answered by nobody" if silent else f"{what}: {told}"
    return Decision(
        verb="ticket.route",
        subject=subject,
        episode=f"ticket {row['ticket']} message {row['message']}",
        parameters=said,
        evidence=Evidence(
            because=because,
            rule="learned from examples and corrections; alarms and tone raise, nothing lowers",
            facts={name: row[name] for name in FACTS},
            counterfactual="a person's correction would stand instead",
        ),
        confidence=float(str(row["confidence"])),
        rows={"ticket.routed": [{"subject": subject, **said}]},
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Whether a person said otherwise; good where nobody did."""
    corrected = facts["ticket_history"].select("ticket", "corrected_at")
    ticket = pl.col("parameters").str.json_path_match("$.ticket").alias("ticket")
    joined = due.with_columns(ticket).join(corrected, on="ticket", how="left")
    wrong = pl.col("corrected_at").is_not_null()
    return joined.select(
        "decision",
        name=pl.lit("corrected by a person"),
        value=wrong.cast(pl.Float64),
        unit=pl.lit("tickets"),
        good=~wrong,
    )


AUTOMATION = Automation(
    name="customers.ticket_triage",
    doc=__doc__,
    target="Support Automation: 85 % of tickets triaged without a person",
    reads=("tickets", "ticket_triage"),
    measure_reads=("ticket_history",),
    verbs=("ticket.route",),
    settings=TriageSettings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    wakes_on=("ticket.opened", "ticket.said"),
)
