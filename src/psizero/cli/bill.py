"""Invoices as people and programs read them."""

from datetime import datetime

import msgspec
import polars as pl

from psizero.cli.report import emit
from psizero.cli.show import Format, hint, say, text
from psizero.core.clock import iso
from psizero.core.money import CURRENCY_DIGITS, Money
from psizero.house.home import House
from psizero.house.rows import objects


def invoices(house: House, at: datetime | None, format: Format) -> None:
    """All invoices as JSON, or as a list with the last one in full."""
    frame = house.read("invoices", at)
    rows = [
        {
            "number": row["number"],
            "customer": row["subject"],
            "subscription": row["subscription"],
            "plan": row["plan"],
            "period_start": row["period_start"],
            "period_end": row["period_end"],
            "currency": row["currency"],
            "net": row["net_minor"],
            "tax": row["tax_minor"],
            "total": row["total_minor"],
            "correction": row["correction"],
            "billed_through": row["billed_through"],
            "issued_at": row["occurred_at"],
            "decision": row["cause"],
            "lines": row["lines"],
        }
        for row in objects(frame, ["lines"])
    ]
    if format == "json":
        emit(rows)
        return
    shown = frame.select(
        "number",
        pl.col("subject").alias("customer"),
        pl.col("period_start").dt.date().cast(pl.String),
        pl.col("period_end").dt.date().cast(pl.String),
        total=pl.struct("total_minor", "currency").map_elements(
            lambda one: str(Money(one["total_minor"], one["currency"])), return_dtype=pl.String
        ),
    )
    text(shown)
    sums = frame.group_by("currency").agg(pl.len(), pl.col("total_minor").sum()).sort("currency")
    for currency, count, sum_minor in sums.iter_rows():
        say(f"{count:,} invoices, {Money(sum_minor, currency)} in all")
    unpriced = house.read("unpriced_periods", at).height
    if unpriced:
        hint(f"{unpriced:,} finished periods have no price: psizero table unpriced_periods")
    if frame.height:
        say("")
        invoice(frame.row(-1, named=True))


def invoice(row: dict[str, object]) -> None:
    """One invoice as a person reads it."""
    currency = str(row["currency"])
    digits = CURRENCY_DIGITS[currency]
    say(f"Invoice {row['number']}  ·  {row['subject']}  ·  plan {row['plan']}")
    say(f"Period {_day(row['period_start'])} to {_day(row['period_end'])} (UTC, end excluded)")
    for line in msgspec.json.decode(str(row["lines"])):
        period = f" ({line['period_start'][:10]} to {line['period_end'][:10]})"
        described = line["description"] + (period if line["kind"] == "late_usage" else "")
        say(f"  {described:<58}{line['amount'] / 10**digits:>16,.{digits}f}")
        for step in line["steps"]:
            say(f"      {_step(step)}")
    for name in ("net", "tax", "total"):
        amount = row[f"{name}_minor"]
        if isinstance(amount, int) and (name != "tax" or amount):
            say(f"  {name:<58}{amount / 10**digits:>16,.{digits}f}")
    say(f"  in {currency}; usage known by {_instant(row['billed_through'])} is in it")


def _step(step: dict[str, str]) -> str:
    return f"{step['label']}: {step['units']} at {step['rate']} = {step['amount']}"


def _day(value: object) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else ""


def _instant(value: object) -> str:
    return iso(value) if isinstance(value, datetime) else ""
