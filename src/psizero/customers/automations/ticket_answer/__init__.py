"""Answers what customers ask within seconds, in their thread, or names the person who will.

Reads what triage says of the last message of every open ticket, the knowledge base and questions of
old. An answer is a passage, quoted with its link, and only from the probability on at which 95 % of
such answers are right (split conformal); below it, with an alarm, with several questions at once or
in a furious tone, a person gets the ticket by name, with the nearest passage for a draft, and the
customer is told who that is, once a day. A customer who writes again after an answer goes to a
person. What a machine wrote is never answered, and no thread gets more than three answers of ours.
The words stand in a document that is made when it is sent: no decision holds any of them. Measured
after 7 days by whether the customer had to come back, and by what it thought of it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import polars as pl

from psizero.core.automation import Automation
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.customers.replies import Settings

Row = Mapping[str, object]
EXPIRES = timedelta(hours=24)
SCORE_GOOD = 4
RULE = "a passage above the threshold is quoted; all else is a person's"
OTHERWISE = "the other of the two, were the passage's probability beyond the threshold"


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """An answer, or a person and a word of it, for each message that nobody took care of."""
    for row in facts["ticket_answers"].iter_rows(named=True):
        if row["action"] == "escalate":
            yield _escalated(row)
        if row["form"]:
            yield _replied(row)


def _evidence(row: Row, because: str) -> Evidence:
    names = ("action", "passage", "probability", "why", "team", "owner", "said_at")
    facts = {name: row[name] for name in names}
    return Evidence(because=because, rule=RULE, facts=facts, counterfactual=OTHERWISE)


def _episode(row: Row) -> str:
    return f"ticket {row['ticket']} message {row['message']}"


def _escalated(row: Row) -> Decision:
    subject = str(row["customer"])
    names = ("ticket", "message", "team", "owner", "passage", "why", "due_at")
    said = {name: row[name] for name in names}
    return Decision(
        verb="ticket.escalate",
        subject=subject,
        episode=_episode(row),
        parameters=said,
        evidence=_evidence(row, f"for {row['owner']}, {row['team']}: {row['why']}"),
        rows={"ticket.escalated": [{"subject": subject, **said}]},
    )


def _replied(row: Row) -> Decision:
    subject, said_at, quoted = str(row["customer"]), row["said_at"], row["form"] == "answer"
    because = f"{row['passage']} is quoted: {row['why']}" if quoted else f"{row['owner']} has it"
    return Decision(
        verb="ticket.reply",
        subject=subject,
        episode=_episode(row),
        parameters={
            "to": subject,
            "ticket": row["ticket"],
            "message": row["message"],
            "form": row["form"],
            "passage": row["passage"] if quoted else "",
            "text": {"document": {"table": "ticket_answers", "key": {"ticket": row["ticket"]}}},
            "stream": "service",
        },
        evidence=_evidence(row, because),
        confidence=float(str(row["probability"])) if quoted else 1.0,
        expires_at=said_at + EXPIRES if isinstance(said_at, datetime) else None,
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Messages of the customer in the ticket since; of an answer good where it did not come back.

    A rating below 4 of 5 is bad whatever came back. That a person has it is good in itself.
    """
    said = pl.col("parameters").str
    ticket, form = said.json_path_match("$.ticket"), said.json_path_match("$.form")
    known = facts["ticket_history"].select("ticket", "messages", "score", "escalated_at")
    joined = due.with_columns(ticket=ticket, form=form).join(known, on="ticket", how="left")
    rated = (pl.col("score") >= SCORE_GOOD).fill_null(True)
    settled = (pl.col("escalated_at").is_null() & rated) | (pl.col("form") != "answer")
    return joined.select(
        "decision",
        name=pl.lit("messages of the customer"),
        value=pl.col("messages").fill_null(0).cast(pl.Float64),
        unit=pl.lit("messages"),
        good=settled.fill_null(True),
    )


AUTOMATION = Automation(
    name="customers.ticket_answer",
    doc=__doc__,
    target="Support Automation: first response < 30 s, escalation < 15 %",
    reads=("ticket_answers",),
    measure_reads=("ticket_history",),
    verbs=("ticket.reply", "ticket.escalate"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=7,
    wakes_on=("ticket.opened", "ticket.said"),
)
