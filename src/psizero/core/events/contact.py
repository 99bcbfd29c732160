"""Where and when a person can be reached."""

from psizero.core.tables import Column, Kind, Personal, Type

CONTACT_SET = Kind(
    name="contact.set",
    subject="customer",
    doc=(
        "An address of a person, or of a customer, on one channel; the last one holds. A new one "
        "takes back what an old one's hard bounce said, not what a complaint said."
    ),
    columns={
        "channel": Column(Type.TEXT, "mail; phone is for calls and SMS", choices=("mail", "phone")),
        "address": Column(
            Type.TEXT,
            "mail address, or number as E.164: +491701234567",
            personal=Personal("service"),
        ),
        "zone": Column(Type.TEXT, "the person's own IANA time zone", required=False),
    },
)
KINDS = (CONTACT_SET,)
