"""What happens to the house itself: its founding, its policy, what it could not take in."""

from psizero.core.tables import Column, Kind, Type

HOUSE_FOUNDED = Kind(
    name="house.founded",
    subject="company",
    ours=True,
    doc="The house begins. The salt fixes every random draw.",
    columns={
        "company": Column(Type.TEXT, "the company's name"),
        "salt": Column(Type.TEXT, "seed of all chance"),
    },
)
POLICY_CHANGED = Kind(
    name="policy.changed",
    subject="automation",
    ours=True,
    doc="An automation's level in a scope changes.",
    columns={
        "scope": Column(Type.TEXT, "a verb, or * for all"),
        "level": Column(
            Type.TEXT, "how far it may go", choices=("off", "shadow", "approve", "auto")
        ),
        "by": Column(Type.TEXT, "who decided"),
        "because": Column(Type.TEXT, "why"),
        "evidence": Column(Type.JSON, "the record on which it rests; {} in a founding"),
        "restarts": Column(
            Type.BOOLEAN, "whether what began in shadow begins again at the new level"
        ),
    },
)
PROMOTION_ASKED = Kind(
    name="promotion.asked",
    subject="automation",
    ours=True,
    doc="A person asks for a level; it changes when enough people have asked for the same.",
    columns={
        "level": Column(
            Type.TEXT, "how far it may go", choices=("off", "shadow", "approve", "auto")
        ),
        "by": Column(Type.TEXT, "who asks"),
        "granted": Column(Type.BOOLEAN, "whether with this one enough people have asked"),
    },
)
SWITCH_CHANGED = Kind(
    name="switch.changed",
    subject="scope",
    ours=True,
    doc="The owner stops, or lets go on: everything (*), a domain, or one automation.",
    columns={
        "stopped": Column(Type.BOOLEAN, "true is stopped"),
        "by": Column(Type.TEXT, "who decided"),
        "because": Column(Type.TEXT, "why"),
    },
)
SETTINGS_CHANGED = Kind(
    name="settings.changed",
    subject="automation or house",
    ours=True,
    doc="A setting of house.toml changes: caps, bindings, targets, settings of automations.",
    columns={
        "name": Column(Type.TEXT, "dotted key of house.toml"),
        "value": Column(Type.JSON, "the new value; null takes the default again"),
        "by": Column(Type.TEXT, "who took it into the log"),
    },
)
UNDO_ASKED = Kind(
    name="undo.asked",
    subject="subject",
    ours=True,
    doc="A person wants undone what a decision did; the cause is that decision.",
    columns={
        "decision": Column(Type.TEXT, "the decision whose effect is to be undone"),
        "compensation": Column(Type.TEXT, "content id of the decision that undoes it"),
        "automation": Column(Type.TEXT, "whose decision it was"),
        "verb": Column(Type.TEXT, "what it did"),
        "compensator": Column(Type.TEXT, "the verb that undoes that"),
        "parameters": Column(Type.JSON, "what the compensator is told"),
        "rows": Column(Type.JSON, "per kind, what it adds; {} where it reaches outside"),
        "by": Column(Type.TEXT, "who wants it"),
        "because": Column(Type.TEXT, "why"),
    },
)
ROW_REJECTED = Kind(
    name="row.rejected",
    subject="kind",
    ours=True,
    doc="A row from outside that could not be taken in, and why.",
    columns={
        "origin": Column(Type.TEXT, "file or connector"),
        "line": Column(Type.INTEGER, "line or row number in it"),
        "reason": Column(Type.TEXT, "what is wrong with it"),
    },
)
EVENT_CONFLICTED = Kind(
    name="event.conflicted",
    subject="kind",
    ours=True,
    doc="An event came again under its source and id with other content; the first one stands.",
    columns={
        "origin": Column(Type.TEXT, "file or connector"),
        "offered_source": Column(Type.TEXT, "the event's source"),
        "offered_id": Column(Type.TEXT, "the event's id"),
    },
)
SUBJECT_ERASED = Kind(
    name="subject.erased",
    subject="person or customer",
    ours=True,
    doc="A subject's key was destroyed: what it protected can be read by nobody any more.",
    columns={"purpose": Column(Type.TEXT, "service, or legal", choices=("service", "legal"))},
)
KINDS = (
    HOUSE_FOUNDED,
    POLICY_CHANGED,
    PROMOTION_ASKED,
    SWITCH_CHANGED,
    SETTINGS_CHANGED,
    UNDO_ASKED,
    ROW_REJECTED,
    EVENT_CONFLICTED,
    SUBJECT_ERASED,
)
