"""Companies to test with, and their emissions put together."""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, joined
from psizero.twin.planted import Company, Planted, planted
from psizero.twin.scenario import Scenario
from tests.twin.fleets import CALM, DAY, changed

BEGINS = datetime(2026, 1, 1)
PLANTED = changed({"market.planted_share": 1.0})
NONE = changed({"market.planted_share": 0.0})


def company(seed: int, scenario: Scenario = CALM, customers: int = 20) -> Company:
    """A company from the first of January."""
    return Company(Dice(seed), scenario, customers, BEGINS)


def together(
    part: Callable[[Company, datetime, int], Emission], whose: Company, days: int, step: int
) -> dict[str, pl.DataFrame]:
    """Rows and truth by name, made in steps of some days."""
    said = joined(part(whose, BEGINS + n * DAY, step) for n in range(0, days, step))
    return {**said.rows, **{f"truth of {name}": rows for name, rows in said.truth.items()}}


def first(whose: Company, name: str) -> Planted:
    """The first of the planted causes of a name."""
    return next(one for one in planted(whose, BEGINS + 90 * DAY) if one.name == name)
