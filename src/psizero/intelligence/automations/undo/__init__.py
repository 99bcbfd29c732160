"""Takes back what people asked to have undone, each by the verb that compensates for it.

Reads the table `undos`: of everything that somebody asked for with `psizero undo`, what is not yet
taken in hand. One decision each, of its own and recorded with its cause; the gate judges it like
any other, and when it is done the receipt of what it takes back becomes `undone`. Nothing is ever
deleted. It proposes nothing of itself, so it needs no record to rise. Measured a day later by
whether it took back what it should.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import iso
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.core.undo import Undo


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """There is nothing to set: what is undone, people say one by one."""


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One decision for each that waits, what was done last first."""
    asked = facts["undos"].filter(pl.col("state").is_null())
    due = asked.sort(["asked_at", "decision"], descending=[True, False])
    for row in due.iter_rows(named=True):
        parameters = msgspec.json.decode(row["parameters"], type=dict[str, object])
        undo = Undo(row["decision"], row["compensator"], row["subject"], parameters)
        yield Decision(
            verb=undo.verb,
            subject=undo.subject,
            episode=undo.episode,
            parameters=undo.parameters,
            evidence=Evidence(
                because=f"{row['by']} wants {row['verb']} undone: {row['because']}",
                rule="what a person asked to have undone, and is not taken in hand yet",
                facts={
                    "undoes": undo.decision,
                    "of": row["automation"],
                    "asked_by": row["by"],
                    "asked_at": iso(row["asked_at"]),
                },
                counterfactual="would not be proposed had nobody asked for it",
            ),
            rows=msgspec.json.decode(row["rows"], type=dict[str, list[dict[str, object]]]),
        )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Good where the receipt says that it is undone."""
    done = pl.col("decision").is_in(facts["undone"]["decision"].implode())
    return due.select(
        "decision",
        name=pl.lit("undone"),
        value=done.cast(pl.Float64),
        unit=pl.lit("actions"),
        good=done,
    )


AUTOMATION = Automation(
    name="intelligence.undo",
    doc=__doc__,
    target="Business Intelligence: what was decided wrongly can be taken back",
    reads=("undos",),
    measure_reads=("undone",),
    verbs=("task.withdraw", "campaign.unenroll"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=1,
    wakes_on=("undo.asked",),
    on_request=True,
)
