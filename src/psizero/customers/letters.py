"""Letters of onboarding: their words for one customer, by what it is for and what it programs in.

Only those that are due now are rendered. No name stands in them: they hold nothing personal.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.clock import iso
from psizero.core.content import canonical
from psizero.core.link import mark
from psizero.core.tables import Facts
from psizero.core.template import Template, template
from psizero.customers.onboarding import (
    MILESTONES,
    Row,
    Settings,
    Step,
    call_at,
    instant,
    open_rows,
    settings_from,
    steps,
    zone_of,
)
from psizero.customers.tracks import SHELF, track

RATE_ONBOARDING = "rate_onboarding"
"""The page behind the link of the survey."""
LETTERS = {"customer": pl.String(), "letter": pl.String(), "document": pl.String()}
_FOLDER = "psizero.customers.automations.onboarding"
_TEMPLATES: Mapping[str, Template] = {
    one: template(_FOLDER, one) for one in ("welcome", "help", "celebration", "survey")
}


def letters(facts: Facts, now: datetime) -> pl.DataFrame:
    """The letters due now: customer, letter, and its words as a document."""
    settings = settings_from(facts["settings"])
    rows = [
        {
            "customer": row["customer"],
            "letter": step.letter,
            "document": written(row, step, settings),
        }
        for row in open_rows(facts["onboarding"], settings, now).iter_rows(named=True)
        for step in steps(row, settings, now)
    ]
    return pl.DataFrame(rows, schema=LETTERS)


def written(row: Row, step: Step, said: Settings) -> str:
    """One letter as canonical JSON; with the welcome goes the talk."""
    _, use_case, technology = track(row)
    at = row["call_at"] or call_at(row, said)
    local = instant(at).astimezone(zone_of(row["zone"]))
    words, chosen = SHELF.milestones[step.milestone], SHELF.use_cases[use_case]
    missing = str(row["missing"])
    values: dict[str, object] = {
        "use_case": use_case,
        "first": chosen.first,
        "example": SHELF.examples[technology],
        "pages": [f"{said.docs_url}/{path}" for path in chosen.paths],
        "checklist": [
            {"name": SHELF.milestones[one].name, "mark": "x" if row[one] is not None else " "}
            for one in MILESTONES
        ],
        "reached": row["reached"],
        **msgspec.structs.asdict(words),
        "next": SHELF.milestones[missing].name if missing else "",
        "call_on": f"{local:%A %d %B, %H:%M} ({local.tzinfo})",
        "call_minutes": said.call_minutes,
        "rate": mark(RATE_ONBOARDING),
    }
    made: dict[str, object] = {**_TEMPLATES[step.letter].rendered(values), "letter": step.letter}
    if step.letter == "welcome":
        made["talk"] = {
            "key": f"first-steps-{row['customer']}",
            "begins_at": iso(instant(at)),
            "minutes": said.call_minutes,
            "summary": "How the first steps went",
            "description": f"Your first steps: {chosen.first}.",
        }
    return canonical(made)
