"""What a customer is to get back."""

from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import Column, Kind, Type

REASONS = ("billing error", "outage", "goodwill", "cancelled")
CREDIT_ASKED = Kind(
    name="credit.asked",
    subject="customer",
    doc="Somebody who may says that a part of an invoice is to be given back.",
    columns={
        "invoice": Column(Type.TEXT, "number of the invoice"),
        "amount_minor": Column(Type.INTEGER, "how much, tax included", "minor units", least=1),
        "currency": Column(Type.TEXT, "ISO 4217 code", choices=tuple(CURRENCY_DIGITS)),
        "reason": Column(Type.TEXT, "the occasion", choices=REASONS),
    },
)
CREDIT_GRANTED = Kind(
    name="credit.granted",
    subject="customer",
    doc="A customer gets a credit that later invoices use up: bought in advance, or as a gift.",
    columns={
        "amount_minor": Column(Type.INTEGER, "how much, tax included", "minor units", least=1),
        "currency": Column(Type.TEXT, "ISO 4217 code", choices=tuple(CURRENCY_DIGITS)),
        "priority": Column(Type.INTEGER, "the lowest is used first", least=0),
        "expires_at": Column(Type.INSTANT, "when what is left is lost; never", required=False),
        "paid": Column(
            Type.BOOLEAN, "whether the money for it came in, by no payment.succeeded of its own"
        ),
    },
    defaults={"priority": 0, "paid": True},
)
KINDS = (CREDIT_ASKED, CREDIT_GRANTED)
