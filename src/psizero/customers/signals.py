"""The ten inputs of health: what is known of each customer, and what each is worth, 0 to 100.

Paces (calls, adoption and the five activities) are held against the customer's own past: the last
28 finished days against the whole weeks before them that are known, at most four, so that each
weekday meets its like. `steady_percent` (62.5) is a pace as before, so 100 is 1.6 times that and
0 is silence.

    calls      quantity of the meter `calls_meter`        62.5 * now / before, at most 100
    adoption   meters used                                the same
    login ...  how often, unless an action of ours asked  the same
    success    share of calls that failed                 100 * (1 - share / 0.1), at least 0
    tickets    opened within the window, or still open    100 - 25 each, at least 0
    billing    overdue; payments declined since the last  100 - 50 - 25 each, at least 0

Zero is not missing: no calls are worth 0, and so is their success. An input is missing (null)
where nobody's row of its kind came within `stale_days` (`stale_rare_days` for what comes seldom),
where its feed or the customer is newer than the window, where there is no week to compare with,
and for success where the calls say nothing of their status. Of a silent customer the lack of
tickets says nothing. Billing is missing for whom nothing was ever billed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import polars as pl

from psizero.core.tables import Facts
from psizero.customers.health import ENGAGEMENT, METRICS, Settings

WINDOW = timedelta(days=28)
WEEKS = ("week_1", "week_2", "week_3", "week_4")
RARE = ("community", "feedback")
_NONE = pl.lit(Decimal(0), pl.Decimal(38, 9))


class Feeds(msgspec.Struct, frozen=True):
    """First and last row of each feed, of anybody, within 91 days."""

    seen: Mapping[str, tuple[datetime, datetime]]
    day: datetime

    def weeks(self, feed: str, stale_days: int) -> int | None:
        """Whole weeks known before the window, at most 4; None where the feed is missing."""
        first, last = self.seen.get(feed, (self.day, self.day))
        if feed not in self.seen or last < self.day - timedelta(days=stale_days):
            return None
        weeks = (self.day - WINDOW - first) // timedelta(days=7)
        return min(weeks, len(WEEKS)) if weeks >= 0 else None


class Ground(msgspec.Struct, frozen=True):
    """What every signal is made from: who is asked about, which feeds there are, and when."""

    customers: pl.DataFrame
    feeds: Feeds
    settings: Settings


def signals(facts: Facts, settings: Settings, day: datetime) -> pl.DataFrame:
    """One row a customer: customer, young, <metric>_value, inputs, open_tickets, owing.

    `day` is the first instant of a UTC day; nothing of that day is counted.
    """
    rows = facts["feeds"].select("feed", "first_at", "last_at").iter_rows()
    feeds = Feeds({feed: (first, last) for feed, first, last in rows}, day)
    customers = _customers(facts, settings, day)
    ground = Ground(customers, feeds, settings)
    frames = [
        _calls(ground, facts["usage_windows"]),
        _adoption(ground, facts["usage_windows"]),
        *(_activity(ground, facts["activity_windows"], one) for one in ENGAGEMENT),
        _tickets(ground, facts),
        _billing(ground, facts["billing_windows"]),
    ]
    for frame in frames:
        customers = customers.join(frame, on="customer", how="left", maintain_order="left")
    return customers.with_columns(inputs=_inputs(customers)).drop(
        "since", "weeks", *METRICS, *(f"{name}_before" for name in METRICS), strict=False
    )


def _customers(facts: Facts, settings: Settings, day: datetime) -> pl.DataFrame:
    """Customers with a running subscription, or with use and none that ended."""
    subscribed = (
        facts["subscriptions"]
        .filter(pl.col("started_at").is_not_null())
        .group_by("customer")
        .agg(
            since=pl.col("started_at").min(),
            runs=(pl.col("ended_at").is_null() | (pl.col("ended_at") > day)).any(),
        )
    )
    used = [facts[name].select("customer", "first_at") for name in _USED]
    first = pl.concat(used).group_by("customer").agg(pl.col("first_at").min())
    return (
        subscribed.join(first, on="customer", how="full", coalesce=True)
        .filter(pl.col("runs").fill_null(True))
        .select("customer", since=pl.coalesce("since", "first_at"))
        .filter(pl.col("since") < day)
        .with_columns(
            young=pl.col("since") > day - timedelta(days=settings.young_days),
            weeks=_whole_weeks(pl.lit(day - WINDOW) - pl.col("since")),
        )
        .sort("customer")
    )


_USED = ("usage_windows", "activity_windows")


def _whole_weeks(span: pl.Expr) -> pl.Expr:
    """Whole weeks in a span, at most 4; null where it is negative."""
    weeks = span.dt.total_microseconds() // (7 * 86_400_000_000)
    return pl.when(weeks >= 0).then(weeks.clip(0, len(WEEKS)))


def _pace(now: pl.Expr, before: pl.Expr, steady_percent: float) -> pl.Expr:
    """What now is worth against before; `before` is null where it is not known.

    The comparable weeks in `weeks` are null where the window itself is not known.
    """
    return (
        pl.when(pl.col("weeks").is_null())
        .then(None)
        .when(now == 0)
        .then(0.0)
        .when(before.is_null())
        .then(None)
        .when(before == 0)
        .then(100.0)
        .otherwise((steady_percent * now / before).clip(upper_bound=100.0))
        .round(6)
    )


def _against(ground: Ground, use: pl.DataFrame, feed_weeks: int | None) -> pl.DataFrame:
    """Customers with `use`, what of it is comparable in `before`, and the weeks that is."""
    weeks = pl.lit(None, pl.Int64) if feed_weeks is None else pl.col("weeks").clip(0, feed_weeks)
    known = ground.customers.select("customer", weeks=weeks)
    joined = known.join(use, on="customer", how="left", maintain_order="left")
    counted = [
        pl.when(pl.col("weeks") >= number).then(pl.col(name).fill_null(_NONE)).otherwise(_NONE)
        for number, name in enumerate(WEEKS, 1)
    ]
    before = counted[0] + counted[1] + counted[2] + counted[3]
    return joined.with_columns(pl.col("used").fill_null(_NONE), before=before)


def _paced(name: str, settings: Settings) -> list[pl.Expr]:
    """Value, raw number, and raw number before, scaled to four weeks."""
    now, weeks = pl.col("used").cast(pl.Float64), pl.col("weeks")
    scaled = pl.col("before").cast(pl.Float64) * len(WEEKS) / weeks
    before = pl.when(weeks > 0).then(scaled)
    return [
        _pace(now, before, settings.steady_percent).alias(f"{name}_value"),
        pl.when(weeks.is_not_null()).then(_spelled(pl.col("used"))).alias(name),
        _spelled(before.round(2).cast(pl.Decimal(38, 2))).alias(f"{name}_before"),
    ]


def _spelled(exact: pl.Expr) -> pl.Expr:
    return exact.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")


def _calls(ground: Ground, use: pl.DataFrame) -> pl.DataFrame:
    settings = ground.settings
    meter, stale = settings.calls_meter, settings.stale_days
    mine = use.filter(pl.col("meter") == meter)
    found = _against(ground, mine, ground.feeds.weeks(f"meter {meter}", stale))
    told = pl.col("succeeded") + pl.col("failed")
    share = pl.col("failed").cast(pl.Float64) / told.cast(pl.Float64)
    success = 100 * (1 - share / settings.failures_share_max).clip(lower_bound=0.0)
    connected = ground.feeds.weeks(f"status {meter}", stale) is not None
    counted = pl.lit(connected) & pl.col("weeks").is_not_null()
    return found.select(
        "customer",
        *_paced("calls", settings),
        success_value=pl.when(counted & (pl.col("used") == 0))
        .then(0.0)
        .when(counted & (told > 0))
        .then(success.round(6)),
        success=_spelled(
            pl.when(counted & (told > 0)).then((1 - share).round(6).cast(pl.Decimal(38, 6)))
        ),
    )


def _adoption(ground: Ground, use: pl.DataFrame) -> pl.DataFrame:
    """Meters used, each counted as one; the weeks before are a set, so nothing is scaled."""
    weeks = ground.feeds.weeks("meters", ground.settings.stale_days)
    found = (
        _against(ground, use, weeks)
        .group_by("customer")
        .agg(
            pl.col("weeks").first(),
            used=(pl.col("used") > 0).sum().cast(pl.Int64),
            before=(pl.col("before") > 0).sum().cast(pl.Int64),
        )
    )
    now, before = pl.col("used"), pl.when(pl.col("weeks") > 0).then("before")
    return found.select(
        "customer",
        adoption_value=_pace(now, before, ground.settings.steady_percent),
        adoption=pl.when(pl.col("weeks").is_not_null()).then(now),
        adoption_before=before,
    )


def _activity(ground: Ground, done: pl.DataFrame, name: str) -> pl.DataFrame:
    settings = ground.settings
    stale = settings.stale_rare_days if name in RARE else settings.stale_days
    found = _against(
        ground,
        done.filter(pl.col("activity") == name),
        ground.feeds.weeks(f"activity {name}", stale),
    )
    return found.select("customer", *_paced(name, settings))


def _tickets(ground: Ground, facts: Facts) -> pl.DataFrame:
    used = pl.concat([facts[name].select("customer", "used") for name in _USED])
    heard = used.filter(pl.col("used") > 0)["customer"].unique().implode()
    connected = ground.feeds.weeks("tickets", ground.settings.stale_rare_days) is not None
    tickets = pl.col("tickets").fill_null(0)
    cost = ground.settings.ticket_percent * tickets
    says = pl.lit(connected) & ((tickets > 0) | pl.col("customer").is_in(heard))
    return (
        ground.customers.select("customer")
        .join(facts["ticket_windows"], on="customer", how="left", maintain_order="left")
        .select(
            "customer",
            tickets_value=pl.when(says).then((100 - cost).clip(lower_bound=0.0).round(6)),
            tickets=pl.when(connected).then(tickets),
            open_tickets=pl.col("open_tickets").fill_null(0),
        )
    )


def _billing(ground: Ground, bills: pl.DataFrame) -> pl.DataFrame:
    connected = ground.feeds.weeks("payments", ground.settings.stale_rare_days) is not None
    settings = ground.settings
    cost = pl.col("overdue").cast(pl.Float64) * settings.overdue_percent
    cost = cost + pl.col("declined") * settings.declined_percent
    owing = pl.col("overdue") | (pl.col("declined") > 0)
    text = (
        pl.when(pl.col("overdue") & (pl.col("declined") > 0))
        .then(pl.format("overdue, {} declined", "declined"))
        .when("overdue")
        .then(pl.lit("overdue"))
        .when(pl.col("declined") > 0)
        .then(pl.format("{} declined", "declined"))
        .otherwise(pl.lit("settled"))
    )
    known = pl.lit(connected) & pl.col("overdue").is_not_null()
    return (
        ground.customers.select("customer")
        .join(bills, on="customer", how="left", maintain_order="left")
        .select(
            "customer",
            billing_value=pl.when(known).then((100 - cost).clip(lower_bound=0.0).round(6)),
            billing=pl.when(known).then(text),
            owing=(pl.lit(connected) & owing).fill_null(False),
        )
    )


def _inputs(frame: pl.DataFrame) -> pl.Expr:
    """The raw inputs as canonical JSON: keys sorted, quantities as text, null where missing."""
    raw = [*METRICS, *(f"{name}_before" for name in METRICS)]
    return pl.struct(sorted(set(raw) & set(frame.columns))).struct.json_encode()
