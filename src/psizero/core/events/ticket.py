"""When customers asked for support, what was said, and what they thought of it."""

from psizero.core.tables import Column, Kind, Personal, Type

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
# The first answer is the first of direction out; its author tells a person's from a machine's,
# so that no kind of its own is needed for it. Its language is not said: it has to be found out.
TICKET_SAID = Kind(
    name="ticket.said",
    subject="customer",
    doc="One message of a request for support, in or out, as the helpdesk or the mailbox has it.",
    columns={
        "ticket": Column(Type.TEXT, "the ticket's own id"),
        "author": Column(
            Type.TEXT,
            "who wrote it; machine: a mailbox or program of the customer's, not a person",
            choices=("customer", "staff", "autopilot", "machine"),
        ),
        "direction": Column(Type.TEXT, "to us or from us", choices=("in", "out")),
        "subject_line": Column(
            Type.TEXT, "the subject as written, may be empty", personal=Personal("service")
        ),
        "text": Column(
            Type.TEXT, "the plain text as written, may be empty", personal=Personal("service")
        ),
        "message_id": Column(Type.TEXT, "RFC 5322 Message-ID, with its brackets"),
        "in_reply_to": Column(Type.TEXT, "the Message-ID that it answers", required=False),
        "headers": Column(
            Type.JSON,
            "a flat JSON object of further headers, e.g. Auto-Submitted; none that names a person",
        ),
    },
    defaults={"headers": "{}"},
)
TICKET_RATED = Kind(
    name="ticket.rated",
    subject="customer",
    doc="A customer says how satisfied it was with the support it had.",
    columns={
        "ticket": Column(Type.TEXT, "the ticket's own id"),
        "score": Column(Type.INTEGER, "1 (bad) to 5 (good)", unit="points", least=1),
    },
)
KINDS = (TICKET_OPENED, TICKET_CLOSED, TICKET_SAID, TICKET_RATED)
