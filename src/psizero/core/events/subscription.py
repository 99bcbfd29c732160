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
        "version": Column(
            Type.INTEGER, "the price it stays on; else whatever is in force", required=False
        ),
        "trial_until": Column(
            Type.INSTANT, "until then nothing is billed; periods count from it", required=False
        ),
    },
    defaults={"quantity": 1},
)
SUBSCRIPTION_CHANGED = Kind(
    name="subscription.changed",
    subject="customer",
    doc="From now or from the next period on another plan, price or number of seats counts.",
    columns={
        "subscription": Column(Type.TEXT, "the subscription's own id"),
        "plan": Column(Type.TEXT, "the plan from then on; else as before", required=False),
        "version": Column(
            Type.INTEGER, "the price it stays on; else as before, or in force", required=False
        ),
        "quantity": Column(
            Type.INTEGER, "seats from then on; else as before", "seats", required=False, least=1
        ),
        "effective": Column(Type.TEXT, "when it counts", choices=("now", "period_end")),
    },
    defaults={"effective": "now"},
)
SUBSCRIPTION_ENDED = Kind(
    name="subscription.ended",
    subject="customer",
    doc="A subscription ends; the period that holds the end is its last to be billed.",
    columns={
        "subscription": Column(Type.TEXT, "the subscription's own id"),
        "effective": Column(
            Type.TEXT, "whether that period is billed whole or cut", choices=("period_end", "now")
        ),
    },
    defaults={"effective": "period_end"},
)
COUPON_GRANTED = Kind(
    name="coupon.granted",
    subject="customer",
    doc="A coupon for periods that begin from now on: a share of a bill, or an amount off it.",
    columns={
        "coupon": Column(Type.TEXT, "its name, as it stands on the invoice"),
        "subscription": Column(Type.TEXT, "the one it is for; empty: all the customer's"),
        "share": Column(Type.RATE, "share off each line, 0 to 1", required=False),
        "amount_minor": Column(
            Type.INTEGER, "amount off each bill", "minor units", required=False, least=1
        ),
        "currency": Column(Type.TEXT, "ISO 4217 code of the amount", required=False),
        "until": Column(Type.INSTANT, "periods begin before it", required=False),
    },
    defaults={"subscription": ""},
)
TAX_ASSIGNED = Kind(
    name="tax.assigned",
    subject="customer",
    doc="Which taxes a customer's invoices bear from now on, instead of the price's own.",
    columns={"rule": Column(Type.JSON, "taxes, inclusive, level, treatment, as a quote has it")},
)
KINDS = (
    SUBSCRIPTION_STARTED,
    SUBSCRIPTION_CHANGED,
    SUBSCRIPTION_ENDED,
    COUPON_GRANTED,
    TAX_ASSIGNED,
)
