"""Customer health: from values of 0 to 100 to a score, its band, and the band acted upon.

    usage      = sum(weight * value) / sum(weight), over the metrics whose input is known
    engagement = the same
    score      = 0.6 usage + 0.4 engagement (a part of which nothing is known leaves the other)
    coverage   = 0.6 known weight of usage + 0.4 known weight of engagement

A metric's points are its share of the score, so that all points sum to it. Weights are in
percent, whole numbers, after the mission's Domain 1, section 2.
"""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
import polars as pl

from psizero.core.content import content_id

FORMULA = "1"
USAGE = {"calls": 30, "success": 20, "adoption": 20, "tickets": 10, "billing": 20}
ENGAGEMENT = {
    "login": 30,
    "dashboard": 20,
    "documentation": 10,
    "community": 10,
    "feedback": 30,
}
METRICS = (*USAGE, *ENGAGEMENT)
ACTED = ("critical", "warning", "good")

Positive = Annotated[float, msgspec.Meta(gt=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How health is scored, and what is done about it. Points of a score are percent.

    A pace equal to the customer's own is worth `steady_percent`; a share of `failures_share_max`
    failed calls is worth nothing; each ticket, overdue and declined payment costs its percent.
    A band is left by `margin_percent`, and entered as a new occasion every `again_days` at most.
    """

    usage_share: float = 0.6
    coverage_share_min: float = 0.5
    young_days: int = 28
    stale_days: int = 14
    stale_rare_days: int = 45
    calls_meter: str = "calls"
    steady_percent: Positive = 62.5
    failures_share_max: Positive = 0.1
    ticket_percent: float = 25.0
    overdue_percent: float = 50.0
    declined_percent: float = 25.0
    critical_percent: float = 40.0
    warning_percent: float = 60.0
    good_percent: float = 80.0
    margin_percent: float = 5.0
    again_days: int = 28
    fresh_hours: int = 30
    outreach_role: str = "customer success"
    outreach_due_days: int = 1
    upsell_role: str = "sales"
    upsell_due_days: int = 7
    campaign_sequence: str = "health_warning"
    rise_percent: float = 5.0


PREFIX = "settings.customers.health_watch."
"""Scores are made under the settings of the automation that acts on them."""


def settings_from(known: pl.DataFrame) -> Settings:
    """From the kept table `settings`; what is absent there is at its default."""
    said = {
        name.removeprefix(PREFIX): msgspec.json.decode(value)
        for name, value in known.select("name", "value").iter_rows()
        if name.startswith(PREFIX) and value != "null"
    }
    return msgspec.convert(said, Settings)


def scored(values: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """`values` has <metric>_value, null where missing; adds the parts, coverage, score, points.

    Each row is calculated by itself in one order, so the result is the same on every machine.
    """
    parts = {"usage": USAGE, "engagement": ENGAGEMENT}
    weighed = values.with_columns(
        [_known(weights).alias(f"_{part}_known") for part, weights in parts.items()]
    ).with_columns([_part(part, weights) for part, weights in parts.items()])
    share = {"usage": settings.usage_share, "engagement": 1 - settings.usage_share}
    present = {part: pl.col(f"_{part}").is_not_null() * share[part] for part in parts}
    total = present["usage"] + present["engagement"]
    counted = {part: present[part] / total for part in parts}  # no number where nothing counts
    sums = [counted[part] * pl.col(f"_{part}").fill_null(0.0) for part in parts]
    coverage = sum(
        (share[part] * pl.col(f"_{part}_known") / 100 for part in parts), start=pl.lit(0.0)
    ).round(6)
    score = pl.when((total > 0) & (coverage >= settings.coverage_share_min)).then(
        (sums[0] + sums[1]).round(6)
    )
    points = [
        pl.when(score.is_not_null())
        .then(counted[part] * weight * pl.col(f"{name}_value") / pl.col(f"_{part}_known"))
        .round(6)
        .alias(f"{name}_points")
        for part, weights in parts.items()
        for name, weight in weights.items()
    ]
    return weighed.with_columns(
        *points,
        *(pl.col(f"_{part}").round(6).alias(part) for part in parts),
        *((pl.col(f"_{part}_known") / 100).round(6).alias(f"{part}_coverage") for part in parts),
        usage_share=pl.lit(settings.usage_share),
        coverage=coverage,
        score=score,
        version=pl.lit(f"{FORMULA}-{content_id(FORMULA, msgspec.to_builtins(settings))[:12]}"),
    ).drop(f"_{part}{end}" for part in parts for end in ("", "_known"))


def _known(weights: dict[str, int]) -> pl.Expr:
    return sum(
        (pl.col(f"{name}_value").is_not_null() * weight for name, weight in weights.items()),
        start=pl.lit(0),
    )


def _part(part: str, weights: dict[str, int]) -> pl.Expr:
    total = sum(
        (pl.col(f"{name}_value").fill_null(0.0) * weight for name, weight in weights.items()),
        start=pl.lit(0.0),
    )
    known = pl.col(f"_{part}_known")
    return pl.when(known > 0).then(total / known).alias(f"_{part}")


def band(score: pl.Expr, settings: Settings) -> pl.Expr:
    """Below 40 critical, below 60 warning, above 80 good, to the letter; else steady."""
    return (
        pl.when(score.is_null())
        .then(pl.lit("unknown"))
        .when(score < settings.critical_percent)
        .then(pl.lit("critical"))
        .when(score < settings.warning_percent)
        .then(pl.lit("warning"))
        .when(score > settings.good_percent)
        .then(pl.lit("good"))
        .otherwise(pl.lit("steady"))
    )


def placed(
    scores: pl.DataFrame, before: pl.DataFrame, settings: Settings, day: datetime
) -> pl.DataFrame:
    """Adds band, stance, stance_since and <band>_on, given those of the last morning.

    A band is entered where the score lies and left beyond the margin, or for a worse one; an
    unknown score changes nothing. Whoever comes back to a band soon is there since before.
    """
    memory = before.select("customer", "stance", *(f"{one}_on" for one in ACTED))
    joined = scores.join(memory, on="customer", how="left", maintain_order="left")
    score, stood = pl.col("score"), pl.col("stance")
    stays = (
        ((stood == "critical") & (score <= settings.critical_percent + settings.margin_percent))
        | (
            (stood == "warning")
            & (score >= settings.critical_percent)
            & (score <= settings.warning_percent + settings.margin_percent)
        )
        | ((stood == "good") & (score >= settings.good_percent - settings.margin_percent))
        | score.is_null()
    )
    stance = (
        pl.when("young")
        .then(pl.lit("unknown"))
        .when(stays.fill_null(False))
        .then(stood.fill_null("unknown"))
        .otherwise(pl.col("band"))
    )
    moved = joined.with_columns(band=band(score, settings)).with_columns(stance_now=stance)
    entered = [_entered(one, settings, day).alias(f"{one}_on") for one in ACTED]
    since = pl.coalesce(pl.when(pl.col("stance") == one).then(f"{one}_on") for one in ACTED)
    return (
        moved.with_columns(entered)
        .with_columns(stance="stance_now")
        .with_columns(stance_since=since)
        .drop("stance_now")
    )


def _entered(one: str, settings: Settings, day: datetime) -> pl.Expr:
    last, today = pl.col(f"{one}_on"), pl.lit(day, pl.Datetime("us"))
    soon = last + timedelta(days=settings.again_days) > today
    held = last.is_not_null() & ((pl.col("stance") == one).fill_null(False) | soon)
    return pl.when((pl.col("stance_now") == one) & ~held).then(today).otherwise(last)
