"""Closes a finished month once its grace has passed: posts what every contract has earned in it.

Reads revenue by day, what was posted of earlier months, and the months that are open. One entry a
day and currency debits the contract and credits revenue; the same facts give the same bytes, and a
closed month is never posted again. What has changed in a closed month since goes into the month
that is being closed, and names the month it belongs to. Measured 35 days later by what had to be
corrected of that month.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Automation, Due
from psizero.core.content import canonical, content_id
from psizero.core.money import Money
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts
from psizero.finance.closing import Posting, corrections, entries, sums, totals


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for what still belongs to the month, and whose books they are."""

    grace_days: int = 5
    legal_entity: str = "company"


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One decision for each month that is over, past its grace and open, in their order."""
    grace = timedelta(days=settings.grace_days)
    ready = facts["closing_months"].filter(pl.col("month_end") + grace <= now).sort("month")
    days, posted = facts["revenue_daily"], facts["revenue_posted"]
    for place, (month, start, end) in enumerate(ready.iter_rows()):
        own = days.filter(pl.col("day").is_between(start, end, closed="left"))
        # months that are closed together cannot correct each other
        wrong = corrections(days, posted, start) if place == 0 else []
        yield _close(Posting(month, start, end, own, wrong), settings)


def _close(posting: Posting, settings: Settings) -> Decision:
    month, entity = posting.month, settings.legal_entity
    rows, (earned, corrected) = entries(posting, entity), totals(posting)
    said, days = [str(Money(n, name)) for name, n in earned.items()], settings.grace_days
    return Decision(
        verb="month.close",
        subject=entity,
        episode=month,
        parameters={
            "month": month,
            "revenue_minor": earned,
            "corrected_minor": corrected,
            "digest": content_id(rows),
        },
        evidence=Evidence(
            because=f"{month} is over and its grace has passed: {', '.join(said) or 'no revenue'}",
            rule="month_end + grace_days <= now",
            facts={
                "month_end": posting.end,
                "grace_days": days,
                "revenue_minor": earned,
                "corrected": [
                    f"{one.month} {one.account}: {one.amount} {one.currency}"
                    for one in posting.wrong
                ],
            },
            counterfactual=f"would wait at any instant before the end of {month} + {days} days",
        ),
        rows={
            "journal.posted": rows,
            "month.closed": [
                {
                    "subject": entity,
                    "month": month,
                    "month_start": posting.start,
                    "month_end": posting.end,
                    "sums": canonical(sums(posting)),
                }
            ],
        },
    )


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """What is earned in the month by now less what was posted; good when nothing is."""
    now_ = facts["revenue_daily"].select(
        "account", "currency", "amount_minor", month=pl.col("day").dt.strftime("%Y-%m")
    )
    was = facts["revenue_posted"].select(
        "account", "currency", pl.col("amount_minor") * -1, "month"
    )
    keys = ["month", "account", "currency"]
    wrong = pl.concat([now_, was]).group_by(keys).agg(pl.col("amount_minor").sum())
    off = wrong.group_by("month").agg(pl.col("amount_minor").abs().sum())
    joined = due.join(off, left_on="episode", right_on="month", how="left")
    return joined.select(
        "decision",
        name=pl.lit("left to correct"),
        value=pl.col("amount_minor").fill_null(0).cast(pl.Float64),
        unit=pl.lit("minor units"),
        good=pl.col("amount_minor").fill_null(0) == 0,
    )


AUTOMATION = Automation(
    name="finance.revenue_close",
    doc=__doc__,
    target="Billing automation rate > 95 % (Financial Operations)",
    reads=("closing_months", "revenue_daily", "revenue_posted"),
    measure_reads=("revenue_daily", "revenue_posted"),
    verbs=("month.close",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=35,
    due=Due("closing_months", "month_end", "grace_days"),
)
