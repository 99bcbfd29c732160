"""The twin by itself, and a year of 300 customers flown by a house."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.child import measured
from benchmarks.row import Row, at_most
from psizero.house.home import opened
from psizero.house.twin import START, everything, fly_twin, settle_home
from psizero.twin.scenario import load
from psizero.twin.world import Course, World

CUSTOMERS, YEAR_DAYS = 300, 365
QUICK_DAYS = 30
RATE_LEAST = 20_000
YEAR_SECONDS_MOST = 120


def course(customers: int, days: int) -> Course:
    """A calm year with every automation at auto."""
    return Course(load("calm"), 1, customers, START, days, everything().automated)


def world_rate(folder: Path, customers: int, days: int) -> float:
    """Customer-days a second of the twin alone."""
    made, begin = World(course(customers, days)), perf_counter()
    for number in range(days):
        made.day(number)
    return customers * days / (perf_counter() - begin)


def flight_seconds(folder: Path, customers: int, days: int) -> float:
    """Seconds of a flight with a house, all that the twin says taken in."""
    asked = course(customers, days)
    settle_home(folder / "home", everything(), asked)
    with opened(folder / "home") as house:
        begin = perf_counter()
        fly_twin(house, asked, lambda tick: None)
        return perf_counter() - begin


def rows(quick: bool) -> Iterator[Row]:
    """The twin's own speed, and the simulated year."""
    days = QUICK_DAYS if quick else YEAR_DAYS
    for customers in (CUSTOMERS, 10 * CUSTOMERS):
        lasts = max(1, days * CUSTOMERS // customers)
        rate = measured(world_rate, float, customers=customers, days=lasts)
        what = f"twin: {customers:,} customers by themselves, {lasts} days"
        budget = f"at least {RATE_LEAST:,}"
        yield Row(
            what=what, figure=rate, unit="customer-days/s", budget=budget, met=rate >= RATE_LEAST
        )
    seconds = measured(flight_seconds, float, customers=CUSTOMERS, days=days)
    what = f"twin: {days} days of {CUSTOMERS} customers with a house, every automation on"
    yield at_most(what, seconds, "s", YEAR_SECONDS_MOST * days / YEAR_DAYS)
