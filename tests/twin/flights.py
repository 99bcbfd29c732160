"""Small twins, flown with a house and without."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from psizero.house.home import opened
from psizero.house.twin import START, Flown, Policy, everything, fly_twin, settle_home
from psizero.twin.emission import Emission
from psizero.twin.scenario import Parameter, Scenario, load
from psizero.twin.world import Course, World

OFF = Policy({})


def company(seed: int, customers: int = 30, days: int = 45, scenario: str = "calm") -> Course:
    """A course on which nothing is automated."""
    return Course(load(scenario), seed, customers, START, days)


def otherwise(scenario: Scenario, values: Mapping[str, object]) -> Scenario:
    """A scenario with other values of some parameters."""
    known = dict(scenario.parameters)
    for name, value in values.items():
        old = known[name]
        known[name] = Parameter(value, old.unit, old.source, old.sure)  # type-checked by load
    return Scenario(scenario.name, scenario.doc, known)


def lived(course: Course) -> tuple[World, list[Emission]]:
    """All days of a world, without a house."""
    world = World(course)
    return world, [world.day(number) for number in range(course.days)]


def rows(days: list[Emission], kind: str) -> pl.DataFrame:
    """All rows of a kind."""
    found = [one.rows[kind] for one in days if kind in one.rows]
    return pl.concat(found) if found else pl.DataFrame()


def flown(home: Path, course: Course, policy: Policy | None = None) -> Flown:
    """A house of its own, flown through a course under a policy; everything at auto by default."""
    chosen = policy or everything()
    settle_home(home, chosen, course)
    with opened(home) as house:
        return fly_twin(house, course, lambda tick: None)
