"""Which plan a customer is on."""

from psizero.core.tables import Column, Kind, Type

SUBSCRIPTION_STARTED = Kind(
    name="subscription.started",
    subject="customer",
    doc="A customer's subscription to a plan begins; the start is the anchor of its periods.",
    columns={
        "subscription": Column(Type.TEXT, "the subscription's own id"),
        "plan": Column(Type.TEXT, "a plan of the price book", references="price.set"),
        "quantity": Column(Type.INTEGER, "the base fee is paid for each", unit="seats", least=1),
    },
    defaults={"quantity": 1},
)
SUBSCRIPTION_ENDED = Kind(
    name="subscription.ended",
    subject="customer",
    doc="A subscription ends; the period that holds the end is its last to be billed.",
    columns={"subscription": Column(Type.TEXT, "the subscription's own id")},
)
KINDS = (SUBSCRIPTION_STARTED, SUBSCRIPTION_ENDED)
