"""Writes a note every morning. Reads how many wishes there are; always good."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from psizero.core.automation import Automation, Cadence
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts

ZONE = "Europe/Berlin"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A note is written where there are this many wishes at least."""

    wishes_min: int = 0


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One note a day, named by the local day."""
    wishes = int(facts["wishes_by_verb"]["wishes"].sum())
    if wishes < settings.wishes_min:
        return
    day = now.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(ZONE)).date().isoformat()
    yield Decision(
        verb="note.write",
        subject="house",
        episode=day,
        parameters={"day": day, "wishes": wishes},
        evidence=Evidence(
            because=f"a new day, {wishes} wishes",
            rule="wishes >= wishes_min",
            facts={"wishes": wishes, "wishes_min": settings.wishes_min},
            counterfactual=f"none with fewer than {settings.wishes_min} wishes",
        ),
        rows={"note.written": [{"subject": "house", "text": f"day {day}", "wishes": wishes}]},
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """A note is always good."""
    return due.select(
        "decision",
        name=pl.lit("written"),
        value=pl.lit(1.0),
        unit=pl.lit("notes"),
        good=pl.lit(True),
    )


AUTOMATION = Automation(
    name="operations.rounds",
    doc=__doc__,
    target="One look at the house a day (Operations)",
    reads=("wishes_by_verb",),
    verbs=("note.write",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=1,
    cadence=Cadence("FREQ=DAILY;BYHOUR=7", ZONE),
)
