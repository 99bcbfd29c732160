"""Faults of services: when they begin, what they do, and how they end when nobody helps.

All of a day's faults and deploys follow from seed and day alone: what the autopilot does can end
a fault early, it cannot make another one happen.
"""

from datetime import datetime, timedelta

import msgspec
import numpy as np

from psizero.twin.dice import Dice, counts, normal
from psizero.twin.scenario import Scenario

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
SERVICES = ("gateway", "compiler", "scheduler", "simulator", "results")
CAUSES = (
    "bad_deploy",
    "memory_leak",
    "overload",
    "slow_query",
    "dependency_down",
    "disk_full",
    "crash_loop",
    "noisy_customer",
)
PLACES = {
    "memory_leak": SERVICES,
    "overload": ("gateway", "simulator"),
    "slow_query": ("scheduler", "results"),
    "dependency_down": ("compiler", "simulator", "results"),
    "disk_full": ("simulator", "results"),
    "noisy_customer": ("gateway",),
}
"""Where the causes that no deploy brings may lie; their order is the order of the draws."""
FILLS = {"memory_leak": "memory", "disk_full": "disk"}
"""What fills up, before anything fails."""
_BUSY = ("overload", "noisy_customer")
_MOST = 2


class Fault(msgspec.Struct, frozen=True):
    """Something is wrong with a service. It begins at `starts_at` and hurts from `hurts_at`.

    `heals_at` and `healed_by` say how it ends; until then that is how it would, left alone.
    `luck` is a share of chance for whoever has to choose something of this fault.
    """

    name: str
    service: str
    cause: str
    severity: float
    starts_at: datetime
    hurts_at: datetime
    alert_at: datetime
    declared_at: datetime | None
    identified_at: datetime
    suspected: str
    heals_at: datetime
    healed_by: str
    luck: float
    version: str = ""
    key: str | None = None


class Deploy(msgspec.Struct, frozen=True):
    """A version goes out. `fate`: the cause of the fault that it brings, if it brings one."""

    name: str
    service: str
    version: str
    starts_at: datetime
    ends_at: datetime
    status: str
    fate: str
    luck: np.ndarray


def _lasts(median: float, spread: float, luck: float) -> float:
    """Lognormal."""
    return median * float(np.exp(spread * normal(np.array([luck]))[0]))


def deploys(dice: Dice, scenario: Scenario, day: datetime) -> list[Deploy]:
    """All deploys of a day, in working hours: they are over before midnight."""
    luck = dice.of("deploys", day.isoformat()).random((len(SERVICES), 1 + _MOST, 16))
    rates = scenario.shares("services.deploys_daily")
    often = np.array([rates[one] for one in SERVICES]) * (day.weekday() < 5)
    numbers = np.minimum(counts(luck[:, _MOST, 0], often), _MOST)
    found: list[Deploy] = []
    for place, number in np.argwhere(np.arange(_MOST)[None, :] < numbers[:, None]):
        own = luck[place, number]
        service = SERVICES[place]
        starts = day + timedelta(seconds=int((9 + 8 * own[0]) * 3600))
        minutes = _lasts(scenario.number("services.deploy_minutes"), 0.4, own[1])
        fails = own[2] < scenario.number("services.deploy_fails_share")
        bad = not fails and own[3] < scenario.number("incidents.bad_deploy_share")
        crashes = own[4] < scenario.number("incidents.crash_share")
        version = f"{day:%Y.%m.%d}-{number + 1}"
        found.append(
            Deploy(
                name=f"{service}-{version}",
                service=service,
                version=version,
                starts_at=starts,
                ends_at=starts + timedelta(seconds=int(60 * minutes)),
                status="failure" if fails else "success",
                fate=("crash_loop" if crashes else "bad_deploy") if bad else "",
                luck=own,
            )
        )
    return sorted(found, key=lambda one: (one.starts_at, one.service))


