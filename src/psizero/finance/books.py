"""Double entry: what an invoice does to the ledger accounts."""

from collections.abc import Mapping, Sequence

from psizero.core.clock import iso
from psizero.finance.rating import Line

RECEIVABLE = "receivable"
TAX_PAYABLE = "tax_payable"
REVENUE = {
    "base": "revenue:subscription",
    "minimum": "revenue:subscription",
    "usage": "revenue:usage",
    "late_usage": "revenue:usage",
}


def invoice_entry(invoice: Mapping[str, object], lines: Sequence[Line]) -> list[dict[str, object]]:
    """Debit receivable with the total; credit revenue by account, and the tax owed.

    Amounts are integer minor units, debit positive; they sum to zero. Zero sides are left out.
    """
    sides: dict[str, int] = {RECEIVABLE: 0}
    for line in lines:
        sides[REVENUE[line.kind]] = sides.get(REVENUE[line.kind], 0) - line.amount_minor
        sides[TAX_PAYABLE] = sides.get(TAX_PAYABLE, 0) - line.tax_minor
        sides[RECEIVABLE] += line.amount_minor + line.tax_minor
    start = invoice["period_start"]
    entry = f"invoice {invoice['subscription']} {iso(start)}"
    return [
        {
            "subject": invoice["subject"],
            "entry": entry,
            "account": account,
            "amount_minor": amount,
            "currency": invoice["currency"],
            "booked_for": invoice["period_end"],
        }
        for account, amount in sides.items()
        if amount
    ]
