"""What was spent to be found, by channel."""

from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import Column, Kind, Type

MARKETING_SPENT = Kind(
    name="marketing.spent",
    subject="channel",
    doc="A channel cost something in a period. It is no charge of a vendor: those come as such.",
    columns={
        "amount_minor": Column(Type.INTEGER, "what was spent", "minor units", least=0),
        "currency": Column(Type.TEXT, "ISO 4217 code", choices=tuple(CURRENCY_DIGITS)),
        "period_start": Column(Type.INSTANT, "first instant of the period"),
        "period_end": Column(Type.INSTANT, "first instant after it"),
        "impressions": Column(Type.INTEGER, "how often shown", "count", False, least=0),
        "clicks": Column(Type.INTEGER, "how often followed", "count", False, least=0),
    },
)
KINDS = (MARKETING_SPENT,)
