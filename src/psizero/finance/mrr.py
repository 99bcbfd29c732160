"""Monthly recurring revenue: what it is at each month's end, how it moved, and who stays.

Only committed MRR: base fees and the fees of seats, net of tax, without minimum, usage or overage,
which do not recur by contract. A fee is normalised to a month as ChartMogul does it: month 1, year
1/12, week 52/12, day 365/12, each divided by its interval count (two weeks at 50 are 50 * 52 / 12
/ 2).
A customer's fees are added as exact fractions and rounded once, half away from zero, to minor
units; every figure here is a sum of those, so that parts add up to what is shown.

A movement is a customer's change from one day (UTC) to the next: what begins and ends on the same
day cancels out, what begins and ends in the same month is both new and churn. A subscription counts
until the instant of its end, a raised price from the first period that pays it. Whoever paid
before is a reactivation, however long ago. Each currency stands for itself: there is no rate of
exchange in here. A plan without a price is left out and counted.
"""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import lcm

import msgspec
import polars as pl

from psizero.core.errors import Problem
from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import Facts
from psizero.finance.price_models import usage_amount
from psizero.finance.terms import MeterTerms

A_MONTH = {"month": Fraction(1), "year": Fraction(1, 12)}
A_MONTH |= {"week": Fraction(52, 12), "day": Fraction(365, 12)}
MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")
_TERMS = ("currency", "base", "interval", "interval_count", "quantity", "seats")
_PART_MAX, _MINOR_MAX = 2**126, 2**63 - 1
_INSTANT = pl.Datetime("us")
_CUSTOMER = ("customer", "currency")


