"""The services of the API: how many replicas run, how loaded they are, and what their metrics say.

Time goes on by whole hours, as many as the caller gives calls for: a quiet day at once, and hour
by hour while a fault runs, so that a remedy can bite within the day. Both give the same rows.
"""

from datetime import datetime
from math import ceil

import msgspec
import numpy as np

from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, joined
from psizero.twin.faults import DAY, HOUR, SERVICES, Fault, faults, maintenance
from psizero.twin.incidents import healed, told
from psizero.twin.metrics import Hours, metrics
from psizero.twin.scenario import Scenario
from psizero.twin.signs import Harm, Signs, felt
from psizero.twin.versions import Versions

_TAIL = HOUR
"""How long after its end something may still be said of a fault."""


class Fleet(msgspec.Struct, frozen=True):
    """What runs at `until`, the first instant of which nothing was said yet.

    `replicas` by service, `planned` those that staff would run; `busiest` calls of an hour since
    Monday. `failing`: share of the customers' calls that fails beside what always does, in each
    hour told last; `loud`: of these hours, the luck of a noisy customer and how many of its calls
    were rejected. `replica_hours`: all so far.
    """

    until: datetime
    replicas: tuple[int, ...]
    planned: tuple[int, ...]
    versions: Versions
    busiest: float = 0.0
    scaled_at: tuple[datetime | None, ...] = (None,) * len(SERVICES)
    faults: tuple[Fault, ...] = ()
    harms: tuple[Harm, ...] = ()
    failing: tuple[float, ...] = ()
    loud: tuple[tuple[float, int], ...] = ()
    replica_hours: int = 0


def opened(scenario: Scenario, day: datetime, busiest: float) -> Fleet:
    """The fleet of the first day, planned for the calls of its busiest hour."""
    planned = _planned(scenario, busiest)
    return Fleet(day, planned, planned, Versions.first(day))


def services(
    dice: Dice, scenario: Scenario, day: datetime, calls_hourly: np.ndarray, fleet: Fleet
) -> tuple[Emission, Fleet]:
    """The hours from `day`, one for each entry of `calls_hourly`: calls of all customers.

    Raises ValueError where `day` is not where the fleet stands.
    """
    if day != fleet.until:
        raise ValueError(f"the fleet stands at {fleet.until}, not at {day}")
    found: list[Emission] = []
    failing: tuple[float, ...] = ()
    loud: tuple[tuple[float, int], ...] = ()
    done = 0
    while done < len(calls_hourly):
        room = min(24 - fleet.until.hour, len(calls_hourly) - done)
        emission, fleet = _within_a_day(dice, scenario, calls_hourly[done : done + room], fleet)
        found.append(emission)
        failing, loud, done = failing + fleet.failing, loud + fleet.loud, done + room
    emission = found[0] if len(found) == 1 else joined(found)
    return emission, msgspec.structs.replace(fleet, failing=failing, loud=loud)


def next_fault_at(dice: Dice, scenario: Scenario, fleet: Fleet, until: datetime) -> datetime | None:
    """The whole hour before `until` in which something is wrong first; None where nothing is."""
    if any(one.heals_at > fleet.until for one in fleet.faults) or fleet.harms:
        return fleet.until
    day = fleet.until.replace(hour=0)
    while day < until:
        for one in faults(dice, scenario, day):
            if fleet.until <= one.starts_at < until:
                return one.starts_at.replace(minute=0, second=0)
        day += DAY
    return None


def _within_a_day(
    dice: Dice, scenario: Scenario, calls: np.ndarray, fleet: Fleet
) -> tuple[Emission, Fleet]:
    start, end = fleet.until, fleet.until + len(calls) * HOUR
    fleet = _manned(scenario, fleet)
    today = start.replace(hour=0)
    born = [one for one in faults(dice, scenario, today) if start <= one.starts_at < end]
    running = (*fleet.faults, *born)
    signs = felt(
        scenario, start, len(calls), running, (*fleet.harms, *_maintained(dice, scenario, today))
    )
    hours = Hours(start, calls, np.array(fleet.replicas), np.array(fleet.planned), signs)
    seen, failing = metrics(dice, scenario, hours)
    said, versions = told(dice, scenario, running, fleet.versions, (start, end))
    rows = Emission({**seen, **said.rows}, healed(running, start, end))
    after = msgspec.structs.replace(
        fleet,
        until=end,
        versions=versions,
        busiest=max(fleet.busiest, float(np.max(calls, initial=0.0))),
        faults=tuple(one for one in running if one.heals_at + _TAIL > end),
        harms=tuple(one for one in fleet.harms if one.ends_at > end),
        failing=tuple(float(one) for one in failing),
        loud=_loud(scenario, running, signs, hours),
        replica_hours=fleet.replica_hours + sum(fleet.replicas) * len(calls),
    )
    return rows, after


def _planned(scenario: Scenario, busiest: float) -> tuple[int, ...]:
    """Replicas for the busiest hour, at the load that staff plans with."""
    load, least = scenario.number("services.planned_load"), scenario.number("services.replicas_min")
    fanout = scenario.shares("services.fanout")
    able = scenario.shares("services.hourly_per_replica")
    return tuple(
        max(int(least), ceil(busiest * fanout[one] / (able[one] * load))) for one in SERVICES
    )


def _manned(scenario: Scenario, fleet: Fleet) -> Fleet:
    """On Mondays staff plans for the week, but takes nothing from what was scaled within one."""
    if fleet.until.weekday() != 0 or fleet.until.hour or not fleet.busiest:
        return fleet
    planned = _planned(scenario, fleet.busiest)
    replicas = tuple(
        max(plan, now) if at is not None and at + 7 * DAY > fleet.until else plan
        for plan, now, at in zip(planned, fleet.replicas, fleet.scaled_at, strict=True)
    )
    return msgspec.structs.replace(fleet, replicas=replicas, planned=planned, busiest=0.0)


def _maintained(dice: Dice, scenario: Scenario, day: datetime) -> list[Harm]:
    found = maintenance(dice, scenario, day)
    if found is None:
        return []
    service, starts = found
    ends = starts + scenario.number("services.maintenance_hours") * HOUR
    return [Harm(service, starts, ends, scenario.number("services.maintenance_failing_share"))]


def _loud(
    scenario: Scenario, running: tuple[Fault, ...], signs: Signs, hours: Hours
) -> tuple[tuple[float, int], ...]:
    """Whose calls were rejected, by luck: the share of all that was rejected in these hours."""
    able = scenario.shares("services.hourly_per_replica")["gateway"]
    capacity = able * int(hours.planned[0])
    found = []
    for one in running:
        if one.cause == "noisy_customer":
            own = felt(scenario, hours.start, len(hours.calls), (one,), ())
            found.append((one.luck, round(float(own.rejected[:, 0].sum()) * capacity)))
    return tuple(one for one in found if one[1])
