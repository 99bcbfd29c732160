"""What the company is charged, by the names of FOCUS 1.2."""

from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import Column, Kind, Type

CATEGORIES = ("infrastructure", "personnel", "marketing", "operations")
COST_CHARGED = Kind(
    name="cost.charged",
    subject="vendor",
    doc="A vendor charges for a period. Invoices sum billed_minor, use sums effective_minor.",
    columns={
        "service": Column(Type.TEXT, "ServiceName: what is charged for"),
        "charge_category": Column(
            Type.TEXT,
            "ChargeCategory",
            choices=("Usage", "Purchase", "Tax", "Credit", "Adjustment"),
        ),
        "billed_minor": Column(Type.INTEGER, "BilledCost; below 0 is a credit", "minor units"),
        "effective_minor": Column(
            Type.INTEGER, "EffectiveCost: what was paid ahead is spread over its use", "minor units"
        ),
        "currency": Column(Type.TEXT, "BillingCurrency, ISO 4217", choices=tuple(CURRENCY_DIGITS)),
        "pricing_currency": Column(
            Type.TEXT,
            "PricingCurrency, where it is another one",
            "",
            False,
        ),
        "charge_period_start": Column(Type.INSTANT, "ChargePeriodStart, inclusive"),
        "charge_period_end": Column(Type.INSTANT, "ChargePeriodEnd, exclusive"),
        "consumed": Column(
            Type.QUANTITY, "ConsumedQuantity", "of the vendor's own unit", False, least=0
        ),
        "category": Column(
            Type.TEXT, "the budget that it counts for", required=False, choices=CATEGORIES
        ),
    },
)
KINDS = (COST_CHARGED,)
