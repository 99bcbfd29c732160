"""Double entry: what invoices, payments and earned revenue do to the ledger accounts."""

from collections.abc import Sequence

from psizero.finance.rating import Line

RECEIVABLE = "receivable"
CASH = "cash"
CUSTOMER_CREDIT = "customer_credit"
PREPAID = "prepaid_credit"
BREAKAGE = "revenue:breakage"
GIFTS = "revenue:promotion"
TAX_PAYABLE = "tax_payable"
BAD_DEBT = "expense:bad_debt"
_SORTS = {"base": "subscription", "minimum": "subscription", "usage": "usage"}
_SORTS |= {"late_usage": "usage"}
CONTRACT = {kind: f"contract:{sort}" for kind, sort in _SORTS.items()}
"""What is invoiced and not earned yet, or, where debit, earned and not invoiced yet."""
EARNED = {kind: f"revenue:{sort}" for kind, sort in _SORTS.items()}


def sides(lines: Sequence[Line]) -> dict[str, int]:
    """Debit receivable with the total; credit the contract by account, and the tax owed.

    An invoice earns nothing: what is served does, day by day, and the close of the month posts it.
    Amounts by account in integer minor units, debit positive; they sum to zero. Sides of zero
    are left out.
    """
    amounts = {RECEIVABLE: 0}
    for line in lines:
        contract = CONTRACT[line.kind]
        amounts[contract] = amounts.get(contract, 0) - line.amount_minor
        amounts[TAX_PAYABLE] = amounts.get(TAX_PAYABLE, 0) - line.tax_minor
        amounts[RECEIVABLE] += line.amount_minor + line.tax_minor
    return {account: amount for account, amount in amounts.items() if amount}


def received(amount_minor: int, from_credit: bool, to_credit: bool) -> dict[str, int]:
    """Money used: debit cash or the customer's credit, credit the receivable or the credit."""
    debit = CUSTOMER_CREDIT if from_credit else CASH
    return {debit: amount_minor, CUSTOMER_CREDIT if to_credit else RECEIVABLE: -amount_minor}


def recognised(account: str, amount_minor: int) -> dict[str, int]:
    """Revenue earned: debit the contract, credit the revenue account."""
    return {account.replace("revenue:", "contract:"): amount_minor, account: -amount_minor}


def given_back(parts: Sequence[tuple[str, int, int]]) -> dict[str, int]:
    """A credit note: debit contract and tax owed, credit the customer's credit.

    `parts`: kind of line, net and tax, minor units. It lowers revenue when the close recognises it.
    """
    amounts = {CUSTOMER_CREDIT: 0}
    for kind, net_minor, tax_minor in parts:
        amounts[CONTRACT[kind]] = amounts.get(CONTRACT[kind], 0) + net_minor
        amounts[TAX_PAYABLE] = amounts.get(TAX_PAYABLE, 0) + tax_minor
        amounts[CUSTOMER_CREDIT] -= net_minor + tax_minor
    return {account: amount for account, amount in amounts.items() if amount}


def moved(move: str, paid: bool, amount_minor: int) -> dict[str, int]:
    """A granted credit: owed to the customer once it is paid for, earned where it expires unused.

    A gift is nothing until it is drawn, and lowers revenue then.
    """
    if move == "drawn":
        return {PREPAID if paid else GIFTS: amount_minor, CUSTOMER_CREDIT: -amount_minor}
    if not paid:
        return {}
    if move == "booked":
        return {CASH: amount_minor, PREPAID: -amount_minor}
    return {PREPAID: amount_minor, BREAKAGE: -amount_minor}


def given_up(amount_minor: int) -> dict[str, int]:
    """Bad debt: debit the expense, credit the receivable; below zero it comes back.

    Not paying is an expense, no lower revenue; what tax a state gives back is an accountant's.
    """
    return {BAD_DEBT: amount_minor, RECEIVABLE: -amount_minor}
