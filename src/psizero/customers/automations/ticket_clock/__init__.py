"""Keeps the clock of every ticket, in hours of business, and says where one runs out.

Reads the clocks: opening hours in the company's zone with several windows a day, holidays, and days
of 23 and 25 hours; what comes at night begins with the next opening. The first answer of a person
is counted apart from what the autopilot says at once; resolution stands still while only the
customer can go on. Looks at each open ticket 4, 24 and 72 hours after it was opened. What is late
is a task for the head of support, once for each ticket and clock. Measured after 7 days by whether
the ticket was closed.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import polars as pl

from psizero.core.automation import Automation, Due
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.customers.promises import Settings

Row = Mapping[str, object]
CLOCKS = {
    "response": ("response_late", "response_due_at", "nobody has answered"),
    "resolution": ("resolution_late", "resolution_due_at", "it is not settled"),
}


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One task for each clock of an open ticket that has run out."""
    open_ = facts["ticket_clocks"].filter(pl.col("closed_at").is_null())
    for clock, (late, due_at, what) in CLOCKS.items():
        waits = pl.col("waits_for") == "us" if clock == "resolution" else pl.lit(True)
        for row in open_.filter(pl.col(late), waits).iter_rows(named=True):
            yield _late(row, clock, (due_at, what), settings)


def _late(row: Row, clock: str, named: tuple[str, str], settings: Settings) -> Decision:
    due_at, what = row[named[0]], named[1]
    subject, whose = str(row["customer"]), row["owner"] or row["team"] or "nobody"
    at = due_at.strftime("%Y-%m-%d %H:%M") if isinstance(due_at, datetime) else ""
    said = {
        "role": settings.lead,
        "what": f"see to ticket {row['ticket']}",
        "why": f"{what} by {at} UTC; it is with {whose}",
        "due_at": due_at + timedelta(days=1) if isinstance(due_at, datetime) else None,
    }
    return Decision(
        verb="task.assign",
        subject=subject,
        episode=f"ticket {row['ticket']} {clock}",
        parameters=said,
        evidence=Evidence(
            because=f"{row['priority']} ticket {row['ticket']}: {what} by {at} UTC",
            rule="what a ticket is owed by its priority, in business hours",
            facts={
                name: row[name]
                for name in ("priority", "opened_at", "human_response_minutes", "resolution_hours")
            },
            counterfactual=f"nothing would be due had it been done by {at} UTC",
        ),
        rows={"task.assigned": [{"subject": subject, **said}]},
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Whether the ticket is closed by now; good where it is."""
    closed = facts["ticket_history"].select("ticket", "closed_at")
    ticket = pl.col("episode").str.extract(r"^ticket (.*) \w+$").alias("ticket")
    joined = due.with_columns(ticket).join(closed, on="ticket", how="left")
    done = pl.col("closed_at").is_not_null()
    return joined.select(
        "decision",
        name=pl.lit("closed"),
        value=done.cast(pl.Float64),
        unit=pl.lit("tickets"),
        good=done,
    )


AUTOMATION = Automation(
    name="customers.ticket_clock",
    doc=__doc__,
    target="Support Automation: resolution < 4 h on average",
    reads=("ticket_clocks", "tickets"),
    measure_reads=("ticket_history",),
    verbs=("task.assign",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    due=Due("tickets", "opened_at", "check_hours"),
)
