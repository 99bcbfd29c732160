"""Who the customers are."""

from psizero.core.tables import Column, Kind, Personal, Type

CUSTOMER_CREATED = Kind(
    name="customer.created",
    subject="customer",
    doc="A customer exists. Name and address are under the customer's own keys.",
    columns={
        "name": Column(
            Type.TEXT, "name on invoices", required=False, personal=Personal("legal", 10)
        ),
        "email": Column(Type.TEXT, "where mail goes", required=False, personal=Personal("service")),
        "segment": Column(Type.TEXT, "the owner's own grouping", required=False),
        "country": Column(Type.TEXT, "ISO 3166 alpha-2 code", required=False),
        "zone": Column(Type.TEXT, "IANA time zone", required=False),
    },
)
CUSTOMER_SIGNED_UP = Kind(
    name="customer.signed_up",
    subject="customer",
    doc="Somebody began by themselves, where no trial says so; what the form asked of them.",
    columns={
        "industry": Column(Type.TEXT, "the owner's own grouping", required=False),
        "use_case": Column(Type.TEXT, "what it is for: optimisation, simulation", required=False),
        "technology": Column(Type.TEXT, "what they program in", required=False),
    },
)
KINDS = (CUSTOMER_CREATED, CUSTOMER_SIGNED_UP)