def faults(dice: Dice, scenario: Scenario, day: datetime) -> list[Fault]:
    """All faults that begin within a day, those that its deploys bring among them."""
    found = []
    for one in deploys(dice, scenario, day):
        if one.fate:
            found.append(_fault(dice, scenario, one.fate, one.ends_at, (one.service, one.luck[5:])))
            found[-1] = msgspec.structs.replace(found[-1], version=one.version)
    luck = dice.of("faults", day.isoformat()).random((len(PLACES), 1 + _MOST, 16))
    rates = scenario.shares("incidents.daily")
    often = np.array([rates[one] for one in PLACES])
    numbers = np.minimum(counts(luck[:, _MOST, 0], often), _MOST)
    for cause, number, own in zip(PLACES, numbers, luck, strict=True):
        for chance in own[:number]:
            places = PLACES[cause]
            hour = 8 + 10 * chance[0] if cause in _BUSY else 24 * chance[0]
            service = places[int(chance[1] * len(places))]
            starts = day + timedelta(seconds=int(3600 * hour))
            found.append(_fault(dice, scenario, cause, starts, (service, chance[2:])))
    return sorted(found, key=lambda one: (one.starts_at, one.service, one.cause))


def _fault(
    dice: Dice,
    scenario: Scenario,
    cause: str,
    starts: datetime,
    where: tuple[str, np.ndarray],
) -> Fault:
    """What becomes of a fault that nobody mends by a remedy of ours: it ends, or staff ends it."""
    service, luck = where
    severity = float(
        np.clip(_lasts(1.0, scenario.number("incidents.severity_spread"), luck[0]), 0.5, 2.0)
    )
    fills = scenario.shares("incidents.fill_hours").get(cause, 0.0) / severity
    hurts = starts + timedelta(seconds=int(3600 * fills))
    waits = _lasts(scenario.number("incidents.alert_minutes"), 0.4, luck[1])
    seen = starts + 0.85 * (hurts - starts) + waits * MINUTE
    alert = _sighted(dice, scenario, seen.replace(microsecond=0))
    hours = _lasts(
        scenario.shares("incidents.staff_heals_hours")[cause],
        scenario.number("incidents.staff_spread"),
        luck[2],
    )
    off = alert.weekday() >= 5 or not 7 <= alert.hour < 19
    hours *= scenario.number("incidents.off_hours_factor") if off else 1.0
    alone = luck[3] < scenario.shares("incidents.self_heals_share")[cause]
    heals = alert + hours * HOUR
    if alone:
        calm = -scenario.number("incidents.self_heals_hours") * float(np.log(1 - luck[4]))
        heals = min(heals, hurts + max(calm, 0.1) * HOUR)
    declares = luck[5] < scenario.number("incidents.declared_share")
    declared = alert + _lasts(scenario.number("incidents.declared_minutes"), 0.5, luck[6]) * MINUTE
    right = luck[7] < scenario.number("incidents.named_right_share")
    others = [one for one in CAUSES if one != cause]
    return Fault(
        name=f"f-{starts:%y%m%d%H%M%S}-{service}-{cause}",
        service=service,
        cause=cause,
        severity=severity,
        starts_at=starts,
        hurts_at=hurts,
        alert_at=alert,
        declared_at=declared.replace(microsecond=0) if declares else None,
        identified_at=(declared + 0.6 * max(heals - declared, MINUTE)).replace(microsecond=0),
        suspected=cause if right else others[int(luck[8] * len(others))],
        heals_at=heals.replace(microsecond=0),
        healed_by="itself" if alone and heals < alert + hours * HOUR else "staff",
        luck=float(luck[9]),
    )


def blind(dice: Dice, scenario: Scenario, day: datetime) -> tuple[datetime, datetime] | None:
    """From when until when, in whole hours of a day, the monitoring itself is down."""
    luck = dice.of("blind", day.isoformat()).random(3)
    if luck[0] >= scenario.number("services.monitor_down_daily"):
        return None
    starts = day + int(luck[1] * 20) * HOUR
    hours = 1 + int(luck[2] * (2 * scenario.number("services.monitor_down_hours") - 1))
    return starts, min(starts + hours * HOUR, day + DAY)


def _sighted(dice: Dice, scenario: Scenario, at: datetime) -> datetime:
    """An alert that the monitoring misses comes when it sees again."""
    dark = blind(dice, scenario, at.replace(hour=0, minute=0, second=0))
    return dark[1] + MINUTE if dark is not None and dark[0] <= at < dark[1] else at


def maintenance(dice: Dice, scenario: Scenario, day: datetime) -> tuple[str, datetime] | None:
    """Which service is maintained within a day, and from when: some Sundays, at two."""
    luck = dice.of("maintenance", day.isoformat()).random(2)
    if day.weekday() != 6 or luck[0] >= scenario.number("services.maintenance_weekly"):
        return None
    return SERVICES[int(luck[1] * len(SERVICES))], day + 2 * HOUR
