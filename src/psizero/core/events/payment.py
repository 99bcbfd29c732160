"""What customers paid, and what failed."""

from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import Column, Kind, Personal, Type

PAYMENT_SUCCEEDED = Kind(
    name="payment.succeeded",
    subject="customer",
    doc="Money arrived.",
    columns={
        "amount_minor": Column(Type.INTEGER, "what was paid", "minor units", least=0),
        "currency": Column(Type.TEXT, "ISO 4217 code", choices=tuple(CURRENCY_DIGITS)),
        "invoice": Column(Type.TEXT, "the invoice it pays", required=False),
    },
)
PAYMENT_FAILED = Kind(
    name="payment.failed",
    subject="customer",
    doc="An attempt to collect money failed.",
    columns={
        "amount_minor": Column(Type.INTEGER, "what was tried", "minor units", least=0),
        "currency": Column(Type.TEXT, "ISO 4217 code", choices=tuple(CURRENCY_DIGITS)),
        "invoice": Column(Type.TEXT, "the invoice it was for", required=False),
        "decline_code": Column(Type.TEXT, "the gateway's code, as given", required=False),
    },
)
PAYMENT_METHOD_UPDATED = Kind(
    name="payment.method_updated",
    subject="customer",
    doc="A customer gave a new card or account, or confirmed the one there is.",
    columns={
        "method": Column(Type.TEXT, "card, debit or transfer", required=False),
        "expires_at": Column(Type.INSTANT, "when it ends, where it does", required=False),
    },
)
PAYER_LINKED = Kind(
    name="payer.linked",
    subject="customer",
    doc="A payment gateway knows the customer by an id of its own; the last one holds.",
    columns={
        "gateway": Column(Type.TEXT, "the connector that charges there, such as stripe"),
        "account": Column(Type.TEXT, "the customer's id there", personal=Personal("service")),
    },
)
KINDS = (PAYMENT_SUCCEEDED, PAYMENT_FAILED, PAYMENT_METHOD_UPDATED, PAYER_LINKED)
