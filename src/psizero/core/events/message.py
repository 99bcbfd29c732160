"""What became of messages that left the house."""

from psizero.core.tables import Column, Kind, Type

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
KINDS = (MESSAGE_DELIVERED, MESSAGE_BOUNCED)
