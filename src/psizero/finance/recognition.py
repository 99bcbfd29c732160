"""Revenue by day: what each line of an invoice, or of a period not invoiced yet, has earned.

ASC 606: access to an API and its use are one series of distinct days (606-10-25-14b). A fixed fee
is earned evenly over its service period; use that is paid beyond it belongs to the day of use
(606-10-32-40), or, where no day of use is known, is earned as invoiced over the service period
(606-10-55-18). Late use is earned on the day it is invoiced and names the month it came from; so
does a credit note on what was served, while one on what is still to come lowers its price evenly.
Amounts are cumulative: rounded at each day's end and subtracted, so that days sum to the line.
"""

from datetime import datetime, timedelta

import polars as pl

from psizero.finance.books import EARNED

DAY = timedelta(days=1)
EARNED_ON = {"key": pl.Int64(), "day": pl.Datetime("us"), "amount_minor": pl.Int64()}
_SPAN = pl.Int128()


def first_shown(now: datetime) -> datetime:
    """The first day shown: three finished months and the running one."""
    months = now.year * 12 + now.month - 1 - 3
    return datetime(months // 12, months % 12 + 1, 1)


def today(now: datetime) -> datetime:
    """The day that still runs; all before it are finished."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def earned(lines: pl.DataFrame, pieces: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """What each line has earned by day: key, day, amount_minor; finished days only.

    `pieces`: key, day, quantity and `piece_minor`, what the line has earned in the day's month.
    A line without use, or whose use sums to nothing, is spread evenly. What lies before the days
    shown is one row on the day before them.
    """
    whole = pieces.group_by("key", month=_month("day")).agg(pl.col("quantity").sum())
    usable = whole.group_by("key").agg(ok=(pl.col("quantity") > 0).all()).filter("ok")
    by_use = pieces.join(usable, on="key", how="semi")
    late = lines.filter("at_once")
    flat = lines.filter(~pl.col("at_once")).join(by_use, on="key", how="anti")
    at_once = late.select("key", "amount_minor", day=pl.col("issued_at").dt.truncate("1d"))
    rows = [_evenly(flat, now), _by_use(by_use), at_once.select(*EARNED_ON)]
    before = first_shown(now) - DAY
    return (
        pl.concat(rows)
        .filter(pl.col("day") < today(now))
        .group_by("key", day=pl.col("day").clip(lower_bound=before))
        .agg(pl.col("amount_minor").sum())
        .sort("key", "day")
    )


def _evenly(lines: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """By elapsed time, which is by day where a period begins and ends at midnight."""
    since, until = first_shown(now) - DAY, today(now)
    first = pl.col("served_from").dt.truncate("1d").clip(lower_bound=since)
    last = (pl.col("served_until") - timedelta(microseconds=1)).dt.truncate("1d")
    last = last.clip(lower_bound=since, upper_bound=until - DAY)
    days = (
        lines.filter(pl.col("served_from") < until)
        .with_columns(day=pl.datetime_ranges(first, last, "1d"))
        .explode("day")
    )
    upto = pl.min_horizontal(pl.col("day") + DAY, "served_until") - pl.col("served_from")
    span = pl.col("served_until") - pl.col("served_from")
    upto, span = (one.dt.total_microseconds().cast(_SPAN) for one in (upto, span))
    return _differences(days.with_columns(upto=upto, span=span), ["key"])


def _by_use(pieces: pl.DataFrame) -> pl.DataFrame:
    """In proportion to the use of each day of a month."""
    named = pieces.rename({"piece_minor": "amount_minor"}).with_columns(
        month=_month("day"), used=pl.col("quantity").to_physical().cast(_SPAN)
    )
    over = ["key", "month"]
    ordered = named.sort("key", "day").with_columns(
        upto=pl.col("used").cum_sum().over(over), span=pl.col("used").sum().over(over)
    )
    return _differences(ordered, over)


def _month(column: str) -> pl.Expr:
    return pl.col(column).dt.truncate("1mo")


def _differences(rows: pl.DataFrame, over: list[str]) -> pl.DataFrame:
    """The amount's part `upto` of `span`, half away from zero, less that of the day before."""
    amount = pl.col("amount_minor").cast(_SPAN)
    part = amount.abs() * pl.col("upto")
    size = (2 * part + pl.col("span")) // (2 * pl.col("span"))
    cumulative = size.cast(pl.Int64) * pl.col("amount_minor").sign()
    return (
        rows.with_columns(cumulative=cumulative)
        .with_columns(amount_minor=pl.col("cumulative").diff().over(over))
        .with_columns(pl.col("amount_minor").fill_null(pl.col("cumulative")))
        .select(*EARNED_ON)
    )


def by_contract(lines: pl.DataFrame, days: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The table `recognised_revenue` of lines and what they have earned."""
    named = days.filter(pl.col("day") >= first_shown(now)).join(lines, on="key")
    source = pl.when("at_once").then(pl.col("served_from")).otherwise("day")
    return (
        named.group_by(
            "subscription",
            "account",
            "currency",
            "day",
            source_month=source.dt.strftime("%Y-%m"),
        )
        .agg(pl.col("customer").min(), pl.col("amount_minor").sum())
        .filter(pl.col("amount_minor") != 0)
        .select(
            "subscription",
            "customer",
            "account",
            "currency",
            "day",
            "source_month",
            "amount_minor",
        )
        .sort("subscription", "account", "currency", "day", "source_month")
    )


def standing(lines: pl.DataFrame, days: pl.DataFrame, now: datetime, every: str) -> pl.DataFrame:
    """By contract and day (every 1d) or month (1mo) of a change: what is deferred and unbilled.

    A line not invoiced yet is unbilled by what it has earned; once invoiced it is deferred by what
    it has not, so billed = recognised - unbilled + deferred, whatever the signs.
    Columns subscription, currency, at (the start of the day or month), billed_minor and
    recognised_minor in it, deferred_minor and unbilled_minor at its end.
    """
    shown = first_shown(now) - DAY
    billed = lines.filter(pl.col("issued_at") < today(now)).select(
        "key",
        at=pl.col("issued_at").dt.truncate("1d").clip(lower_bound=shown).dt.truncate(every),
        billed=pl.col("amount_minor"),
        recognised=pl.lit(0, pl.Int64),
        bills=pl.lit(True),
    )
    recognised = days.select(
        "key",
        at=pl.col("day").dt.truncate(every),
        billed=pl.lit(0, pl.Int64),
        recognised="amount_minor",
        bills=pl.lit(False),
    )
    changed = (
        pl.concat([billed, recognised])
        .group_by("key", "at")
        .agg(pl.col("billed", "recognised").sum(), pl.col("bills").any())
        .sort("key", "at")
    )
    open_ = pl.col("billed", "recognised").cum_sum().over("key").name.prefix("all_")
    issued = pl.col("bills").cum_max().over("key")
    deferred = pl.when(issued).then(pl.col("all_billed") - pl.col("all_recognised")).otherwise(0)
    unbilled = pl.when(issued).then(0).otherwise(pl.col("all_recognised"))
    moved = pl.col("deferred", "unbilled")
    contract = ["subscription", "currency"]
    sums = ["billed", "recognised", "deferred", "unbilled"]
    return (
        changed.with_columns(open_)
        .with_columns(deferred=deferred, unbilled=unbilled)
        .with_columns(moved - moved.shift(1, fill_value=0).over("key"))
        .join(lines.select("key", *contract), on="key")
        .group_by(*contract, "at")
        .agg(pl.col(sums).sum())
        .sort(*contract, "at")
        .with_columns(moved.cum_sum().over(contract))
        .select(*contract, "at", *(pl.col(one).alias(f"{one}_minor") for one in sums))
    )


def accounts() -> pl.Expr:
    """The revenue account of a line's kind."""
    return pl.col("kind").replace_strict(EARNED, return_dtype=pl.String())
