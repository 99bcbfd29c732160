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
KINDS = (CREDIT_ASKED,)
