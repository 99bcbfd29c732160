"""Gives back what was asked back, gives up what nobody pays, and finds again what comes late.

Reads credits that were asked for with the lines of their invoices, invoices whose collection
failed, and debts given up. A credit note never gives back more than is left of its invoice, and the
tax of each line in proportion; the sum is the customer's credit, which collection uses for what is
owed first. What cannot be given back becomes a task. An invoice that failed 60 days ago, long after
dunning ended, is bad debt; money that comes later brings it back. No money leaves the house here.
Measured after 30 days by how often the same invoice had to be touched.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Automation, Due
from psizero.core.clock import Cadence
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.finance.credits import billed, given_back, objection
from psizero.finance.debts import credit_note, given_up, looked_at, restored

_ACCOUNT = ["customer", "currency"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """When a debt is bad, and who looks at what cannot be given back."""

    write_off_days: int = 60
    role: str = "finance"


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """Credits asked for, in their order; then debts given up; then debts that come back."""
    lines = billed(facts["creditable_lines"])
    for ask in facts["credit_asks"].sort("asked_at", "ask").iter_rows(named=True):
        mine = lines.get(ask["invoice"], [])
        why = objection(ask, mine)
        if why:
            yield looked_at(ask, why, settings.role)
        else:
            yield credit_note(ask, mine[0], given_back(mine, ask["amount_minor"]), now)
    days = settings.write_off_days
    old = facts["dunned_invoices"].filter(pl.col("first_failed_at") <= now - timedelta(days=days))
    for row in old.sort("invoice").iter_rows(named=True):
        yield given_up(row, days, now)
    yield from _restored(facts, now)


def _restored(facts: Facts, now: datetime) -> Iterator[Decision]:
    """The oldest debt first, as far as the credit goes; one that is owed again already waits."""
    owing = facts["receivables"].select(_ACCOUNT).unique()
    spare = facts["credits"].filter(pl.col("balance_minor") > 0)
    idle = spare.join(owing, on=_ACCOUNT, how="anti").select(*_ACCOUNT, "balance_minor")
    left = {(who, money): minor for who, money, minor in idle.iter_rows()}
    debts = facts["written_off"].with_columns(pl.col("invoice").cast(pl.Int64).alias("number"))
    for row in debts.sort("number").iter_rows(named=True):
        account = (row["customer"], row["currency"])
        part = min(left.get(account, 0), row["amount_minor"])
        if part:
            left[account] -= part
            yield restored(row, part, now)


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Credit notes and restorations of the invoice so far; good is one note, and none restored.

    A debt that was restored was given up too early, which is a measure of the days.
    """
    number = pl.col("episode").str.split(" ").list.first()
    notes = facts["credit_notes"].select("invoice", "notes")
    back = facts["written_off"].select("invoice", "restorations")
    named = due.with_columns(invoice=number)
    joined = named.join(notes, on="invoice", how="left").join(back, on="invoice", how="left")
    touched = (pl.col("notes").fill_null(0) + pl.col("restorations").fill_null(0)).cast(pl.Float64)
    return joined.select(
        "decision",
        name=pl.lit("credit notes and restorations of the invoice"),
        value=touched,
        unit=pl.lit("count"),
        good=touched <= 1,
    )


AUTOMATION = Automation(
    name="finance.refund_credit",
    doc=__doc__,
    target="Billing automation rate > 95 % (Financial Operations)",
    reads=(
        "credit_asks",
        "creditable_lines",
        "dunned_invoices",
        "written_off",
        "credits",
        "receivables",
    ),
    measure_reads=("credit_notes", "written_off"),
    verbs=("credit.issue", "debt.write_off", "debt.restore", "task.assign"),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=30,
    due=Due("dunned_invoices", "first_failed_at", "write_off_days"),
    cadence=Cadence("FREQ=DAILY;BYHOUR=5"),
    wakes_on=("credit.asked",),
)
