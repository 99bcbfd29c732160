"""Remedies that the house tries on a service: each heals only what it really heals."""

from datetime import datetime
from math import ceil

import msgspec

from psizero.core.events.deploy import DEPLOY_FINISHED, DEPLOY_STARTED
from psizero.twin.emission import Emission, rows_of
from psizero.twin.faults import MINUTE, SERVICES, Fault
from psizero.twin.fleet import Fleet
from psizero.twin.incidents import deploy_rows
from psizero.twin.scenario import Scenario
from psizero.twin.signs import Harm

REMEDIES = ("scale", "restart", "rollback", "breaker", "index", "clean")
HEALS = {
    "bad_deploy": ("rollback",),
    "memory_leak": ("restart",),
    "overload": ("scale",),
    "slow_query": ("index",),
    "dependency_down": ("breaker",),
    "disk_full": ("clean",),
    "crash_loop": ("rollback",),
    "noisy_customer": ("breaker",),
}
"""What heals which cause. All else does nothing to it, or harm."""
_REPLICAS_MAX = 400


class Remedy(msgspec.Struct, frozen=True):
    """One action of ours on a service. `replicas` are those wanted; 0 is half as many more."""

    key: str
    name: str
    service: str
    at: datetime
    replicas: int = 0


def heal(scenario: Scenario, fleet: Fleet, remedy: Remedy) -> tuple[Emission, Fleet]:
    """What a remedy does. It bites in hours that were not told yet, never before `fleet.until`.

    Raises ValueError on a remedy or a service that does not exist.
    """
    if remedy.name not in REMEDIES or remedy.service not in SERVICES:
        raise ValueError(f"there is no {remedy.name!r} of {remedy.service!r}")
    settles = scenario.shares("incidents.settle_minutes")[remedy.name]
    bites = max(remedy.at + settles * MINUTE, fleet.until)
    healed = tuple(
        msgspec.structs.replace(one, heals_at=bites, healed_by="autopilot", key=remedy.key)
        if _heals(scenario, fleet, remedy, one) and bites < one.heals_at
        else one
        for one in fleet.faults
    )
    emission = Emission()
    after = msgspec.structs.replace(fleet, faults=healed)
    if remedy.name == "scale":
        after = _scaled(after, remedy)
    if remedy.name == "rollback":
        emission, after = _rolled_back(after, remedy, bites)
    if healed == fleet.faults:
        after = _harmed(scenario, after, remedy)
    return emission, after


def _heals(scenario: Scenario, fleet: Fleet, remedy: Remedy, fault: Fault) -> bool:
    if fault.service != remedy.service or remedy.name not in HEALS[fault.cause]:
        return False
    if fault.starts_at > remedy.at:
        return False
    if remedy.name == "rollback":
        return fault.version == fleet.versions.of(fault.service)
    if remedy.name == "scale":
        return _enough(scenario, fleet, remedy, fault)
    return True


def _enough(scenario: Scenario, fleet: Fleet, remedy: Remedy, fault: Fault) -> bool:
    """Whether so many replicas carry the surge beside the load that staff planned for."""
    place = SERVICES.index(fault.service)
    surge = scenario.shares("incidents.surge_share")[fault.cause] * fault.severity
    needed = (surge + scenario.number("services.planned_load")) * fleet.planned[place]
    return _wanted(fleet, remedy) >= needed


def _wanted(fleet: Fleet, remedy: Remedy) -> int:
    now = fleet.replicas[SERVICES.index(remedy.service)]
    return min(max(remedy.replicas or ceil(1.5 * now), 1), _REPLICAS_MAX)


def _scaled(fleet: Fleet, remedy: Remedy) -> Fleet:
    place = SERVICES.index(remedy.service)
    replicas, times = list(fleet.replicas), list(fleet.scaled_at)
    replicas[place], times[place] = _wanted(fleet, remedy), remedy.at
    return msgspec.structs.replace(fleet, replicas=tuple(replicas), scaled_at=tuple(times))


def _rolled_back(fleet: Fleet, remedy: Remedy, ends: datetime) -> tuple[Emission, Fleet]:
    """The previous version goes out again: rows that answer our action."""
    running, back = fleet.versions.of(remedy.service), fleet.versions.previous(remedy.service)
    name = f"back-{remedy.service}-{remedy.key}"
    rows = deploy_rows(name, remedy.service, (back, running), (remedy.at, ends))
    begins, over = ({**row, "cause": remedy.key} for row in rows)
    emission = Emission(
        {
            DEPLOY_STARTED.name: rows_of(DEPLOY_STARTED, [begins]),
            DEPLOY_FINISHED.name: rows_of(DEPLOY_FINISHED, [over]),
        }
    )
    versions = fleet.versions.rolled_back(remedy.service)
    return emission, msgspec.structs.replace(fleet, versions=versions)


def _harmed(scenario: Scenario, fleet: Fleet, remedy: Remedy) -> Fleet:
    """What it costs to mend what was not broken, or not in this way."""
    share = scenario.shares("incidents.harm_share")[remedy.name]
    minutes = scenario.shares("incidents.harm_minutes")[remedy.name]
    if not share:
        return fleet
    starts = max(remedy.at, fleet.until)
    harm = Harm(remedy.service, starts, starts + minutes * MINUTE, share)
    return msgspec.structs.replace(fleet, harms=(*fleet.harms, harm))
