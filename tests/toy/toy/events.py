"""Kinds of the toy: a wish from outside, a note of its own."""

from psizero.core.tables import Column, Kind, Type

WISH_MADE = Kind(
    name="wish.made",
    subject="customer",
    doc="Somebody wishes that the house did something; the whole decision is in the row.",
    columns={
        "verb": Column(Type.TEXT, "the verb to be used"),
        "episode": Column(Type.TEXT, "the occasion"),
        "text": Column(Type.TEXT, "what is to be said"),
        "minor": Column(Type.INTEGER, "money at stake", "minor units", required=False),
        "currency": Column(Type.TEXT, "ISO 4217 code", required=False),
        "confidence": Column(Type.NUMBER, "how sure the wish is"),
        "expires_at": Column(Type.INSTANT, "when the wish is void", required=False),
    },
)
NOTE_WRITTEN = Kind(
    name="note.written",
    subject="house",
    ours=True,
    doc="A note of the house to itself.",
    columns={
        "text": Column(Type.TEXT, "what it says"),
        "wishes": Column(Type.INTEGER, "wishes known when it was written", "wishes"),
    },
)
KINDS = (WISH_MADE, NOTE_WRITTEN)
