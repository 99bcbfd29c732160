"""The first try to collect an invoice, when it is due."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import polars as pl

from psizero.core.money import Money
from psizero.core.records import Decision, Evidence, Worth

OCCASION = "due"


def due_charges(chargeable: pl.DataFrame, due_days: int, now: datetime) -> Iterator[Decision]:
    """One try for each invoice of `charges_due` that is due: `due_days` after it was issued.

    Once only: what fails is dunned, what nobody answers is settled with the gateway.
    """
    due = chargeable.filter(pl.col("issued_at") + timedelta(days=due_days) <= now)
    for row in due.iter_rows(named=True):
        yield _charge(row, due_days)


def _charge(row: Mapping[str, object], due_days: int) -> Decision:
    owed = Money(int(str(row["owed_minor"])), str(row["currency"]))
    return Decision(
        verb="payment.charge",
        subject=str(row["customer"]),
        episode=f"{row['invoice']} {OCCASION}",
        parameters={
            "invoice": row["invoice"],
            "amount_minor": owed.minor,
            "currency": owed.currency,
            "attempt": OCCASION,
        },
        evidence=Evidence(
            because=f"{owed} of invoice {row['invoice']} are due and were never tried",
            rule=f"issued_at + {due_days} days <= now, nothing came, no credit is left",
            facts={"issued_at": row["issued_at"], "method": row["method"] or "unknown"},
            counterfactual="nothing would be charged had a payment come, or a credit been left",
        ),
        worth=Worth(owed, owed, owed),
    )
