"""The scorecard: every metric of the mission beside what is measured, never beside a guess.

A metric is met when its whole 95 % interval lies on the target's side, and missed when none of it
does. What no table measures says so and has no figure.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.automation import Automation, Verb
from psizero.core.errors import Problem
from psizero.core.tables import Derived, Facts, View
from psizero.house.home import House
from psizero.house.measures import OWN, WINDOW, Measure, of_table, share
from psizero.house.mission import DOMAINS, METRICS, Side, Target, named_by
from psizero.twin.truth import read_truth

MET, MISSED = "met", "missed"
TOO_FEW, NOT_MEASURED = "not enough data", "not measured yet"
COUNT_MIN = 20
"""Of fewer nothing is said to be met or missed."""
REPORT = "report"
"""The verb of an insight: it replaces nobody's work."""
EPOCH = datetime(1970, 1, 1)
"""What stands for the clock of a house in which nothing has happened yet."""
Truth = Mapping[str, pl.DataFrame]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One target and what was measured; `inner` where the mission gives it for the capability.

    A measured value stands in `unit`, like the target. Without a measure all of it is null.
    """

    domain: str
    capability: str
    metric: str
    name: str
    inner: bool
    side: str
    target: float
    unit: str
    numerator: float | None
    denominator: float | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    status: str
    wording: str


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """The automation rate of a domain, or (with a name) of a capability, with its quality.

    Counts are decisions: `automatic` of `eligible` are the rate, the others stand beside it.
    `shadow`, `switched_off` and `superseded` are no part of it.
    """

    domain: str
    capability: str
    target: float
    value: float | None
    low: float | None
    high: float | None
    status: str
    automatic: int
    eligible: int
    asked: int
    reverted: int
    failed: int
    outcomes: int
    bad: int
    shadow: int
    switched_off: int
    superseded: int
    breaches: int
    hours_replaced: float
    wording: str


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """All of it as known at an instant; rates count decisions from `since` to before `until`.

    `differing`: rows in which the kept tables and the recount from the ledger disagree.
    """

    at: datetime
    since: datetime
    until: datetime
    differing: int
    rates: tuple[Rate, ...]
    metrics: tuple[Line, ...]


def scorecard(house: House, at: datetime | None = None) -> Scorecard:
    """Every metric and rate, read from the house's tables as known at an instant."""
    now = max(at or house.now, EPOCH)
    until = now.replace(hour=0, minute=0, second=0, microsecond=0)
    recounted, kept = (house.read(name, now) for name in ("actions_recounted", "actions_daily"))
    changed = house.read("policy_changed", now)
    breaches = changed.filter(
        pl.col("by") == "policy",
        pl.col("because").str.starts_with("guardrail"),
        pl.col("recorded_at").is_between(until - WINDOW, now),
    )
    actions = counted(recounted, house.members.verbs)
    found = measures(house, now)
    return Scorecard(
        at=now,
        since=until - WINDOW,
        until=until,
        differing=differing(recounted, kept),
        rates=rates(actions, house.members.automations, list(breaches["subject"])),
        metrics=lines(found),
    )


def measures(house: House, now: datetime) -> dict[str, Measure]:
    """All that is measured, by metric: by the domains' `metric_` tables, and where none of them
    does, by the house. Raises Problem where two tables measure one metric."""
    found: dict[str, Measure] = {}
    giver: dict[str, str] = {}
    for name, table in sorted(house.members.catalog.tables.items()):
        if name.startswith("metric_") and isinstance(table, View | Derived):
            for one in of_table(name, house.read(name, now)):
                if one.metric in giver:
                    both = f"{giver[one.metric]} and {name}"
                    raise Problem(f"{one.metric} is measured by two tables: {both}")
                found[one.metric], giver[one.metric] = one, name
    for metric, (measured, reads) in OWN.items():
        if metric not in found and set(reads) <= set(house.members.catalog.tables):
            found[metric] = measured({name: house.read(name, now) for name in reads}, now)
    truth = read_truth(house.home)
    claims = {
        name: house.read(name, now)
        for name in sorted(house.members.catalog.tables)
        if name.removeprefix("claims_") in truth
    }
    return found | {one.metric: one for one in truth_metrics(claims, truth)}


def truth_metrics(tables: Facts, truth: Truth) -> Iterable[Measure]:
    """Metrics that only a hidden truth can measure: the share of claims that are true.

    `truth` has by metric what was so: key columns and `actual`. A table `claims_<metric>` has
    what was said of it: the same key columns and `claimed`. A claim on which there is no truth
    yet is not counted. Beside the share stands what saying the most frequent always would give.
    """
    for metric in sorted(METRICS & set(truth)):
        said = tables.get(f"claims_{metric}")
        if said is None:
            continue
        keys = sorted(set(said.columns) & set(truth[metric].columns))
        both = said.join(truth[metric], on=keys, how="inner", validate="m:1")
        both = both.filter(pl.col("claimed").is_not_null() & pl.col("actual").is_not_null())
        right = both.filter(pl.col("claimed") == pl.col("actual")).height
        often = both.group_by("actual").len()["len"].max() if both.height else 0
        dull = int(str(often)) / both.height if both.height else 0.0
        yield share(metric, right, both.height, f"wilson; always the most frequent: {dull:.1%}")


