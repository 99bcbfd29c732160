"""Kinds that only finance emits."""

from psizero.core.tables import Column, Kind, Type

INVOICE_ISSUED = Kind(
    name="invoice.issued",
    subject="customer",
    ours=True,
    doc="An immutable invoice with its lines.",
    columns={
        "number": Column(Type.INTEGER, "gapless, counted at the commit"),
        "subscription": Column(Type.TEXT, "the subscription billed"),
        "plan": Column(Type.TEXT, "its plan"),
        "price_version": Column(Type.INTEGER, "version of the plan's price at period_start"),
        "currency": Column(Type.TEXT, "ISO 4217 code"),
        "period_start": Column(Type.INSTANT, "first instant of the period"),
        "period_end": Column(Type.INSTANT, "first instant after the period"),
        "net_minor": Column(Type.INTEGER, "sum of the lines", "minor units"),
        "tax_minor": Column(Type.INTEGER, "tax", "minor units"),
        "total_minor": Column(Type.INTEGER, "net and tax", "minor units"),
        "late_minor": Column(Type.INTEGER, "late usage of earlier periods in it", "minor units"),
        "lines": Column(Type.JSON, "the lines, as rated"),
        "billed_through": Column(
            Type.INSTANT, "usage recorded before it is on this invoice or an earlier one"
        ),
        "correction": Column(Type.BOOLEAN, "only late usage, after the last period"),
        "term": Column(
            Type.TEXT, "JSON: its commitment's plan, periods and spend so far", required=False
        ),
    },
    unique=("subject", "subscription", "period_start"),
    sequence=("period_end", "subject"),
)
JOURNAL_POSTED = Kind(
    name="journal.posted",
    subject="customer, or the legal entity",
    ours=True,
    doc="One side of a double entry; the sides of an entry sum to zero.",
    columns={
        "entry": Column(Type.TEXT, "what is booked, e.g. the invoice's subscription and period"),
        "account": Column(Type.TEXT, "the ledger account"),
        "amount_minor": Column(Type.INTEGER, "debit positive, credit negative", "minor units"),
        "currency": Column(Type.TEXT, "ISO 4217 code"),
        "booked_for": Column(Type.INSTANT, "end of the period that it belongs to"),
    },
    balanced=("entry", "currency"),
)
PAYMENT_APPLIED = Kind(
    name="payment.applied",
    subject="customer",
    ours=True,
    doc="A part of a payment or of a credit that settles an invoice, or is kept as a credit.",
    columns={
        "payment": Column(Type.TEXT, "source and id of the payment; empty: it was a credit"),
        "invoice": Column(Type.TEXT, "number of the invoice; empty: it is kept as a credit"),
        "amount_minor": Column(Type.INTEGER, "how much of it", "minor units", least=0),
        "currency": Column(Type.TEXT, "ISO 4217 code"),
        "settles": Column(Type.BOOLEAN, "whether nothing of the invoice is owed any more"),
        "spends": Column(Type.BOOLEAN, "whether nothing of the payment is left"),
    },
)
ENTITLEMENT_CHANGED = Kind(
    name="entitlement.changed",
    subject="customer",
    ours=True,
    doc="How much of its rate limit a customer may use from now on.",
    columns={
        "limit_percent": Column(Type.INTEGER, "share of the plan's rate limit", "percent"),
        "read_only": Column(Type.BOOLEAN, "whether nothing may be changed any more"),
        "why": Column(Type.TEXT, "the occasion"),
    },
)
MONTH_CLOSED = Kind(
    name="month.closed",
    subject="legal entity",
    ours=True,
    doc="A month's revenue is posted; what changes in it later goes to a later month.",
    columns={
        "month": Column(Type.TEXT, "the UTC month, such as 2026-10"),
        "month_start": Column(Type.INSTANT, "its first instant"),
        "month_end": Column(Type.INSTANT, "the first instant after it"),
        "sums": Column(Type.JSON, "revenue by the month it belongs to, account and currency"),
    },
    unique=("subject", "month"),
)
CREDIT_ISSUED = Kind(
    name="credit.issued",
    subject="customer",
    ours=True,
    doc="An immutable credit note on one invoice, with a part of its lines.",
    columns={
        "number": Column(Type.INTEGER, "gapless, counted at the commit, apart from invoices"),
        "ask": Column(Type.TEXT, "source and id of what was asked for"),
        "invoice": Column(Type.TEXT, "number of the invoice"),
        "subscription": Column(Type.TEXT, "the subscription that was billed"),
        "plan": Column(Type.TEXT, "its plan"),
        "currency": Column(Type.TEXT, "ISO 4217 code"),
        "net_minor": Column(Type.INTEGER, "without tax", "minor units"),
        "tax_minor": Column(Type.INTEGER, "tax", "minor units"),
        "total_minor": Column(Type.INTEGER, "net and tax", "minor units"),
        "reason": Column(Type.TEXT, "the occasion"),
        "lines": Column(Type.JSON, "how much of which line of the invoice"),
    },
    unique=("ask",),
    sequence=("ask",),
)
_DEBT = {
    "invoice": Column(Type.TEXT, "number of the invoice"),
    "subscription": Column(Type.TEXT, "the subscription that was billed"),
    "currency": Column(Type.TEXT, "ISO 4217 code"),
    "amount_minor": Column(Type.INTEGER, "how much of it", "minor units", least=1),
}
DEBT_WRITTEN_OFF = Kind(
    name="debt.written_off",
    subject="customer",
    ours=True,
    doc="All that is still owed of an invoice is given up.",
    columns=_DEBT,
)
DEBT_RESTORED = Kind(
    name="debt.restored",
    subject="customer",
    ours=True,
    doc="A part of what was given up is owed again, since there is money for it.",
    columns={**_DEBT, "recovers": Column(Type.BOOLEAN, "whether nothing is given up any more")},
)
USAGE_THRESHOLD_REACHED = Kind(
    name="usage.threshold_reached",
    subject="customer",
    ours=True,
    doc="A customer has used so much of the units that a running period includes.",
    columns={
        "subscription": Column(Type.TEXT, "whose period it is"),
        "meter": Column(Type.TEXT, "what was used"),
        "percent": Column(Type.INTEGER, "of the included units, reached", "percent"),
        "included": Column(Type.QUANTITY, "units that the period includes", "of the meter"),
        "quantity": Column(Type.QUANTITY, "used when it was noted", "of the meter"),
        "period_start": Column(Type.INSTANT, "first instant of the period"),
        "period_end": Column(Type.INSTANT, "first instant after it"),
    },
)
GRANT_MOVED = Kind(
    name="grant.moved",
    subject="customer",
    ours=True,
    doc="A granted credit is booked, drawn from for what is owed, or has expired.",
    columns={
        "grant_id": Column(Type.TEXT, "source and id of the grant"),
        "move": Column(Type.TEXT, "what becomes of it", choices=("booked", "drawn", "expired")),
        "amount_minor": Column(Type.INTEGER, "how much of it", "minor units", least=1),
        "currency": Column(Type.TEXT, "ISO 4217 code"),
        "closes": Column(Type.BOOLEAN, "whether nothing of it is left"),
    },
)
KINDS = (
    INVOICE_ISSUED,
    JOURNAL_POSTED,
    PAYMENT_APPLIED,
    ENTITLEMENT_CHANGED,
    MONTH_CLOSED,
    CREDIT_ISSUED,
    DEBT_WRITTEN_OFF,
    DEBT_RESTORED,
    USAGE_THRESHOLD_REACHED,
    GRANT_MOVED,
)
