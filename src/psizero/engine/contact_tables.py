"""The tables by which the gate judges whether a person may be written to or called."""

from psizero.core.tables import Derived, Fold, Kept, Type, View
from psizero.engine.lift import lift

LATEST, SUM, MAX = Fold.LATEST, Fold.SUM, Fold.MAX

CONTACT_TABLES = (
    Kept(
        name="contact_points",
        kinds=("customer.created", "contact.set", "subject.erased"),
        key=("subject",),
        columns={
            "subject": (Type.TEXT, LATEST),
            "zone_said": (Type.TEXT, LATEST),
            "zone": (Type.TEXT, LATEST),
            "country": (Type.TEXT, LATEST),
            "erased": (Type.BOOLEAN, MAX),
        },
        doc="Where each person is: `zone_said` is their own word, `zone` the account's.",
    ),
    Kept(
        name="subscriptions_held",
        kinds=("subscription.started", "subscription.ended"),
        key=("subject", "subscription"),
        columns={
            "subject": (Type.TEXT, LATEST),
            "subscription": (Type.TEXT, LATEST),
            "started_at": (Type.INSTANT, MAX),
            "ended_at": (Type.INSTANT, MAX),
        },
        doc="When each subscription last began and ended: who had some and has none left us.",
    ),
    Kept(
        name="consents",
        kinds=("consent.given", "consent.withdrawn"),
        key=("subject", "purpose", "channel"),
        columns={
            "subject": (Type.TEXT, LATEST),
            "purpose": (Type.TEXT, LATEST),
            "channel": (Type.TEXT, LATEST),
            "explicit_at": (Type.INSTANT, MAX),
            "soft_at": (Type.INSTANT, MAX),
            "origin": (Type.TEXT, LATEST),
            "text_version": (Type.TEXT, LATEST),
            "withdrawn_at": (Type.INSTANT, MAX),
        },
        doc="What each person agreed to with proof of it, and what they took back, by channel.",
    ),
    Kept(
        name="suppressions",
        kinds=("message.bounced", "message.complained", "message.suppressed", "contact.set"),
        key=("subject", "channel"),
        columns={
            "subject": (Type.TEXT, LATEST),
            "channel": (Type.TEXT, LATEST),
            "bounced_at": (Type.INSTANT, MAX),
            "soft_bounces": (Type.INTEGER, SUM),
            "complained_at": (Type.INSTANT, MAX),
            "suppressed_at": (Type.INSTANT, MAX),
            "renewed_at": (Type.INSTANT, MAX),
        },
        doc=(
            "Where nothing is sent any more, whatever the order in which it was told: hard bounces "
            "(until there is a new address), complaints, lists. Soft bounces are only counted."
        ),
    ),
    View(
        name="contacts_recent",
        reads=("verdict", "decision", "receipt"),
        grain=("subject", "contacted_at", "decision"),
        doc=(
            "Messages and calls of nine days by person, with their stream; what waits for the end "
            "of quiet hours stands at that instant. Frequency caps are counted from it."
        ),
    ),
    View(
        name="arms",
        reads=("fates", "decision"),
        grain=("automation", "verb", "stream"),
        doc=(
            "Of a year of decisions that may be held out: how many were contacted and how many "
            "held out, and how many of both proved good and bad."
        ),
    ),
    Derived(
        name="lift",
        reads=("arms",),
        grain=("automation", "verb", "stream"),
        doc=(
            "What contact adds: share good of the contacted minus share good of the held out, "
            "with its 95 % interval (Newcombe). Null where nobody was held out: then what is seen "
            "is an association, not a lift."
        ),
        compute=lift,
    ),
)
