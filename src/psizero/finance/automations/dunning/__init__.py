"""Wins back failed payments: tries again, asks, calls, limits step by step, and lifts at once.

Reads the invoices whose collection failed and what each customer may use. A soft decline is tried
again 1, 3, 7 and 14 days after the first failure; a hard one never: a new means of payment is
asked for at once, and a person calls. A new means is tried at once. Several invoices are one run,
the oldest decides. The rate limit falls to 50, 20 and 5 %, then the account may only read; payment
in any way ends all of it. A step whose day has passed counts as skipped. Measured after 14 days by
what the customer still owes; bad is what was followed by a complaint.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import polars as pl

from psizero.core.automation import Automation, Due
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.finance.dunning import Settings, at_hand, cause, limit
from psizero.finance.recovery import charged, lifted, limited, stepped

Row = Mapping[str, object]
FREE: Row = {"limit_percent": 100, "read_only": False}


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """What is at hand for every run, then the limits that have to change."""
    runs = facts["dunning_runs"].filter(
        pl.col("owed_minor") >= settings.owed_minor_min,
        ~pl.col("customer").is_in(list(settings.excluded)),
    )
    mine = facts["dunned_invoices"].partition_by("customer", "currency", as_dict=True)
    for run in runs.iter_rows(named=True):
        invoices = mine[run["customer"], run["currency"]]
        why, renewed_at = cause(run["decline_code"]), run["method_updated_at"]
        for step in at_hand(why, run["first_failed_at"], settings, now):
            yield from stepped(run, invoices, step, settings)
        if renewed_at is not None and renewed_at > run["last_failed_at"]:
            for one in invoices.iter_rows(named=True):
                yield charged(one, f"new means of {renewed_at:%Y-%m-%d %H:%M:%S}", run, settings)
    yield from _limits(runs, facts["entitlements"], settings, now)


def _limits(
    runs: pl.DataFrame, entitlements: pl.DataFrame, settings: Settings, now: datetime
) -> Iterator[Decision]:
    """The tightest of a customer's runs counts; who has none any more has all of the limit."""
    stands: dict[str, Row] = {row["customer"]: row for row in entitlements.iter_rows(named=True)}
    wanted: dict[str, tuple[int, bool, Row]] = {}
    for run in runs.sort("first_failed_at", "currency").iter_rows(named=True):
        percent, read_only = limit(
            cause(run["decline_code"]), run["first_failed_at"], settings, now
        )
        known = wanted.get(run["customer"])
        if known is None or (percent, not read_only) < (known[0], not known[1]):
            wanted[run["customer"]] = (percent, read_only, run)
    for customer, (percent, read_only, tightest) in wanted.items():
        now_allowed = stands.get(customer, FREE)
        if (percent, read_only) != (now_allowed["limit_percent"], now_allowed["read_only"]):
            yield limited(tightest, percent, read_only, settings)
    for customer, entitlement in stands.items():
        if customer not in wanted:
            yield lifted(customer, entitlement)


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """What the customer still owes of what failed, in minor units; good where nobody complained.

    Some debts come back whatever is done, so what is left is no fault of a single step: recovery is
    a metric of its own. A complaint since the run began is.
    """
    owed = facts["dunning_runs"].group_by("customer").agg(pl.col("owed_minor").sum())
    complained = facts["suppressions"].group_by("subject").agg(pl.col("complained_at").max())
    day = pl.col("episode").str.extract(r"(\d{4}-\d\d-\d\d)")
    begun = day.str.to_datetime("%Y-%m-%d", time_unit="us")
    joined = due.join(owed, left_on="subject", right_on="customer", how="left").join(
        complained, on="subject", how="left"
    )
    return joined.select(
        "decision",
        name=pl.lit("still owed of what failed"),
        value=pl.col("owed_minor").fill_null(0).cast(pl.Float64),
        unit=pl.lit("minor units"),
        good=~(pl.col("complained_at") >= begun).fill_null(False),
    )


AUTOMATION = Automation(
    name="finance.dunning",
    doc=__doc__,
    target="Payment recovery rate > 80 % (Financial Operations)",
    reads=("dunning_runs", "dunned_invoices", "entitlements"),
    measure_reads=("dunning_runs", "suppressions"),
    verbs=("payment.charge", "message.send", "sms.send", "task.assign", "entitlement.set"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=14,
    due=Due("dunning_runs", "first_failed_at", "step_days"),
    wakes_on=("payment.failed", "payment.succeeded", "payment.method_updated"),
)
