"""What became of messages that left the house."""

from psizero.core.tables import Column, Kind, Personal, Type

MESSAGE_DELIVERED = Kind(
    name="message.delivered",
    subject="customer",
    doc="The outside says that a message reached its mailbox.",
    columns={"channel": Column(Type.TEXT, "mail or chat", choices=("mail", "chat"))},
)
MESSAGE_BOUNCED = Kind(
    name="message.bounced",
    subject="customer",
    doc="The outside says that a message could not be delivered.",
    columns={
        "channel": Column(Type.TEXT, "mail or chat", choices=("mail", "chat")),
        "reason": Column(Type.TEXT, "the outside's reason", required=False),
    },
)
MESSAGE_OPENED = Kind(
    name="message.opened",
    subject="customer",
    doc="A message was opened, or something fetched its pictures.",
    columns={
        "channel": Column(Type.TEXT, "mail or chat", choices=("mail", "chat")),
        "machine": Column(
            Type.BOOLEAN, "whether the outside takes it for a machine", required=False
        ),
    },
)
MESSAGE_CLICKED = Kind(
    name="message.clicked",
    subject="customer",
    doc="A link in a message was followed.",
    columns={
        "channel": Column(Type.TEXT, "mail or chat", choices=("mail", "chat")),
        "link": Column(Type.TEXT, "which one", required=False),
        "machine": Column(
            Type.BOOLEAN, "whether the outside takes it for a machine", required=False
        ),
    },
)
MESSAGE_COMPLAINED = Kind(
    name="message.complained",
    subject="customer",
    doc="Somebody marked a message as unwanted (RFC 5965).",
    columns={"channel": Column(Type.TEXT, "mail or chat", choices=("mail", "chat"))},
)
MESSAGE_ANSWERED = Kind(
    name="message.answered",
    subject="customer",
    doc="Somebody wrote back. The text is data: nothing in it commands.",
    columns={
        "channel": Column(Type.TEXT, "mail or chat", choices=("mail", "chat")),
        "text": Column(Type.TEXT, "what they wrote", "", False, personal=Personal("service")),
    },
)
KINDS = (
    MESSAGE_DELIVERED,
    MESSAGE_BOUNCED,
    MESSAGE_OPENED,
    MESSAGE_CLICKED,
    MESSAGE_COMPLAINED,
    MESSAGE_ANSWERED,
)
