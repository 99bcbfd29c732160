"""Prepaid credits: which is drawn from for what is owed, and what is lost when one expires."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

import polars as pl

from psizero.core.money import Money
from psizero.core.records import Decision, Evidence, Worth
from psizero.core.tables import Facts
from psizero.finance.books import moved

Row = Mapping[str, object]
Account = tuple[str, str]
_ACCOUNT = ["customer", "currency"]
_ORDER = ["priority", "expires_at", "granted_at", "grant_id"]


def uncovered(facts: Facts) -> dict[Account, int]:
    """What each customer owes beyond its credit and the payments that are about to be used."""
    owed: dict[Account, int] = defaultdict(int)
    for name, column, sign in (
        ("receivables", pl.col("total_minor") - pl.col("applied_minor"), 1),
        ("credits", pl.col("balance_minor"), -1),
        ("payments_waiting", pl.col("amount_minor") - pl.col("applied_minor"), -1),
    ):
        sums = facts[name].group_by(_ACCOUNT).agg(column.sum().alias("minor"))
        for customer, currency, minor in sums.select(*_ACCOUNT, "minor").iter_rows():
            owed[customer, currency] += sign * minor
    return owed


def drawn(grants: pl.DataFrame, owed: dict[Account, int], now: datetime) -> Iterator[Decision]:
    """By priority, then what expires first; never more than is left, nor than is owed."""
    valid = grants.filter(pl.col("expires_at").is_null() | (pl.col("expires_at") > now))
    for row in valid.sort(_ORDER, nulls_last=True).iter_rows(named=True):
        account = (row["customer"], row["currency"])
        part = min(row["left_minor"], owed.get(account, 0))
        if part > 0:
            owed[account] -= part
            why = f"{Money(part, row['currency'])} of a credit for what is owed"
            yield grant_move(row, "drawn", part, why, now)


def grant_move(row: Row, move: str, minor: int, why: str, now: datetime) -> Decision:
    """One thing that becomes of a granted credit, with its entry."""
    grant_id, currency, left = (
        str(row["grant_id"]),
        str(row["currency"]),
        int(str(row["left_minor"])),
    )
    subject, money = str(row["customer"]), Money(minor, currency)
    said: dict[str, object] = {"grant_id": grant_id, "move": move, "amount_minor": minor}
    said["currency"] = currency
    entry = {"subject": subject, "currency": currency, "booked_for": now}
    entry["entry"] = f"credit {grant_id} {move} at {left} left"
    sides = moved(move, bool(row["paid"]), minor)
    return Decision(
        verb="grant.move",
        subject=subject,
        episode=f"{grant_id} {move} at {left} left",
        parameters=said,
        evidence=Evidence(
            because=why,
            rule="the lowest priority first, then what expires first; what has expired is lost",
            facts={name: row[name] for name in ("left_minor", "priority", "expires_at", "paid")},
            counterfactual="nothing would be drawn if nothing were owed, nor lost before its day",
        ),
        worth=Worth(money, money, money),
        rows={
            "grant.moved": [
                {"subject": subject, **said, "closes": move != "booked" and minor == left}
            ],
            "journal.posted": [
                {**entry, "account": account, "amount_minor": amount}
                for account, amount in sides.items()
            ],
        },
    )
