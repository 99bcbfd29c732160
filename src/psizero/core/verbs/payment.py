"""Money that is asked of a customer's means of payment, and what is done with what came."""

from psizero.core.automation import Reversibility, Verb

PAYMENT_CHARGE = Verb(
    name="payment.charge",
    doc="Try once to collect an invoice from the means of payment that the customer left.",
    parameters={
        "invoice": "number of the invoice",
        "amount_minor": "what is still owed, minor units",
        "currency": "ISO 4217 code",
        "attempt": "which try of ours it is",
    },
    channel="charge",
    reversibility=Reversibility.BY_OTHERS,  # by a refund
    manual_task="look up the failed payment and run the card again",
    manual_minutes=4.0,
)
PAYMENT_APPLY = Verb(
    name="payment.apply",
    doc="Use money that came, or a credit, to settle an invoice, with its journal entry.",
    parameters={
        "payment": "the payment; empty where a credit is used",
        "invoice": "number of the invoice; empty where it is kept as a credit",
        "amount_minor": "how much of it, minor units",
        "currency": "ISO 4217 code",
    },
    kinds=("payment.applied", "journal.posted"),
    reversibility=Reversibility.BY_OTHERS,  # by an entry the other way
    manual_task="find the invoice that a payment is for and mark it paid in the books",
    manual_minutes=5.0,
)
VERBS = (PAYMENT_CHARGE, PAYMENT_APPLY)
