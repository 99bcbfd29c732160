"""Onboarding: a new customer's milestones, what is missing, and what is said on which day. Pure.

Milestones are begins of quarter-hours in which use was recorded, so the earliest of a growing set:
late or unordered use may move one back, never away, and each implies what has to come before it
(a success is a call). What stands in the log counts as well, when the use is long past.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import polars as pl

from psizero.core.records import Evidence
from psizero.core.tables import Facts
from psizero.customers.metric import METRIC, mean, median, share

PREFIX = "settings.customers.onboarding."
MILESTONES = (
    "first_api_call",
    "first_successful_request",
    "10_requests_completed",
    "first_production_use",
)
IMPLIED_BY = {
    "first_api_call": MILESTONES,
    "first_successful_request": MILESTONES[1:],
    "10_requests_completed": ("10_requests_completed",),
    "first_production_use": ("first_production_use",),
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Row = Mapping[str, object]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """When what is said. The first of `stall_hours` is also the earliest for anything after the
    welcome; a letter that could not go out by day within `open_hours` is left out.

    `window_days`: within them all milestones are to be reached. `excluded`: segments that are no
    customers. `docs_url` stands before the path of every page that is named.
    """

    welcome_hours: int = 24
    account_hours: int = 6
    stall_hours: tuple[int, ...] = (25, 72, 168)
    open_hours: int = 24
    celebrate_hours: int = 72
    survey_days: int = 1
    window_days: int = 14
    active_days: int = 30
    call_days: int = 2
    call_minutes: int = 20
    call_role: str = "customer success"
    from_hours: int = 8
    until_hours: int = 20
    excluded: tuple[str, ...] = ("internal", "test", "competitor")
    celebrated: tuple[str, ...] = ("first_successful_request", "first_production_use")
    docs_url: str = "https://docs.example.com"


class Step(msgspec.Struct, frozen=True):
    """What is said to a customer now: a letter's name, about which milestone, until when."""

    letter: str
    episode: str
    milestone: str
    because: str
    until: datetime


def settings_from(known: pl.DataFrame) -> Settings:
    """From the kept table `settings`; what is absent there is at its default."""
    said = {
        name.removeprefix(PREFIX): msgspec.json.decode(value)
        for name, value in known.select("name", "value").iter_rows()
        if name.startswith(PREFIX) and value != "null"
    }
    return msgspec.convert(said, Settings)


def checklists(facts: Facts, now: datetime) -> pl.DataFrame:
    """One row a customer that began within 120 days: each milestone's instant, null where it is
    not reached; `reached` counts them, `missing` is the first that is not."""
    both = facts["signup_use"].join(
        facts["signup_marks"], on="customer", how="full", coalesce=True, suffix="_marked"
    )
    joined = facts["signups"].join(both, on="customer", how="left")
    earliest = [
        pl.min_horizontal([c for one in IMPLIED_BY[name] for c in (one, f"{one}_marked")])
        .clip(lower_bound=pl.col("signed_up_at"))
        .alias(name)
        for name in MILESTONES
    ]
    marked = [pl.col(f"{name}_marked").is_not_null().alias(f"{name}_told") for name in MILESTONES]
    done = joined.with_columns(*marked, *earliest)
    missing = pl.coalesce(pl.when(pl.col(one).is_null()).then(pl.lit(one)) for one in MILESTONES)
    return done.with_columns(
        reached=pl.sum_horizontal(pl.col(one).is_not_null() for one in MILESTONES).cast(pl.Int64),
        missing=missing.fill_null(""),
        calls=pl.col("calls").fill_null(0),
        succeeded=pl.col("succeeded").fill_null(0),
    ).select(
        *("customer", "signed_up_at", "known_at", "industry", "use_case", "technology"),
        *("segment", "zone", "account", "begun_at", "call_at", *MILESTONES),
        *(f"{name}_told" for name in MILESTONES),
        *("reached", "missing", "calls", "succeeded", "score", "rated_at"),
    )


def open_rows(known: pl.DataFrame, settings: Settings, now: datetime) -> pl.DataFrame:
    """Whom onboarding is for: began lately, was known at once (so not imported), is a customer."""
    began = pl.col("signed_up_at")
    return known.filter(
        began.is_between(now - settings.active_days * DAY, now),
        pl.col("known_at") - began < settings.welcome_hours * HOUR,
        ~pl.col("segment").is_in(list(settings.excluded)).fill_null(False),
    )


def steps(row: Row, settings: Settings, now: datetime) -> Iterator[Step]:
    """The one letter that is due to a customer now, if any; by day where the customer is."""
    began = instant(row["signed_up_at"])
    age = now - began
    if age < settings.welcome_hours * HOUR:
        until = began + settings.welcome_hours * HOUR
        if not row["account"] and age < settings.account_hours * HOUR:
            return  # where it can be reached is not known yet
        yield Step("welcome", "welcome", MILESTONES[0], "signed up", until)
        return
    if age < settings.stall_hours[0] * HOUR or not _by_day(row["zone"], settings, now):
        return
    found = _celebrated(row, settings, now) or _surveyed(row, settings, now)
    found = found or _stalled(row, settings, now)
    if found:
        yield found


