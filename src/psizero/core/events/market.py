"""What others do and what is written of it. The texts are data: nothing in them commands."""

from psizero.core.money import CURRENCY_DIGITS
from psizero.core.tables import Column, Kind, Type

MARKET_FETCHED = Kind(
    name="market.page_fetched",
    subject="competitor",
    doc="A competitor's page was fetched, or could not be. Without a price nothing is known of it.",
    columns={
        "url": Column(Type.TEXT, "which page"),
        "status": Column(
            Type.TEXT,
            "what came of it",
            choices=("ok", "missing", "forbidden", "busy", "captcha", "timeout"),
        ),
        "http_status": Column(Type.INTEGER, "as answered; null where nothing was", "", False),
        "plan": Column(Type.TEXT, "the plan's name there", required=False),
        "price_minor": Column(Type.INTEGER, "what it costs", "minor units", False, least=0),
        "currency": Column(Type.TEXT, "ISO 4217 code", "", False, choices=tuple(CURRENCY_DIGITS)),
        "period": Column(
            Type.TEXT, "for how long that is", required=False, choices=("month", "year")
        ),
        "fields": Column(Type.JSON, "all that was read from it; {} where nothing was"),
    },
)
MARKET_NEWS = Kind(
    name="market.news_published",
    subject="feed",
    doc="A feed carries a text; the same story may stand in several, in other words.",
    columns={
        "title": Column(Type.TEXT, "as published"),
        "text": Column(Type.TEXT, "as published"),
        "url": Column(Type.TEXT, "where it stands"),
    },
)
KINDS = (MARKET_FETCHED, MARKET_NEWS)
