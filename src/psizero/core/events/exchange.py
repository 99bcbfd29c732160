"""What other currencies are worth."""

from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import Column, Kind, Type

EXCHANGE_QUOTED = Kind(
    name="exchange.quoted",
    subject="currency",
    doc="A reference rate of a currency, as a central bank publishes one a day.",
    columns={
        "quote": Column(
            Type.TEXT, "the currency in which it is told", choices=tuple(CURRENCY_DIGITS)
        ),
        "rate": Column(Type.RATE, "what one of it is worth", "of the quote's major unit"),
    },
)
KINDS = (EXCHANGE_QUOTED,)
