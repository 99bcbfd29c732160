"""Invoices."""

from psizero.core.automation import Reversibility, Verb

INVOICE_ISSUE = Verb(
    name="invoice.issue",
    doc="Issue one immutable invoice with its journal entry.",
    parameters={
        "subscription": "the subscription billed",
        "period_start": "first instant of the period",
        "period_end": "first instant after the period",
        "currency": "ISO 4217 code",
        "net_minor": "sum of the lines, minor units",
        "tax_minor": "tax, minor units",
        "total_minor": "net and tax, minor units",
    },
    kinds=("invoice.issued", "journal.posted"),
    reversibility=Reversibility.BY_OTHERS,  # by a credit note that an accountant writes
    manual_task="add up the usage, apply the price, write and post the invoice",
    manual_minutes=12.0,
)
VERBS = (INVOICE_ISSUE,)
