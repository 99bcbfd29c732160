"""What faults, maintenance and wrong remedies do to services, hour by hour."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import numpy as np

from psizero.twin.faults import FILLS, SERVICES, Fault
from psizero.twin.scenario import Scenario

_HOUR_SECONDS = 3600.0


class Harm(msgspec.Struct, frozen=True):
    """A while in which a share of a service's requests fails that no fault of its own explains."""

    service: str
    starts_at: datetime
    ends_at: datetime
    failing_share: float


class Signs(msgspec.Struct, frozen=True):
    """Arrays of hours by services.

    `failing`: share of requests. `surge` and, among it, `rejected`: further requests, as a share
    of the capacity that staff planned. `capacity`: share of replicas that work. `slow`: share of
    requests that take `slower` times as long. `memory` and `disk`: how far the room that was free
    is filled.
    """

    failing: np.ndarray
    surge: np.ndarray
    rejected: np.ndarray
    capacity: np.ndarray
    slow: np.ndarray
    slower: np.ndarray
    memory: np.ndarray
    disk: np.ndarray


def overlap(start: datetime, hours: int, since: datetime, until: datetime) -> np.ndarray:
    """Which share of each hour from `start` lies between two instants."""
    begins = np.arange(hours) * _HOUR_SECONDS
    first, last = (since - start).total_seconds(), (until - start).total_seconds()
    inside = np.minimum(begins + _HOUR_SECONDS, last) - np.maximum(begins, first)
    found: np.ndarray = np.clip(inside / _HOUR_SECONDS, 0.0, 1.0)
    return found


def calm(hours: int) -> Signs:
    """Nothing is wrong."""
    none, all_of = np.zeros((hours, len(SERVICES))), np.ones((hours, len(SERVICES)))
    return Signs(
        failing=none,
        surge=none.copy(),
        rejected=none.copy(),
        capacity=all_of,
        slow=none.copy(),
        slower=all_of.copy(),
        memory=none.copy(),
        disk=none.copy(),
    )


def felt(
    scenario: Scenario,
    start: datetime,
    hours: int,
    faults: Sequence[Fault],
    harms: Sequence[Harm],
) -> Signs:
    """What all of them do together in the hours from `start`. Shares that fail are independent."""
    signs = calm(hours)
    for one in faults:
        _add(scenario, signs, start, one)
    for harm in harms:
        place = SERVICES.index(harm.service)
        share = harm.failing_share * overlap(start, hours, harm.starts_at, harm.ends_at)
        signs.failing[:, place] = 1 - (1 - signs.failing[:, place]) * (1 - share)
    return signs


def _add(scenario: Scenario, signs: Signs, start: datetime, fault: Fault) -> None:
    place, hours, cause = SERVICES.index(fault.service), len(signs.failing), fault.cause
    whole = overlap(start, hours, fault.starts_at, fault.heals_at)
    hurts = overlap(start, hours, fault.hurts_at, fault.heals_at)
    share = scenario.shares("incidents.failing_share")[cause] * fault.severity
    fails = np.minimum(share, 0.95) * hurts
    signs.failing[:, place] = 1 - (1 - signs.failing[:, place]) * (1 - fails)
    slower = 1 + (scenario.shares("incidents.slow_factor")[cause] - 1) * fault.severity
    if slower > 1:
        signs.slow[:, place] = np.minimum(signs.slow[:, place] + hurts, 1.0)
        affected = np.where(hurts > 0, slower, 1.0)
        signs.slower[:, place] = np.maximum(signs.slower[:, place], affected)
    surge = scenario.shares("incidents.surge_share")[cause] * fault.severity * whole
    signs.surge[:, place] += surge
    if cause == "noisy_customer":
        signs.rejected[:, place] += surge * scenario.number("incidents.rejected_share")
    if cause == "crash_loop":
        lost = scenario.number("incidents.lost_capacity_share")
        signs.capacity[:, place] *= 1 - lost * whole
    if cause in FILLS:
        ends = [(start + timedelta(hours=n)) - fault.starts_at for n in range(1, hours + 1)]
        span = max((fault.hurts_at - fault.starts_at).total_seconds(), 1.0)
        filled = np.clip(np.array([one.total_seconds() for one in ends]) / span, 0.0, 1.0)
        level = signs.memory if FILLS[cause] == "memory" else signs.disk
        level[:, place] = np.maximum(level[:, place], filled * (whole > 0))