def changes(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `mrr_changes`: what each customer's MRR became, by finished day."""
    fees, denominator = monthly(facts["subscription_fees"])
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    net = (
        _edges(fees.filter(pl.col("part") > 0), "1d")
        .filter(pl.col("edge") < today)
        .group_by(*_CUSTOMER, day="edge")
        .agg(pl.col("part").sum())
        .sort(*_CUSTOMER, "day")
    )
    after = _rounded(pl.col("part").cum_sum().over(_CUSTOMER), denominator)
    before, amount = pl.col("before_minor"), pl.col("amount_minor")
    return (
        net.with_columns(after_minor=after)
        .with_columns(before_minor=pl.col("after_minor").shift(1, fill_value=0).over(_CUSTOMER))
        .with_columns(amount_minor=pl.col("after_minor") - before)
        .filter(amount != 0)
        .select(
            *_CUSTOMER,
            "day",
            pl.when((before == 0) & pl.struct(_CUSTOMER).is_first_distinct())
            .then(pl.lit("new"))
            .when(before == 0)
            .then(pl.lit("reactivation"))
            .when(pl.col("after_minor") == 0)
            .then(pl.lit("churn"))
            .when(amount > 0)
            .then(pl.lit("expansion"))
            .otherwise(pl.lit("contraction"))
            .alias("movement"),
            "before_minor",
            "after_minor",
            "amount_minor",
        )
    )


def monthly(fees: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Fees with `part`, the monthly fee in minor units times the denominator that comes with it.

    `part` is null where there is no price. The denominator is the least that all fees share, so
    that integers hold them exactly. Raises Problem where their sum could not be held.
    """
    terms = fees.filter(pl.col("base").is_not_null()).select(_TERMS).unique()
    exact: list[Fraction] = []
    for currency, base, interval, interval_count, quantity, seats in terms.iter_rows():
        minor = _fee(base, quantity, seats) * 10 ** CURRENCY_DIGITS[currency]
        exact.append(minor * A_MONTH[interval] / interval_count)
    denominator = lcm(*(one.denominator for one in exact))
    parts = [int(one * denominator) for one in exact]
    most = max(parts, default=0) * fees.height
    if 2 * most > _PART_MAX or 12 * most // denominator > _MINOR_MAX:
        raise Problem("the base fees are too large, or have too many digits, to be added exactly")
    named = terms.with_columns(part=pl.Series(parts, dtype=pl.Int128))
    return fees.join(
        named, on=_TERMS, how="left", nulls_equal=True, maintain_order="left"
    ), denominator


def _fee(base: Decimal, quantity: int, seats: str | None) -> Fraction:
    """Base for each seat, or once where the terms of seats, as JSON, say what these cost."""
    if seats is None:
        return Fraction(base) * quantity
    terms = msgspec.json.decode(seats, type=MeterTerms)
    return Fraction(base) + Fraction(usage_amount(terms, Decimal(quantity))[0])


def _rounded(part: pl.Expr, denominator: int) -> pl.Expr:
    """Half away from zero, since no part is below it: the floor of part / denominator + 1/2."""
    twice = pl.lit(2 * denominator, pl.Int128)
    return ((2 * part + pl.lit(denominator, pl.Int128)) // twice).cast(pl.Int64)


def _edges(fees: pl.DataFrame, every: str) -> pl.DataFrame:
    """Each fee's beginning, and its end with the opposite sign, by the period it falls in."""
    kept = [*_CUSTOMER, "part", "count"]
    counted = fees.with_columns(count=pl.lit(1, pl.Int64))
    begins = counted.select(*kept, edge=pl.col("starts_at").dt.truncate(every))
    ends = counted.filter(pl.col("ends_at").is_not_null()).select(
        *_CUSTOMER, pl.col("part", "count") * -1, edge=pl.col("ends_at").dt.truncate(every)
    )
    return pl.concat([begins, ends])


def _months(first: pl.DataFrame, keys: tuple[str, ...], now: datetime) -> pl.DataFrame:
    """Finished months from `period_start` on, for each row of keys: none that still runs."""
    this_month = pl.lit(now, _INSTANT).dt.truncate("1mo")
    return (
        first.filter(pl.col("period_start") < this_month)
        .with_columns(
            period_start=pl.datetime_ranges("period_start", this_month, "1mo", closed="left")
        )
        .explode("period_start")
        .with_columns(period_end=pl.col("period_start").dt.offset_by("1mo"))
        .sort(*keys, "period_start")
    )


def _first_months(frame: pl.DataFrame, instant: str) -> pl.DataFrame:
    """Each currency's first month."""
    return frame.group_by("currency").agg(period_start=pl.col(instant).min().dt.truncate("1mo"))


def _counted(fees: pl.DataFrame) -> pl.DataFrame:
    """Subscriptions that began less those that ended, by currency and month of the change."""
    paying, unpriced = pl.col("part") > 0, pl.col("base").is_null()
    sums = [pl.col("currency"), pl.col("edge").alias("period_start"), pl.col("count")]
    both = pl.concat(
        [
            _edges(fees.filter(paying), "1mo").select(*sums, name=pl.lit("subscriptions")),
            _edges(fees.filter(unpriced), "1mo").select(*sums, name=pl.lit("unpriced")),
        ]
    )
    return both.group_by("currency", "period_start").agg(
        subscriptions=pl.col("count").filter(pl.col("name") == "subscriptions").sum(),
        unpriced_subscriptions=pl.col("count").filter(pl.col("name") == "unpriced").sum(),
    )


def by_month(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `mrr`: at the end of each finished month, by currency."""
    moved = _moved(facts["mrr_changes"])
    counted = _counted(monthly(facts["subscription_fees"])[0])
    sums = ["net", "customers", "subscriptions", "unpriced_subscriptions"]
    keys = ["currency", "period_start"]
    grid = _months(_first_months(facts["subscription_fees"], "starts_at"), ("currency",), now)
    return (
        grid.join(moved, on=keys, how="left")
        .join(counted, on=keys, how="left")
        .sort(keys)
        .with_columns(pl.col(sums).fill_null(0).cum_sum().over("currency"))
        .select(
            "period_start",
            "period_end",
            "currency",
            mrr_minor="net",
            arr_minor=12 * pl.col("net"),
            customers="customers",
            subscriptions="subscriptions",
            unpriced_subscriptions="unpriced_subscriptions",
        )
    )


def _moved(changed: pl.DataFrame) -> pl.DataFrame:
    """Changes by currency and month: net, customers gained, and each movement's sum and count."""
    movement, amount = pl.col("movement"), pl.col("amount_minor")
    sums = {f"{one}_minor": amount.abs().filter(movement == one).sum() for one in MOVEMENTS}
    counts = {f"{one}_count": (movement == one).sum().cast(pl.Int64) for one in MOVEMENTS}
    return changed.group_by("currency", period_start=pl.col("day").dt.truncate("1mo")).agg(
        net=amount.sum(), customers=_gained().sum(), **sums, **counts
    )


def _gained() -> pl.Expr:
    """1 for a customer who comes, -1 for one who goes."""
    return (pl.col("after_minor") > 0).cast(pl.Int64) - (pl.col("before_minor") > 0).cast(pl.Int64)


def movements(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `mrr_movements`: the bridge over each finished month, by currency.

    end = start + new + reactivation + expansion - contraction - churn, to the minor unit, and
    end_customers = start_customers + new_count + reactivation_count - churn_count.
    """
    moved = _moved(facts["mrr_changes"])
    keys = ["currency", "period_start"]
    amounts, counts = ([f"{one}_{unit}" for one in MOVEMENTS] for unit in ("minor", "count"))
    grid = _months(_first_months(facts["mrr_changes"], "day"), ("currency",), now)
    return (
        grid.join(moved, on=keys, how="left")
        .sort(keys)
        .with_columns(pl.col("net", "customers", *amounts, *counts).fill_null(0))
        .with_columns(
            end_minor=pl.col("net").cum_sum().over("currency"),
            end_customers=pl.col("customers").cum_sum().over("currency"),
        )
        .select(
            "period_start",
            "period_end",
            "currency",
            (pl.col("end_minor") - pl.col("net")).alias("start_minor"),
            *amounts,
            "end_minor",
            (pl.col("end_customers") - pl.col("customers")).alias("start_customers"),
            *counts,
            "end_customers",
        )
    )


def cohorts(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `cohorts`: who began to pay in a month, and what is left `age_months` later.

    Age 0 is the beginning itself: every customer with the first day's MRR, all of it. Age n is
    the end of the n-th month after the one of the beginning. MRR may grow beyond 1; a customer
    who comes back is in the cohort again.
    """
    changed, keys = facts["mrr_changes"], ["currency", "cohort"]
    begun = changed.filter(pl.col("movement") == "new").select(
        *_CUSTOMER, cohort=pl.col("day").dt.truncate("1mo"), began_minor="amount_minor"
    )
    base = begun.group_by(keys).agg(
        start_customers=pl.len().cast(pl.Int64), start_minor=pl.col("began_minor").sum()
    )
    moved = (
        changed.join(begun, on=_CUSTOMER)
        .group_by(*keys, period_start=pl.col("day").dt.truncate("1mo"))
        .agg(mrr_minor=pl.col("amount_minor").sum(), customers=_gained().sum())
    )
    grid = _months(base.with_columns(period_start="cohort"), ("currency", "cohort"), now)
    left = (
        grid.join(moved, on=[*keys, "period_start"], how="left")
        .sort(*keys, "period_start")
        .with_columns(pl.col("mrr_minor", "customers").fill_null(0).cum_sum().over(keys))
    )
    age = pl.int_range(pl.len()).over(keys)
    at_start = {"mrr_minor": "start_minor", "customers": "start_customers"}
    aged = left.with_columns(age_months=age).with_columns(
        pl.when(pl.col("age_months") == 0).then(pl.col(start)).otherwise(pl.col(now_)).alias(now_)
        for now_, start in at_start.items()
    )
    return aged.select(
        *keys,
        "age_months",
        "period_end",
        "customers",
        "start_customers",
        customers_share=(pl.col("customers") / pl.col("start_customers")).round(6),
        mrr_minor="mrr_minor",
        start_minor="start_minor",
        mrr_share=(pl.col("mrr_minor") / pl.col("start_minor")).round(6),
    )


def at_present(facts: Facts, now: datetime) -> pl.DataFrame:
    """The table `mrr_now`: at this very instant, by currency."""
    fees, denominator = monthly(facts["subscription_fees"])
    stands = fees.filter(pl.col("ends_at").is_null() | (pl.col("ends_at") > now))
    paying, unpriced = pl.col("part").fill_null(0) > 0, pl.col("base").is_null()
    return (
        stands.group_by(_CUSTOMER)
        .agg(
            mrr_minor=_rounded(pl.col("part").sum(), denominator),
            subscriptions=paying.sum().cast(pl.Int64),
            unpriced_subscriptions=unpriced.sum().cast(pl.Int64),
        )
        .group_by("currency")
        .agg(
            pl.col("mrr_minor").sum(),
            customers=(pl.col("mrr_minor") > 0).sum().cast(pl.Int64),
            subscriptions=pl.col("subscriptions").sum(),
            unpriced_subscriptions=pl.col("unpriced_subscriptions").sum(),
        )
    )