def counted(actions: pl.DataFrame, verbs: Mapping[str, Verb]) -> pl.DataFrame:
    """Only what a person would otherwise have done; a verb that nobody knows any more stays in."""
    idle = [name for name, verb in verbs.items() if verb.manual_minutes <= 0]
    minutes = {name: verb.manual_minutes for name, verb in verbs.items()}
    return actions.filter(~pl.col("verb").is_in([REPORT, *idle])).with_columns(
        minutes=pl.col("automatic")
        * pl.col("verb").replace_strict(minutes, default=0.0, return_dtype=pl.Float64)
    )


def differing(recounted: pl.DataFrame, kept: pl.DataFrame) -> int:
    """Rows by automation, verb and day that one has and the other has not."""
    columns = kept.columns
    missing = kept.join(recounted, on=columns, how="anti").height
    return missing + recounted.select(columns).join(kept, on=columns, how="anti").height


COUNTS = (
    "automatic eligible asked reverted failed outcomes bad shadow switched_off superseded".split()
)


def rates(
    actions: pl.DataFrame, automations: Mapping[str, Automation], breaches: list[str]
) -> tuple[Rate, ...]:
    """One rate a domain and one a capability; an automation serves what its target begins with."""
    serves = {name: named_by(one.target) or "" for name, one in automations.items()}
    placed = actions.with_columns(
        domain=pl.col("automation").str.split(".").list.first(),
        capability=pl.col("automation").replace_strict(serves, default="", return_dtype=pl.String),
    )
    fell = [(name.partition(".")[0], serves.get(name, "")) for name in breaches]
    made: list[Rate] = []
    for domain in DOMAINS:
        whole = placed.filter(pl.col("domain") == domain.name)
        falls = [capability for name, capability in fell if name == domain.name]
        parts = [("", domain.rate, domain.wording, whole, len(falls))]
        for one in domain.capabilities:
            mine = whole.filter(pl.col("capability") == one.name)
            parts.append((one.name, one.potential, one.wording, mine, falls.count(one.name)))
        for capability, target, wording, mine, breached in parts:
            made.append(_rate((domain.name, capability, wording), target, mine, breached))
    return tuple(made)


def _rate(named: tuple[str, str, str], target: float, mine: pl.DataFrame, breaches: int) -> Rate:
    counts = {name: int(mine[name].sum()) for name in COUNTS}
    found = share("automation_rate", counts["automatic"], counts["eligible"])
    said = {"value": found.value, "low": found.low, "high": found.high}
    return msgspec.convert(
        {
            **dict(zip(("domain", "capability", "wording"), named, strict=True)),
            **counts,
            **said,
            "target": target,
            "status": status(found, Side.LEAST, target),
            "breaches": breaches,
            "hours_replaced": round(float(mine["minutes"].sum()) / 60, 6),
        },
        Rate,
    )


def lines(found: Mapping[str, Measure]) -> tuple[Line, ...]:
    """Every target in the mission's order, with its measure where there is one."""
    return tuple(
        _line(domain.name, target, found.get(target.metric, Measure(metric=target.metric)))
        for domain in DOMAINS
        for target in domain.targets
    )


def _line(domain: str, target: Target, one: Measure) -> Line:
    measured = msgspec.structs.asdict(one if one.n else Measure(metric=one.metric, method=""))
    said = {
        "domain": domain,
        "side": target.side.value,
        "target": target.value,
        "status": status(one, target.side, target.value),
    }
    return msgspec.convert({**msgspec.structs.asdict(target), **measured, **said}, Line)


def status(one: Measure, side: Side, target: float) -> str:
    """Met or missed only where the whole interval says so; a measure without bounds is exact."""
    if not one.n or one.value is None:
        return NOT_MEASURED
    if one.n < COUNT_MIN:
        return TOO_FEW
    low = one.value if one.low is None else one.low
    high = one.value if one.high is None else one.high
    if all(holds(bound, side, target) for bound in (low, high)):
        return MET
    if not any(holds(bound, side, target) for bound in (low, high)):
        return MISSED
    return TOO_FEW


def holds(value: float, side: Side, target: float) -> bool:
    """Whether a value lies on the target's side."""
    if side is Side.UNDER:
        return value < target
    return value > target if side is Side.OVER else value >= target
