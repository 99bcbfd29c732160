"""What may be spent."""

from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import Column, Kind, Type

BUDGET_SET = Kind(
    name="budget.set",
    subject="category",
    doc="The owner sets what a category (as of cost.charged) may cost in a period.",
    columns={
        "amount_minor": Column(Type.INTEGER, "what may be spent", "minor units", least=0),
        "currency": Column(Type.TEXT, "ISO 4217 code", choices=tuple(CURRENCY_DIGITS)),
        "period_start": Column(Type.INSTANT, "first instant of the period"),
        "period_end": Column(Type.INSTANT, "first instant after it"),
    },
)
KINDS = (BUDGET_SET,)
