"""The close of a month: its postings, and what they correct of months closed before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.finance.books import recognised

_KEYS = ["month", "account", "currency"]


class Correction(msgspec.Struct, frozen=True):
    """What a closed month has earned beyond what was posted of it, minor units."""

    month: str
    account: str
    currency: str
    amount: int


class Posting(msgspec.Struct, frozen=True):
    """A month, its rows of `revenue_daily`, and what is wrong in earlier months."""

    month: str
    start: datetime
    end: datetime
    days: pl.DataFrame
    wrong: Sequence[Correction]


def corrections(days: pl.DataFrame, posted: pl.DataFrame, start: datetime) -> list[Correction]:
    """By closed month, among those that `revenue_daily` still shows: earned less posted.

    A month before the first that was ever posted was never closed, and is left to people.
    """
    began = posted["month"].min()
    shown = days["day"].min()
    if began is None or shown is None:
        return []
    earlier = days.filter(pl.col("day") < start).select(
        pl.col("day").dt.strftime("%Y-%m").alias("month"), *_KEYS[1:], "amount_minor"
    )
    known = posted.select(*_KEYS, pl.col("amount_minor") * -1)
    oldest = pl.lit(shown).dt.strftime("%Y-%m")
    wrong = (
        pl.concat([earlier, known])
        .filter((pl.col("month") >= began) & (pl.col("month") >= oldest))
        .group_by(_KEYS)
        .agg(pl.col("amount_minor").sum())
        .filter(pl.col("amount_minor") != 0)
        .sort(_KEYS)
    )
    return [Correction(*row) for row in wrong.iter_rows()]


def entries(posting: Posting, entity: str) -> list[dict[str, object]]:
    """The rows of journal.posted: by day and currency, then by month corrected."""
    found: list[dict[str, object]] = []
    order = ["day", "source_month", "currency", "account"]
    wanted = [*order, "amount_minor"]
    for day, source, currency, account, minor in (
        posting.days.sort(order).select(wanted).iter_rows()
    ):
        since = "" if source == posting.month else f", late for {source}"
        name = f"revenue {entity} {day:%Y-%m-%d}{since}"
        found += _sides(name, (account, currency, minor), day + timedelta(days=1), entity)
    for one in posting.wrong:
        name = f"revenue {entity} {posting.month}, correcting {one.month}"
        found += _sides(name, (one.account, one.currency, one.amount), posting.end, entity)
    return found


def _sides(
    entry: str, what: tuple[str, str, int], booked_for: datetime, entity: str
) -> list[dict[str, object]]:
    account, currency, minor = what
    common = {"subject": entity, "entry": entry, "currency": currency, "booked_for": booked_for}
    return [
        common | {"account": side, "amount_minor": amount}
        for side, amount in recognised(account, minor).items()
        if amount
    ]


def sums(posting: Posting) -> list[Mapping[str, object]]:
    """What month.closed says was posted, by the month it belongs to."""
    by = posting.days.group_by("account", "currency").agg(pl.col("amount_minor").sum())
    own = [Correction(posting.month, *row) for row in by.sort("account", "currency").iter_rows()]
    return [
        {"month": one.month, "account": one.account}
        | {"currency": one.currency, "amount": one.amount}
        for one in (*own, *posting.wrong)
    ]


def totals(posting: Posting) -> tuple[dict[str, int], dict[str, int]]:
    """Earned in the month and corrected of others, by currency, minor units."""
    earned, corrected = Counter[str](), Counter[str]()
    for currency, minor in posting.days.select("currency", "amount_minor").iter_rows():
        earned[currency] += minor
    for one in posting.wrong:
        corrected[one.currency] += one.amount
    return dict(sorted(earned.items())), dict(sorted(corrected.items()))
