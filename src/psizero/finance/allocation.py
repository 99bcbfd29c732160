"""Which money settles which invoice: pure, in integer minor units, nothing created or lost."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

import msgspec
import polars as pl


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """So much of a payment (or of a credit: no payment) for an invoice (or kept: no invoice).

    `settles`: nothing of the invoice is owed then; `spends`: nothing of the payment is left.
    `owed_minor` is what was owed before. `occasion` tells several uses of one credit apart.
    """

    customer: str
    currency: str
    payment: str
    invoice: str
    amount_minor: int
    owed_minor: int
    at: datetime
    why: str
    settles: bool
    spends: bool
    occasion: str = ""


class Owed(msgspec.Struct):
    """An invoice and what is still owed of it."""

    invoice: str
    issued_at: datetime
    owed_minor: int


Account = tuple[str, str]
"""A customer and a currency: money of one currency never pays another's invoice."""


def allocated(
    payments: pl.DataFrame, credits: pl.DataFrame, receivables: pl.DataFrame
) -> Iterator[Part]:
    """Parts of all that waits, in the order in which it came; credits first."""
    owed = _owed(receivables)
    for row in credits.filter(pl.col("balance_minor") > 0).iter_rows(named=True):
        account = (row["customer"], row["currency"])
        left = int(row["balance_minor"])
        for one in owed[account]:
            part = min(left, one.owed_minor)
            if part:
                yield _part(account, one, part, one.issued_at, "a credit is used first")
                left -= part
    for row in payments.sort("received_at", "payment").iter_rows(named=True):
        yield from _of_payment(row, owed[row["customer"], row["currency"]])


def _owed(receivables: pl.DataFrame) -> dict[Account, list[Owed]]:
    """What each customer owes, the oldest invoice first."""
    found: dict[Account, list[Owed]] = defaultdict(list)
    for row in receivables.sort("issued_at", "invoice").iter_rows(named=True):
        open_minor = row["total_minor"] - row["applied_minor"]
        account = (row["customer"], row["currency"])
        found[account].append(Owed(row["invoice"], row["issued_at"], open_minor))
    return found


def _of_payment(row: dict[str, object], owed: list[Owed]) -> Iterator[Part]:
    account = (str(row["customer"]), str(row["currency"]))
    payment, named, at = str(row["payment"]), str(row["invoice"]), row["received_at"]
    left = int(str(row["amount_minor"])) - int(str(row["applied_minor"]))
    if not isinstance(at, datetime):
        return
    for one in sorted(owed, key=lambda one: one.invoice != named):
        part = min(left, one.owed_minor)
        if part:
            left -= part
            why = "it names it" if one.invoice == named else "the oldest that is owed"
            found = _part(account, one, part, at, why)
            yield msgspec.structs.replace(found, payment=payment, spends=left == 0, occasion="")
    if left:
        yield Part(
            customer=account[0],
            currency=account[1],
            payment=payment,
            invoice="",
            amount_minor=left,
            owed_minor=0,
            at=at,
            why="nothing more is owed",
            settles=False,
            spends=True,
        )


def _part(account: Account, one: Owed, amount_minor: int, at: datetime, why: str) -> Part:
    """A part for an invoice, which owes so much less afterwards."""
    before = one.owed_minor
    one.owed_minor -= amount_minor
    return Part(
        customer=account[0],
        currency=account[1],
        payment="",
        invoice=one.invoice,
        amount_minor=amount_minor,
        owed_minor=before,
        at=at,
        why=why,
        settles=one.owed_minor == 0,
        spends=False,
        occasion=f"at {before} owed",
    )
