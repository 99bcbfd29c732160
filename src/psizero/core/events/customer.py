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
KINDS = (CUSTOMER_CREATED,)
