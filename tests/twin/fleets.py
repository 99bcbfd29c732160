"""Fleets to test with: a scenario with other numbers, hours of calls, and a flight of some days."""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, joined
from psizero.twin.faults import HOUR, Fault
from psizero.twin.fleet import Fleet, opened, services
from psizero.twin.scenario import Scenario, load

START = datetime(2026, 3, 2)
"""A Monday."""
DAY = timedelta(days=1)
CALM = load("calm")
QUIET = {
    "incidents.bad_deploy_share": 0.0,
    "incidents.false_alarms_daily": 0.0,
    "services.monitor_down_daily": 0.0,
    "services.maintenance_weekly": 0.0,
}
"""With no daily faults: nothing is ever wrong."""


PLACES = {
    "bad_deploy": "compiler",
    "memory_leak": "compiler",
    "overload": "gateway",
    "slow_query": "results",
    "dependency_down": "simulator",
    "disk_full": "simulator",
    "crash_loop": "compiler",
    "noisy_customer": "gateway",
}
"""Each cause, and where it may lie."""


def changed(numbers: dict[str, float], scenario: Scenario = CALM) -> Scenario:
    """A scenario with some parameters otherwise; a number for a table is said of all its rows."""
    parameters = dict(scenario.parameters)
    for name, value in numbers.items():
        old = parameters[name]
        new = dict.fromkeys(old.value, value) if isinstance(old.value, dict) else value
        parameters[name] = msgspec.structs.replace(old, value=new)
    return Scenario(scenario.name, scenario.doc, parameters)


def quiet() -> Scenario:
    """Nothing is ever wrong."""
    return changed(QUIET | {"incidents.daily": 0.0})


def hourly(daily: float = 240_000.0) -> np.ndarray:
    """Calls of the hours of a day."""
    shape = np.array(CALM.numbers("use.hours"))
    found: np.ndarray = np.rint(daily * shape / shape.sum())
    return found


def flown(
    seed: int, scenario: Scenario, days: int, daily: float = 240_000.0
) -> tuple[Emission, Fleet]:
    """Some days of a fleet that nobody helps, a day at a time."""
    fleet = opened(scenario, START, hourly(daily).max())
    found = []
    for number in range(days):
        day = START + number * DAY
        emission, fleet = services(Dice(seed), scenario, day, hourly(daily), fleet)
        found.append(emission)
    return joined(found), fleet


def broken(cause: str, service: str, begins: datetime, hours: float = 6.0) -> Fault:
    """A fault of ordinary severity that would last some hours."""
    return Fault(
        name="f",
        service=service,
        cause=cause,
        severity=1.0,
        starts_at=begins,
        hurts_at=begins,
        alert_at=begins + timedelta(minutes=6),
        declared_at=begins + timedelta(minutes=20),
        identified_at=begins + timedelta(minutes=40),
        suspected=cause,
        heals_at=begins + hours * HOUR,
        healed_by="staff",
        luck=0.5,
        version="v2",
    )


def with_fault(fault: Fault, scenario: Scenario) -> Fleet:
    """A fleet at the whole hour of a fault, that runs a second version."""
    at = fault.starts_at.replace(minute=0, second=0)
    fleet = opened(scenario, at, hourly().max())
    versions = fleet.versions.replaced(fault.service, "v2")
    return msgspec.structs.replace(fleet, faults=(fault,), versions=versions)


def failing_by_hour(emission: Emission, service: str) -> np.ndarray:
    """Share of a service's requests that is 5xx, in each hour that has any."""
    frame = emission.rows["request.counted"].filter(pl.col("subject") == service)
    failed = pl.col("quantity").filter(pl.col("status_class") == "5xx").sum()
    shares = frame.group_by("occurred_at").agg((failed / pl.col("quantity").sum()).alias("s"))
    return shares.sort("occurred_at")["s"].cast(pl.Float64).to_numpy()


def quantile_ms(emission: Emission, service: str, share: float) -> float:
    """The bound below which this share of a service's requests was answered."""
    frame = emission.rows["request.timed"].filter(pl.col("subject") == service)
    counted = frame.group_by("le_ms").agg(pl.col("quantity").cast(pl.Float64).sum())
    bounds = counted.with_columns(pl.col("le_ms").replace("+Inf", "inf").cast(pl.Float64))
    bounds = bounds.sort("le_ms").with_columns(upto=pl.col("quantity").cum_sum())
    total = float(bounds["quantity"].sum())
    return float(bounds.filter(pl.col("upto") >= share * total)["le_ms"][0])
