"""What customers use in a day: calls by the hour, sandbox beside production, and their visits."""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.core.tables import POLARS_TYPES, Type
from psizero.twin.dice import Dice, counts, normal
from psizero.twin.people import People
from psizero.twin.scenario import Scenario

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ACTIVITIES = ("login", "dashboard", "documentation", "community", "feedback")
_QUANTITY = POLARS_TYPES[Type.QUANTITY]


class Use(msgspec.Struct, frozen=True):
    """Calls of one day by person and hour: paid for, failed among them, and in the sandbox."""

    calls: np.ndarray
    failed: np.ndarray
    sandbox: np.ndarray


def expected_hourly(
    scenario: Scenario, people: People, day: datetime, level: np.ndarray
) -> np.ndarray:
    """Calls of all together that are expected in each hour of a day (UTC)."""
    found: np.ndarray = (level[:, None] * _profile(scenario, people, day)).sum(axis=0)
    return found


def _profile(scenario: Scenario, people: People, day: datetime) -> np.ndarray:
    """Share of an ordinary day's calls in each hour (UTC), by person."""
    hours = np.array(scenario.numbers("use.hours"))
    factor = scenario.numbers("use.weekday")[day.weekday()]
    factor *= scenario.numbers("use.months")[day.month - 1]
    local = (np.arange(24)[None, :] + people.zone_hours[:, None]) % 24
    found: np.ndarray = factor * (hours / hours.sum())[local]
    return found


def used(
    dice: Dice,
    scenario: Scenario,
    people: People,
    day: datetime,
    levels: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> Use:
    """`levels`: calls a day expected of each person, how much of it is sandbox, and the share of
    calls that fails in each hour (24) beside what always fails."""
    level, sandbox_share, trouble = levels
    some = np.flatnonzero(level > 0)
    luck = dice.of("use", day.isoformat()).random((people.total, 24, 2))[some]
    own = dice.of("days", day.isoformat()).random(people.total)[some]
    noise = scenario.number("use.noise")
    expected = level[some] * np.exp(noise * normal(own) - noise**2 / 2)
    total = counts(luck[:, :, 0], expected[:, None] * _profile(scenario, people, day)[some])
    sandbox = np.rint(total * sandbox_share[some, None]).astype(np.int64)
    share = np.minimum(scenario.number("use.failing_share") + trouble, 1.0)
    failed = np.minimum(counts(luck[:, :, 1], (total - sandbox) * share[None, :]), total - sandbox)
    found = Use(*(np.zeros((people.total, 24), dtype=np.int64) for _ in range(3)))
    found.calls[some], found.failed[some], found.sandbox[some] = total - sandbox, failed, sandbox
    return found


def usage_rows(people: People, day: datetime, use: Use, hours: int) -> pl.DataFrame:
    """Rows of usage.recorded: one for each customer, meter and status of every `hours` hours."""
    parts = [
        _bins(people, day, _summed(amount, hours), meter)
        for amount, meter in (
            (use.calls - use.failed, ("c", "calls", '{"status":"ok"}')),
            (use.failed, ("e", "calls", '{"status":"error"}')),
            (use.sandbox, ("s", "sandbox_calls", "{}")),
        )
    ]
    return pl.concat(parts)


def _summed(amount: np.ndarray, hours: int) -> np.ndarray:
    found: np.ndarray = amount.reshape(amount.shape[0], 24 // hours, hours).sum(axis=2)
    return found


def _bins(
    people: People, day: datetime, amount: np.ndarray, meter: tuple[str, str, str]
) -> pl.DataFrame:
    person, part = np.nonzero(amount)
    hours = 24 // amount.shape[1]
    frame = pl.DataFrame(
        {"person": person, "part": part, "quantity": amount[person, part]},
        schema={"person": pl.Int64, "part": pl.Int64, "quantity": pl.Int64},
    )
    begins = pl.lit(day, pl.Datetime("us")) + pl.duration(hours=pl.col("part") * hours)
    short, name, properties = meter
    return frame.select(
        id=pl.format("{}-{}-{}-{}", pl.lit(short), pl.lit(f"{day:%y%m%d}"), "part", "person"),
        subject=people.names().gather(person),
        cause=pl.lit(None, pl.String),
        occurred_at=begins,
        delivered_at=begins + pl.duration(hours=hours) - pl.duration(seconds=1),
        meter=pl.lit(name),
        quantity=pl.col("quantity").cast(_QUANTITY),
        properties=pl.lit(properties),
    )


def activity_rows(
    dice: Dice,
    scenario: Scenario,
    people: People,
    day: datetime,
    levels: tuple[np.ndarray, dict[int, str]],
) -> pl.DataFrame:
    """Rows of activity.recorded. `levels`: how engaged each is today, and for those whom an
    action of ours made look, its key by person."""
    engaged, prompted = levels
    some = np.flatnonzero(engaged > 0)
    luck = dice.of("activity", day.isoformat()).random((people.total, len(ACTIVITIES), 2))
    rates = np.array([scenario.shares("use.activity_per_day")[one] for one in ACTIVITIES])
    factor = scenario.numbers("use.weekday")[day.weekday()]
    times = counts(luck[some, :, 0], engaged[some, None] * rates[None, :] * factor)
    found, activity = np.nonzero(times)
    person = some[found]
    hours = (9 + 9 * luck[person, activity, 1] - people.zone_hours[person]) % 24
    causes = [prompted.get(int(one)) for one in person]
    frame = pl.DataFrame(
        {
            "person": person,
            "activity": [ACTIVITIES[one] for one in activity],
            "seconds": (hours * 3600).astype(np.int64),
            "quantity": times[found, activity],
            "cause": causes,
        },
        schema={
            "person": pl.Int64,
            "activity": pl.String,
            "seconds": pl.Int64,
            "quantity": pl.Int64,
            "cause": pl.String,
        },
    )
    at = pl.lit(day, pl.Datetime("us")) + pl.duration(seconds=pl.col("seconds"))
    return frame.select(
        id=pl.format("a-{}-{}-{}", pl.lit(f"{day:%y%m%d}"), "activity", "person"),
        subject=people.names().gather(person),
        cause="cause",
        occurred_at=at,
        delivered_at=at,
        activity="activity",
        prompted=pl.when(pl.col("cause").is_null()).then(pl.lit("no")).otherwise(pl.lit("yes")),
        quantity=pl.col("quantity").cast(_QUANTITY),
    )
