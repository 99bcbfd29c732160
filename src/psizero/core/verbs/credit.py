"""What of an invoice is given back, and what is given up."""

from psizero.core.automation import Reversibility, Verb

CREDIT_ISSUE = Verb(
    name="credit.issue",
    doc="Issue one immutable credit note on an invoice with its journal entry; the sum is the "
    "customer's credit, used for what is owed first.",
    parameters={
        "ask": "source and id of what was asked for",
        "invoice": "number of the invoice",
        "currency": "ISO 4217 code",
        "net_minor": "without tax, minor units",
        "tax_minor": "tax, in proportion by line, minor units",
        "total_minor": "net and tax, minor units",
        "reason": "the occasion",
    },
    kinds=("credit.issued", "journal.posted"),
    reversibility=Reversibility.BY_OTHERS,  # by an invoice that an accountant writes
    manual_task="work out the tax of each line, write the credit note, and post it",
    manual_minutes=15.0,
)
DEBT_WRITE_OFF = Verb(
    name="debt.write_off",
    doc="Give an invoice up for uncollectible, with its journal entry.",
    parameters={
        "invoice": "number of the invoice",
        "currency": "ISO 4217 code",
        "amount_minor": "what is still owed, minor units",
    },
    kinds=("debt.written_off", "journal.posted"),
    reversibility=Reversibility.BY_OTHERS,  # by debt.restore, once money comes
    manual_task="go through what nobody has paid, decide, and post the bad debt",
    manual_minutes=10.0,
)
DEBT_RESTORE = Verb(
    name="debt.restore",
    doc="Owe again what was given up, as far as the customer has money with us by now.",
    parameters={
        "invoice": "number of the invoice",
        "currency": "ISO 4217 code",
        "amount_minor": "how much of it, minor units",
    },
    kinds=("debt.restored", "journal.posted"),
    reversibility=Reversibility.BY_OTHERS,  # by debt.write_off
    manual_task="notice that a lost debt was paid after all, and correct the books",
    manual_minutes=10.0,
)
GRANT_MOVE = Verb(
    name="grant.move",
    doc="Book a credit that was granted, draw from it for what is owed, or let it expire.",
    parameters={
        "grant_id": "source and id of the grant",
        "move": "booked, drawn or expired",
        "amount_minor": "how much of it, minor units",
        "currency": "ISO 4217 code",
    },
    kinds=("grant.moved", "journal.posted"),
    reversibility=Reversibility.BY_OTHERS,  # by another grant
    manual_task="keep a list of prepaid credits, use the right one first, and post it",
    manual_minutes=10.0,
)
VERBS = (CREDIT_ISSUE, DEBT_WRITE_OFF, DEBT_RESTORE, GRANT_MOVE)
