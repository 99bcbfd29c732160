"""Retention: which of the accounts that may leave gets which one action, and how many at first."""

from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.tables import Facts

ACTED = ("high", "medium")
ACTS = ("critical", "warning")
"""Bands of health on which customers.health_watch has acted already."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`first_count` accounts begin the sequence; after `wait_days` at most `weekly_count` a week
    follow, unless more than `complained_max_share` of those before complained."""

    outreach_role: str = "customer success"
    outreach_due_days: int = 1
    sequence: str = "retention"
    first_count: int = 5
    wait_days: int = 14
    weekly_count: int = 50
    complained_max_share: float = 0.1
    fresh_days: int = 8


def actions(facts: Facts, settings: Settings, now: datetime) -> pl.DataFrame:
    """Accounts of a band that is acted upon, likeliest first, with `stance` of their health.

    Whoever was acted upon for its health is left out: one action an account.
    """
    fresh = pl.col("scored_at") > now - timedelta(days=settings.fresh_days)
    health = facts["health_standing"].select("customer", "stance", "young")
    joined = facts["churn_standing"].filter(fresh, pl.col("band").is_in(ACTED))
    return (
        joined.join(health, on="customer", how="left")
        .filter(~(pl.col("stance").is_in(ACTS) & ~pl.col("young")).fill_null(False))
        .sort("probability", "customer", descending=[True, False])
    )


def room(facts: Facts, settings: Settings, now: datetime) -> int:
    """How many may begin the sequence now."""
    before = facts["interventions"].filter(pl.col("verb") == "campaign.enroll")
    if before.height < settings.first_count:
        return settings.first_count - before.height
    begun = before["decided_at"].sort()[settings.first_count - 1]
    if now - begun < timedelta(days=settings.wait_days):
        return 0
    no = facts["suppressions"].filter(pl.col("complained_at").is_not_null())["subject"]
    complained = before.filter(pl.col("customer").is_in(no.implode())).height
    return settings.weekly_count * (complained <= settings.complained_max_share * before.height)
