"""Double entry: what an invoice does to the ledger accounts."""

from collections.abc import Sequence

from psizero.finance.rating import Line

RECEIVABLE = "receivable"
CASH = "cash"
CUSTOMER_CREDIT = "customer_credit"
TAX_PAYABLE = "tax_payable"
REVENUE = {
    "base": "revenue:subscription",
    "minimum": "revenue:subscription",
    "usage": "revenue:usage",
    "late_usage": "revenue:usage",
}


def sides(lines: Sequence[Line]) -> dict[str, int]:
    """Debit receivable with the total; credit revenue by account, and the tax owed.

    Amounts by account in integer minor units, debit positive; they sum to zero. Sides of zero
    are left out.
    """
    amounts = {RECEIVABLE: 0}
    for line in lines:
        revenue = REVENUE[line.kind]
        amounts[revenue] = amounts.get(revenue, 0) - line.amount_minor
        amounts[TAX_PAYABLE] = amounts.get(TAX_PAYABLE, 0) - line.tax_minor
        amounts[RECEIVABLE] += line.amount_minor + line.tax_minor
    return {account: amount for account, amount in amounts.items() if amount}


def received(amount_minor: int, from_credit: bool, to_credit: bool) -> dict[str, int]:
    """Money used: debit cash or the customer's credit, credit the receivable or the credit."""
    debit = CUSTOMER_CREDIT if from_credit else CASH
    return {debit: amount_minor, CUSTOMER_CREDIT if to_credit else RECEIVABLE: -amount_minor}
