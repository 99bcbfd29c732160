"""What is said of faults: alerts, incidents as staff declares them, deploys, maintenance, gaps."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl

from psizero.core.content import canonical
from psizero.core.events.alert import ALERT_NOTIFIED
from psizero.core.events.deploy import DEPLOY_FINISHED, DEPLOY_STARTED
from psizero.core.events.incident import (
    INCIDENT_OPENED,
    INCIDENT_PHASE_CHANGED,
    INCIDENT_RESOLVED,
)
from psizero.core.events.monitor import MAINTENANCE_PLANNED, MONITOR_INTERRUPTED
from psizero.core.tables import Kind
from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, Row, rows_of
from psizero.twin.faults import (
    DAY,
    HOUR,
    MINUTE,
    SERVICES,
    Deploy,
    Fault,
    blind,
    deploys,
    maintenance,
)
from psizero.twin.scenario import Scenario
from psizero.twin.versions import Versions

_ALERTS = {
    "bad_deploy": ("HighErrorRate", "critical"),
    "memory_leak": ("MemoryHigh", "warning"),
    "overload": ("LatencyHigh", "critical"),
    "slow_query": ("LatencyHigh", "warning"),
    "dependency_down": ("HighErrorRate", "critical"),
    "disk_full": ("DiskFilling", "warning"),
    "crash_loop": ("CrashLooping", "critical"),
    "noisy_customer": ("LatencyHigh", "warning"),
}
"""What is seen of each cause: a symptom, that several causes share."""
_TITLES = {
    "HighErrorRate": "Elevated errors in {}",
    "MemoryHigh": "Memory of {} is running out",
    "LatencyHigh": "{} answers slowly",
    "DiskFilling": "Disk of {} is filling up",
    "CrashLooping": "{} keeps crashing",
}
_FALSE = ("LatencyHigh", "HighErrorRate", "MemoryHigh")
_ROLLED_BACK = ("bad_deploy", "crash_loop")
_CLOSES = 30 * MINUTE
Said = list[tuple[Kind, Row]]
_TRUTH: dict[str, type[pl.DataType] | pl.DataType] = {
    "id": pl.String,
    "service": pl.String,
    "cause": pl.String,
    "severity": pl.Float64,
    "started_at": pl.Datetime("us"),
    "hurt_at": pl.Datetime("us"),
    "alert_at": pl.Datetime("us"),
    "healed_at": pl.Datetime("us"),
    "healed_by": pl.String,
    "key": pl.String,
    "version": pl.String,
    "luck": pl.Float64,
}


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hex digits as Alertmanager makes them: FNV-1a of 64 bits over the sorted labels."""
    found = 0xCBF29CE484222325
    for name in sorted(labels):
        for byte in name.encode() + b"\xff" + labels[name].encode() + b"\xff":
            found = ((found ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{found:016x}"


def told(
    dice: Dice,
    scenario: Scenario,
    faults: Sequence[Fault],
    versions: Versions,
    span: tuple[datetime, datetime],
) -> tuple[Emission, Versions]:
    """All that is said within a span, and the versions that run after it."""
    day = span[0].replace(hour=0)
    said: Said = []
    for fault in faults:
        said += _alerts(scenario, fault) + _declared(fault)
    said += _false_alarms(dice, scenario, day) + _around(dice, scenario, day)
    said = [one for one in said if _within(one[1], span)]
    moves, versions = _moved(deploys(dice, scenario, day), faults, versions, span)
    return Emission(_by_kind([*said, *moves])), versions


def healed(faults: Iterable[Fault], since: datetime, until: datetime) -> dict[str, pl.DataFrame]:
    """Rows of truth of the faults that ended within a span."""
    return truth(one for one in faults if since <= one.heals_at < until)


def truth(faults: Iterable[Fault], open_at: datetime | None = None) -> dict[str, pl.DataFrame]:
    """Faults as rows of the table `incidents`; those that `open_at` still run have no end."""
    rows = []
    for one in faults:
        ended = open_at is None or one.heals_at < open_at
        row: Row = {"id": one.name, "service": one.service, "cause": one.cause}
        row |= {"severity": one.severity, "started_at": one.starts_at, "hurt_at": one.hurts_at}
        row |= {"alert_at": one.alert_at if one.alert_at < one.heals_at else None}
        row |= {"healed_at": one.heals_at if ended else None, "key": one.key}
        row |= {"healed_by": one.healed_by if ended else None}
        rows.append(row | {"version": one.version or None, "luck": one.luck})
    return {"incidents": pl.DataFrame(rows, schema=_TRUTH)} if rows else {}


def _within(row: Row, span: tuple[datetime, datetime]) -> bool:
    at = row["occurred_at"]
    return isinstance(at, datetime) and span[0] <= at < span[1]


def _by_kind(said: Said) -> dict[str, pl.DataFrame]:
    kinds = {kind.name: kind for kind, _ in said}
    rows: dict[str, list[Row]] = {}
    for kind, row in said:
        rows.setdefault(kind.name, []).append(row)
    return {name: rows_of(kind, rows[name]) for name, kind in kinds.items()}


def _alert(alert: str, severity: str, service: str, times: tuple[datetime, datetime]) -> Said:
    """An alert that fires, and is resolved; each once."""
    starts, ends = times
    labels = {"alertname": alert, "service": service, "severity": severity}
    mark = fingerprint(labels)
    row: Row = {"subject": service, "fingerprint": mark, "name": alert, "severity": severity}
    row |= {"labels": canonical(labels), "starts_at": starts}
    row |= {"summary": _TITLES[alert].format(service)}
    name = f"{mark}-{starts:%y%m%d%H%M%S}"
    fires: Row = {"id": f"{name}-firing", "status": "firing", "occurred_at": starts}
    ends_row: Row = {"id": f"{name}-resolved", "status": "resolved"}
    ends_row |= {"occurred_at": ends, "ends_at": ends}
    return [(ALERT_NOTIFIED, row | fires), (ALERT_NOTIFIED, row | ends_row)]


def _alerts(scenario: Scenario, fault: Fault) -> Said:
    if fault.alert_at >= fault.heals_at:
        return []
    alert, severity = _ALERTS[fault.cause]
    ends = fault.heals_at + scenario.number("incidents.alert_resolves_minutes") * MINUTE
    said = _alert(alert, severity, fault.service, (fault.alert_at, ends))
    said[1][1]["cause"] = fault.key
    return said


def _false_alarms(dice: Dice, scenario: Scenario, day: datetime) -> Said:
    """Alerts with nothing behind them; they may end on the next day."""
    said: Said = []
    for begins in (day - DAY, day):
        luck = dice.of("false alarms", begins.isoformat()).random((3, 5))
        rate = scenario.number("incidents.false_alarms_daily") / len(luck)
        for fires, hour, place, which, lasts in luck:
            if fires < rate:
                starts = begins + timedelta(seconds=int(86400 * hour))
                mean = scenario.number("incidents.false_alarm_minutes")
                ends = starts + timedelta(seconds=int(60 * (5 + mean * lasts * 2)))
                alert = _FALSE[int(which * len(_FALSE))]
                service = SERVICES[int(place * len(SERVICES))]
                said += _alert(alert, "warning", service, (starts, ends))
    return said


def _declared(fault: Fault) -> Said:
    """An incident as staff declares it, if anybody does before it is over."""
    opened = fault.declared_at
    if opened is None or opened >= fault.heals_at or fault.alert_at >= fault.heals_at:
        return []
    alert, severity = _ALERTS[fault.cause]
    name = f"inc-{opened:%y%m%d%H%M%S}-{fault.service}"
    row: Row = {"subject": fault.service, "incident": name}
    title = _TITLES[alert].format(fault.service)
    heavy = "critical" if severity == "critical" and fault.severity > 1.2 else "major"
    declared = "minor" if severity == "warning" else heavy
    opens: Row = {"id": name, "occurred_at": opened, "severity": declared, "title": title}
    said: Said = [(INCIDENT_OPENED, row | opens)]
    found = min(fault.identified_at, fault.heals_at)
    known = fault.identified_at < fault.heals_at
    suspected = fault.suspected if known else None
    phases = [("investigating", opened, None), ("monitoring", fault.heals_at, suspected)]
    phases += [("identified", found, suspected)] if known else []
    for phase, at, named in phases:
        phased: Row = {"id": f"{name}-{phase}", "occurred_at": at, "phase": phase}
        said.append((INCIDENT_PHASE_CHANGED, row | phased | {"suspected": named}))
    ends: Row = {"id": f"{name}-resolved", "occurred_at": fault.heals_at + _CLOSES}
    said.append((INCIDENT_RESOLVED, row | ends | {"suspected": suspected}))
    return said


def _around(dice: Dice, scenario: Scenario, day: datetime) -> Said:
    """When the monitoring was down, and which maintenance is announced today."""
    said: Said = []
    dark = blind(dice, scenario, day)
    if dark is not None:
        starts, ends = dark
        row: Row = {"id": f"blind-{starts:%y%m%d%H}", "subject": "metrics", "occurred_at": starts}
        row |= {"delivered_at": ends, "starts_at": starts, "ends_at": ends}
        said.append((MONITOR_INTERRUPTED, row))
    ahead = int(scenario.number("services.maintenance_notice_days"))
    planned = maintenance(dice, scenario, day + ahead * DAY)
    if planned is not None:
        service, starts = planned
        ends = starts + scenario.number("services.maintenance_hours") * HOUR
        name = f"maintenance-{starts:%y%m%d}-{service}"
        row = {"id": name, "subject": service, "occurred_at": day + 10 * HOUR}
        row |= {"maintenance": name, "starts_at": starts, "ends_at": ends}
        said.append((MAINTENANCE_PLANNED, row))
    return said


def deploy_rows(
    name: str, service: str, versions: tuple[str, str], times: tuple[datetime, datetime]
) -> tuple[Row, Row]:
    """A deploy begins and is over. `versions`: what goes out, and what ran before."""
    row: Row = {"subject": service, "deploy": name, "version": versions[0]}
    begins: Row = {"id": f"{name}-started", "occurred_at": times[0], "previous": versions[1]}
    ends: Row = {"id": f"{name}-finished", "occurred_at": times[1], "status": "success"}
    return row | begins, row | ends


def _moved(
    going: Sequence[Deploy],
    faults: Sequence[Fault],
    versions: Versions,
    span: tuple[datetime, datetime],
) -> tuple[Said, Versions]:
    """Deploys of the team, and the roll-backs by which staff heals; in the order of time."""
    steps: list[tuple[datetime, int, Deploy | Fault]] = []
    for one in going:
        steps += [(one.starts_at, 0, one), (one.ends_at, 1, one)]
    for fault in faults:
        if fault.cause in _ROLLED_BACK and fault.healed_by == "staff":
            steps.append((fault.heals_at, 2, fault))
    said: Said = []
    within = [one for one in steps if span[0] <= one[0] < span[1]]
    for at, step, what in sorted(within, key=lambda one: (one[0], one[1], one[2].service)):
        running = versions.of(what.service)
        if isinstance(what, Fault):
            back = versions.previous(what.service)
            name = f"back-{what.name}"
            begins, ends = deploy_rows(name, what.service, (back, running), (at, at))
            said += [(DEPLOY_STARTED, begins), (DEPLOY_FINISHED, ends)]
            versions = versions.rolled_back(what.service)
            continue
        rows = deploy_rows(
            what.name, what.service, (what.version, running), (what.starts_at, what.ends_at)
        )
        kind = DEPLOY_FINISHED if step else DEPLOY_STARTED
        said.append((kind, rows[step] | ({"status": what.status} if step else {})))
        if step and what.status == "success":
            versions = versions.replaced(what.service, what.version)
    return said, versions