def _celebrated(row: Row, settings: Settings, now: datetime) -> Step | None:
    """The furthest milestone of late that deserves a word."""
    window = settings.celebrate_hours * HOUR
    for name in reversed(settings.celebrated):
        at = row[name]
        if isinstance(at, datetime) and now - at < window:
            return Step("celebration", f"celebrate {name}", name, f"reached {name}", at + window)
    return None


def _surveyed(row: Row, settings: Settings, now: datetime) -> Step | None:
    """Asked once: some days after the last milestone, or when the window is over."""
    began, done = instant(row["signed_up_at"]), row[MILESTONES[-1]]
    over = began + settings.window_days * DAY
    last = settings.celebrate_hours * HOUR + settings.survey_days * DAY
    asked = min(instant(done) + last, over) if row["reached"] == len(MILESTONES) else over
    if asked <= now < asked + 3 * settings.open_hours * HOUR and row["rated_at"] is None:
        until = asked + 3 * settings.open_hours * HOUR
        return Step("survey", "survey", MILESTONES[-1], "the first steps are over", until)
    return None


def _stalled(row: Row, settings: Settings, now: datetime) -> Step | None:
    """Help, where a step is missing and none was taken within a day."""
    began, missing = instant(row["signed_up_at"]), str(row["missing"])
    last = max(instant(row[one]) for one in ("signed_up_at", *MILESTONES) if row[one] is not None)
    if not missing or now - last < settings.open_hours * HOUR:
        return None
    for hours in reversed(settings.stall_hours):
        due = began + hours * HOUR
        if due <= now < due + settings.open_hours * HOUR:
            because = f"{missing} is missing after {hours} hours, {row['calls']:.0f} calls so far"
            until = due + settings.open_hours * HOUR
            return Step("help", f"stalled {hours} hours", missing, because, until)
    return None


def evidence(row: Row, because: str) -> Evidence:
    """Why something is said to a customer, or noted of it."""
    names = ("signed_up_at", "industry", "use_case", "technology", "reached", "missing", "calls")
    missing = str(row["missing"])
    return Evidence(
        because=because,
        rule="welcome at the sign-up, help while a milestone is missing, a word when it is reached",
        facts={name: row[name] for name in (*names, *MILESTONES)},
        counterfactual=f"nothing of it, were {missing or 'nothing'} reached before",
    )


def instant(value: object) -> datetime:
    """A column that holds an instant. Raises TypeError where it does not."""
    if not isinstance(value, datetime):
        raise TypeError(f"no instant: {value!r}")
    return value


def zone_of(said: object) -> ZoneInfo:
    """The customer's zone, UTC where nobody knows it."""
    try:
        return ZoneInfo(str(said or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _by_day(zone: object, settings: Settings, now: datetime) -> bool:
    hour = now.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone_of(zone)).hour
    return settings.from_hours <= hour < settings.until_hours


def call_at(row: Row, settings: Settings) -> datetime:
    """When somebody calls: at ten of a working day where the customer is, in UTC."""
    zone = zone_of(row["zone"])
    local = instant(row["signed_up_at"]).replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
    day = local + settings.call_days * DAY
    while day.weekday() >= 5:
        day += DAY
    at = day.replace(hour=10, minute=0, second=0, microsecond=0)
    return at.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def metrics(facts: Facts, now: datetime) -> pl.DataFrame:
    """Time to first value, completion and satisfaction of whoever began 14 to 90 days ago."""
    settings = settings_from(facts["settings"])
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    window = settings.window_days * DAY
    known = facts["onboarding"].filter(
        ~pl.col("segment").is_in(list(settings.excluded)).fill_null(False)
    )
    # use is looked at for 45 days; before that only what was written down is known
    seen = (pl.col("signed_up_at") > now - 44 * DAY) | pl.col("begun_at").is_not_null()
    old = known.filter(pl.col("signed_up_at").is_between(day - 90 * DAY, day - window), seen)
    took = old.select(pl.col(one) - pl.col("signed_up_at") for one in MILESTONES)
    hours = took[MILESTONES[1]].dt.total_seconds() / 3600
    longest = settings.window_days * 24.0
    values = hours.clip(upper_bound=longest).fill_null(longest)
    done = took.filter(pl.all_horizontal(pl.col(one) <= window for one in MILESTONES)).height
    scores = known.filter(pl.col("rated_at").is_between(day - 90 * DAY, now))["score"]
    rows = [
        median(
            "first_value_hours",
            values,
            f"median to the first success; none within {settings.window_days} days counts as all",
        ),
        share("onboarding_completion", done, old.height),
        mean("onboarding_satisfaction", scores, f"mean of {scores.len()} who answered"),
    ]
    return pl.DataFrame(rows, schema=METRIC).sort("metric")
