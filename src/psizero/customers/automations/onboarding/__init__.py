"""Takes new customers from welcome to production use, and says at every step what is missing.

Wakes on a sign-up, and looks at 1, 9 and 17 o'clock UTC, so that every zone has a look by day. One
mail answers a sign-up: welcome, checklist, where to read on and an example by industry, use case
and programming language, and an invitation to a talk, which is a person's task. Milestones that
use shows are ticked off. First success and production use are worth a word; where a step is missing
25, 72 and 168 hours after the sign-up there is help with it, and at the end the customer is asked
how it was. Who is imported or internal hears nothing; nothing goes out by night, or once its
occasion has passed. Measured after 14 days by the milestones; bad is what a complaint followed.
"""

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.content import canonical
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.customers.onboarding import (
    MILESTONES,
    Row,
    Settings,
    Step,
    call_at,
    evidence,
    instant,
    open_rows,
    steps,
)
from psizero.customers.tracks import track

KINDS = {
    "onboarding.begin": "onboarding.begun",
    "milestone.record": "milestone.reached",
    "task.assign": "task.assigned",
}
OWED = ("welcome",)
"""Letters that answer what was asked for; the others are news, and may be held out."""


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """The checklist and the talk once, every milestone once, and the letter that is due."""
    for row in open_rows(facts["onboarding"], settings, now).iter_rows(named=True):
        if row["begun_at"] is None:
            yield from _begun(row, settings)
        for name in MILESTONES:
            if row[name] is not None and not row[f"{name}_told"]:
                said = {"milestone": name, "reached_at": row[name]}
                because = f"{name} at {instant(row[name]):%Y-%m-%d %H:%M}"
                yield _decided(row, f"milestone {name}", ("milestone.record", said), because)
        for step in steps(row, settings, now):
            yield _letter(row, step)


def _begun(row: Row, settings: Settings) -> Iterator[Decision]:
    at, why = call_at(row, settings), f"signed up {instant(row['signed_up_at']):%Y-%m-%d %H:%M}"
    said = {"track": ", ".join(track(row)), "checklist": canonical(MILESTONES), "call_at": at}
    yield _decided(row, "sign-up", ("onboarding.begin", said), why)
    what = "call the new customer and hear how the first steps went"
    task = {"role": settings.call_role, "what": what, "why": why, "due_at": at}
    yield _decided(row, "first talk", ("task.assign", task), why)


def _letter(row: Row, step: Step) -> Decision:
    key = {"customer": row["customer"], "letter": step.letter}
    text = {"document": {"table": "onboarding_letters", "key": key}}
    stream = "service" if step.letter in OWED else "product"
    said = {"to": row["customer"], "topic": "", "text": text, "stream": stream}
    return _decided(row, step.episode, ("message.send", said), step.because, step.until)


def _decided(
    row: Row, episode: str, what: tuple[str, Row], because: str, until: datetime | None = None
) -> Decision:
    (verb, said), subject = what, str(row["customer"])
    kind = KINDS.get(verb)
    return Decision(
        verb=verb,
        subject=subject,
        episode=episode,
        parameters=said,
        evidence=evidence(row, because),
        expires_at=until,
        rows={kind: [{"subject": subject, **said}]} if kind else {},
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Milestones reached (completion is a metric of its own); good where nobody complained."""
    reached = facts["onboarding"].select("customer", "reached")
    no = facts["suppressions"].filter(pl.col("complained_at").is_not_null())["subject"]
    joined = due.join(reached, left_on="subject", right_on="customer", how="left")
    return joined.select(
        "decision",
        name=pl.lit("milestones reached"),
        value=pl.col("reached").fill_null(0).cast(pl.Float64),
        unit=pl.lit("milestones"),
        good=~pl.col("subject").is_in(no.implode()),
    )


AUTOMATION = Automation(
    name="customers.onboarding",
    doc=__doc__,
    target="Customer Onboarding: completion > 85 %, first value < 24 h, satisfaction > 4.5",
    reads=("onboarding",),
    measure_reads=("onboarding", "suppressions"),
    verbs=("onboarding.begin", "milestone.record", "message.send", "task.assign"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=14,
    cadence=Cadence("FREQ=DAILY;BYHOUR=1,9,17"),
    wakes_on=("trial.started", "customer.signed_up", "customer.created"),
)
