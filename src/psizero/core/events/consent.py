"""What people agreed to hear from us, and what they took back."""

from psizero.core.tables import Column, Kind, Personal, Type

CHANNELS = ("mail", "sms", "phone", "chat")
CONSENT_GIVEN = Kind(
    name="consent.given",
    subject="customer",
    doc=(
        "Somebody agreed to messages of one purpose on one channel. Without origin and the "
        "version of the text that was shown it is kept, and counts for nothing."
    ),
    columns={
        "purpose": Column(Type.TEXT, "to what", choices=("product", "marketing")),
        "channel": Column(Type.TEXT, "by which way", choices=(*CHANNELS, "all")),
        "basis": Column(
            Type.TEXT,
            "said so; or bought something like it and did not object, which ends with the customer",
            choices=("explicit", "soft_opt_in"),
        ),
        "origin": Column(Type.TEXT, "form, page or person that took it", required=False),
        "text_version": Column(Type.TEXT, "which wording was shown", required=False),
        "ip_address": Column(
            Type.TEXT, "from where it was said", required=False, personal=Personal("service")
        ),
    },
)
CONSENT_WITHDRAWN = Kind(
    name="consent.withdrawn",
    subject="customer",
    doc="Somebody wants no more messages of a purpose; it holds at once, on what waits too.",
    columns={
        "purpose": Column(Type.TEXT, "of what", choices=("product", "marketing", "all")),
        "channel": Column(Type.TEXT, "by which way", choices=(*CHANNELS, "all")),
        "origin": Column(
            Type.TEXT, "how it was said", choices=("one_click", "page", "reply", "person")
        ),
    },
)
KINDS = (CONSENT_GIVEN, CONSENT_WITHDRAWN)
