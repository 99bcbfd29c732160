"""A house that was lived in under watch, with a witness who saw every table as it then was."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.policy import Level
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.house.members import Members
from tests.laws.population import CATALOG, FOUND
from tests.laws.watch import all_watched
from tests.toy.town import all_at, entered, lived

WITNESS = "operations.witness"


class Nothing(msgspec.Struct, frozen=True):
    """A witness has no settings."""


class Glimpse(msgspec.Struct, frozen=True):
    """Every table as it was given at an instant, and what was the last position then."""

    now: datetime
    through: int
    tables: Facts


class Life(msgspec.Struct, frozen=True):
    """The home, what each thinker touched outside its facts, what the witness was given."""

    home: Path
    members: Members
    faults: dict[str, list[str]]
    glimpses: list[Glimpse]


def witness(seen: list[tuple[datetime, Facts]]) -> Automation:
    """Reads every table once a day, and does nothing."""

    def propose(facts: Facts, settings: Nothing, now: datetime) -> Iterator[Decision]:
        seen.append((now, dict(facts)))
        return iter(())

    def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError("a witness decides nothing")

    return Automation(
        name=WITNESS,
        doc="Sees every table.",
        target="none",
        reads=tuple(sorted(CATALOG.tables)),
        verbs=(),
        settings=Nothing(),
        propose=propose,
        measure=measure,
        horizon_days=1,
        cadence=Cadence("FREQ=DAILY;BYHOUR=6"),
    )


def watched_life(home: Path) -> Life:
    """The town from its first day to its last, every automation at auto."""
    faults: dict[str, list[str]] = {}
    seen: list[tuple[datetime, Facts]] = []
    found = all_watched(FOUND, faults)
    automations = {**found.automations, WITNESS: witness(seen)}
    found = msgspec.structs.replace(
        found, automations=automations, codes={**found.codes, WITNESS: "none"}
    )
    lived(home, all_at(Level.AUTO, found), found)
    with entered(home, found) as house:
        runs = house.read("run").filter(pl.col("subject") == WITNESS).sort("position")
    through = dict(runs.select("now", "through").iter_rows())
    return Life(home, found, faults, [Glimpse(now, through[now], all_) for now, all_ in seen])
