"""Who looked at the company's pages and its documentation."""

from decimal import Decimal

from psizero.core.tables import Column, Kind, RollUp, Type

PAGE_GROUPS = ("home", "product", "pricing", "blog", "documentation", "tutorial", "signup")
PAGE_VIEWED = Kind(
    name="page.viewed",
    subject="visitor",
    doc="Pages were viewed by a lead, a customer, or somebody unknown (anonymous).",
    columns={
        "page_group": Column(Type.TEXT, "which part of the site", choices=PAGE_GROUPS),
        "channel": Column(Type.TEXT, "what brought the visit, as the tracking tells it"),
        "quantity": Column(Type.QUANTITY, "how many views", unit="views", least=0),
    },
    defaults={"quantity": Decimal(1), "channel": "direct"},
    metered=RollUp(by=("page_group", "channel"), quantity="quantity", late_days_max=35),
)
KINDS = (PAGE_VIEWED,)
