"""What automations are worth: the same company flown under two policies, seed by seed.

Both meet the same luck, so a seed's difference is the policy's doing; the interval is over seeds.
Everything is measured on the twin's truth, alike on both sides.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl

from psizero.core.errors import Problem
from psizero.house.home import opened
from psizero.house.twin import START, Policy, fly_twin, settle_home
from psizero.models.interval import mean_interval
from psizero.twin.life import CUSTOMER
from psizero.twin.scenario import load
from psizero.twin.world import Course, World

RECOVERY_DAYS = 30
SEEDS_MIN = 4
INFORMS = "intelligence"
"""The domain that tells our own people: it changes nothing in a twin, and is left out here."""
MEASURES = {
    "collected": ("money collected", "USD"),
    "billed_share": ("billed of what was owed", "share"),
    "cash_days": ("from the end of a month to its money", "days"),
    "recovered_share": ("failed payments recovered within 30 days", "share"),
    "left_share": ("customers that left", "share"),
    "saved": ("customers won back", "customers"),
    "recurring": ("owed for the last 30 days", "USD"),
}


class Side(msgspec.Struct, frozen=True):
    """A policy; none at all is the manual company."""

    name: str
    policy: Policy | None = None


class Match(msgspec.Struct, frozen=True):
    """Which company is flown under both."""

    scenario: str
    customers: int
    days: int
    seeds: int


class Result(msgspec.Struct, frozen=True):
    """One measure: both means, their mean difference with its 95 % interval, over n seeds."""

    measure: str
    unit: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    n: int

    @property
    def shown(self) -> bool:
        """Whether the interval leaves out nothing at all."""
        return self.low > 0 or self.high < 0


def contest(
    sides: tuple[Side, Side], match: Match, processes: int, seen: Callable[[int], None]
) -> list[Result]:
    """Fly every seed under both, `processes` at a time; `seen` is told how many flights are done.

    Raises Problem where there are too few seeds for an interval.
    """
    if match.seeds < SEEDS_MIN:
        raise Problem(f"--seeds: at least {SEEDS_MIN}, or there is no interval")
    flights = [(side, match, seed) for seed in range(1, match.seeds + 1) for side in sides]
    found: dict[tuple[str, int], dict[str, float | None]] = {}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(flown, *one): (one[0].name, one[2]) for one in flights}
        for count, done in enumerate(as_completed(waiting), 1):
            found[waiting[done]] = done.result()
            seen(count)
    names = tuple(side.name for side in sides)
    return [one for one in (_result(name, names, found, match) for name in MEASURES) if one]


def flown(side: Side, match: Match, seed: int) -> dict[str, float | None]:
    """The measures of one flight."""
    automated = side.policy.automated if side.policy else frozenset[str]()
    course = Course(load(match.scenario), seed, match.customers, START, match.days, automated, True)
    if side.policy is None:
        world = World(course)
        for number in range(course.days):
            world.day(number)
        return measured(course, world.truth())
    levels = {n: one for n, one in side.policy.levels.items() if n.split(".")[0] != INFORMS}
    policy = msgspec.structs.replace(side.policy, levels=levels)
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        settle_home(home, policy, course)
        with opened(home) as house:
            return measured(course, fly_twin(house, course, lambda tick: None).truth)


def measured(course: Course, truth: dict[str, pl.DataFrame]) -> dict[str, float | None]:
    """Money, time, recovery and churn of a flight, from its truth; None where nothing counts."""
    end = course.start + timedelta(days=course.days)
    months, charges, who = truth["months"], truth["charges"], truth["customers"]
    if months.is_empty() or charges.is_empty():
        return dict.fromkeys(MEASURES)
    paid = charges.filter(pl.col("paid_at") <= end)
    ripe = months.filter(pl.col("period_end") <= end - timedelta(days=14))
    billed = charges.filter(pl.col("period_end") <= end - timedelta(days=14))
    failed = charges.filter(
        (pl.col("code") != "") & (pl.col("invoiced_at") <= end - timedelta(days=RECOVERY_DAYS))
    )
    soon = pl.col("paid_at") <= pl.col("invoiced_at") + timedelta(days=RECOVERY_DAYS)
    days = (paid["paid_at"] - paid["period_end"]).dt.total_hours() / 24
    ours = who.filter(pl.col("since_day") < course.days)
    left = ours.filter((pl.col("left_day") < course.days) & (pl.col("stage") != CUSTOMER))
    treated = truth.get("treatments", pl.DataFrame({"saved": [False]}))
    recent = months.filter(pl.col("period_end") > end - timedelta(days=RECOVERY_DAYS))
    owed = float(ripe["owed_minor"].sum())
    return {
        "collected": float(paid["amount_minor"].sum()) / 100,
        "billed_share": float(billed["amount_minor"].sum()) / owed if owed else None,
        "cash_days": _mean(days),
        "recovered_share": _mean(failed.select(soon.fill_null(False)).to_series()),
        "left_share": left.height / ours.height if ours.height else None,
        "saved": float(treated["saved"].sum()),
        "recurring": float(recent["owed_minor"].sum()) / 100,
    }


def _mean(values: pl.Series) -> float | None:
    found = values.cast(pl.Float64).mean()
    return found if isinstance(found, float) else None


def _result(
    name: str,
    sides: Iterable[str],
    found: dict[tuple[str, int], dict[str, float | None]],
    match: Match,
) -> Result | None:
    """Seeds that count on both sides alone; None where they are too few."""
    first, second = sides
    pairs = [
        (one, other)
        for seed in range(1, match.seeds + 1)
        if (one := found[first, seed][name]) is not None
        and (other := found[second, seed][name]) is not None
    ]
    if len(pairs) < SEEDS_MIN:
        return None
    mean, low, high = mean_interval([other - one for one, other in pairs])
    said, unit = MEASURES[name]
    ones, others = zip(*pairs, strict=True)
    count = len(pairs)
    return Result(said, unit, sum(ones) / count, sum(others) / count, mean, low, high, count)
