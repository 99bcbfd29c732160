"""Invoices as the product prints them, in the shape of the second calculation."""

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.house.flights import objects
from tests.house.second_calculation import Invoice, Line


def issued(home: Path) -> list[dict[str, Any]]:
    """`psizero invoices --format json`."""
    return objects("invoices", "--home", home)


def as_calculated(invoice: dict[str, Any]) -> Invoice:
    """One of `issued`, without number and sums."""
    return Invoice(
        customer=invoice["customer"],
        plan=invoice["plan"],
        currency=invoice["currency"],
        period_start=instant(invoice["period_start"]),
        period_end=instant(invoice["period_end"]),
        issued_at=instant(invoice["issued_at"]),
        correction=invoice["correction"],
        lines=tuple(_line(line) for line in invoice["lines"]),
    )


def _line(line: dict[str, Any]) -> Line:
    return Line(
        kind=line["kind"],
        period_start=instant(line["period_start"]),
        period_end=instant(line["period_end"]),
        meter=line["meter"],
        quantity=Fraction(line["quantity"] or 0),
        precise=Fraction(line["precise"]),
        amount=line["amount"],
        tax=line["tax"],
    )


def instant(text: str) -> datetime:
    """Naive UTC of an instant in an output."""
    assert text.endswith("Z")
    return datetime.fromisoformat(text).replace(tzinfo=None)
