"""When customers asked for support, and when they had their answer."""

from psizero.core.tables import Column, Kind, Type

TICKET_OPENED = Kind(
    name="ticket.opened",
    subject="customer",
    doc="A customer asks for support, or asks again about what was closed.",
    columns={
        "ticket": Column(Type.TEXT, "the ticket's own id"),
        "topic": Column(Type.TEXT, "the owner's own grouping", required=False),
    },
)
TICKET_CLOSED = Kind(
    name="ticket.closed",
    subject="customer",
    doc="A request for support is settled.",
    columns={"ticket": Column(Type.TEXT, "the ticket's own id")},
)
KINDS = (TICKET_OPENED, TICKET_CLOSED)
