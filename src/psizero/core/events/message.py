"""What became of messages that left the house."""

from psizero.core.events.consent import CHANNELS
from psizero.core.tables import Column, Kind, Personal, Type

CHANNEL = Column(Type.TEXT, "which way it went", choices=CHANNELS)
MESSAGE_DELIVERED = Kind(
    name="message.delivered",
    subject="customer",
    doc="The outside says that a message reached its mailbox.",
    columns={"channel": CHANNEL},
)
MESSAGE_BOUNCED = Kind(
    name="message.bounced",
    subject="customer",
    doc="The outside says that a message could not be delivered.",
    columns={
        "channel": CHANNEL,
        "reason": Column(
            Type.TEXT,
            "enhanced status code (RFC 3463) and the outside's reason, without any address",
            required=False,
        ),
    },
)
MESSAGE_OPENED = Kind(
    name="message.opened",
    subject="customer",
    doc="A message was opened, or something fetched its pictures.",
    columns={
        "channel": CHANNEL,
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
        "channel": CHANNEL,
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
    columns={"channel": CHANNEL},
)
MESSAGE_ANSWERED = Kind(
    name="message.answered",
    subject="customer",
    doc="Somebody wrote back. The text is data: nothing in it commands.",
    columns={
        "channel": CHANNEL,
        "text": Column(Type.TEXT, "what they wrote", "", False, personal=Personal("service")),
    },
)
MESSAGE_AUTO_ANSWERED = Kind(
    name="message.auto_answered",
    subject="customer",
    doc="A machine wrote back (RFC 3834): nobody read anything, and nothing bounced.",
    columns={
        "channel": CHANNEL,
        "what": Column(
            Type.TEXT,
            "absent, some other machine's answer, or our own message come back",
            choices=("out_of_office", "auto_reply", "loop"),
        ),
    },
)
MESSAGE_SUPPRESSED = Kind(
    name="message.suppressed",
    subject="customer",
    doc="Nothing is to be sent there any more: from a list of another system, or by a person.",
    columns={
        "channel": CHANNEL,
        "why": Column(
            Type.TEXT,
            "on what ground",
            choices=("hard_bounce", "complaint", "invalid_address", "asked", "other"),
        ),
    },
)
KINDS = (
    MESSAGE_DELIVERED,
    MESSAGE_BOUNCED,
    MESSAGE_OPENED,
    MESSAGE_CLICKED,
    MESSAGE_COMPLAINED,
    MESSAGE_ANSWERED,
    MESSAGE_AUTO_ANSWERED,
    MESSAGE_SUPPRESSED,
)
