"""The tables of what people say beside their answers, and of how many customers acts touch."""

from psizero.core.tables import Fold, Kept, Type, View

LATEST, FIRST = Fold.LATEST, Fold.FIRST
_UNDO = ("compensation", "decision", "automation", "verb", "subject", "compensator")

DESK_TABLES = (
    Kept(
        name="unsettled",
        kinds=("verdict", "receipt"),
        key=("decision",),
        columns={
            "decision": (Type.TEXT, LATEST),
            "automation": (Type.TEXT, LATEST),
            "verb": (Type.TEXT, LATEST),
            "subject": (Type.TEXT, LATEST),
            "connector": (Type.TEXT, LATEST),
            "reason": (Type.TEXT, LATEST),
            "since": (Type.INSTANT, LATEST),
            "said": (Type.INTEGER, LATEST),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc=(
            "Calls of which nobody knows whether they were done: a person settles them. `said` is "
            "the position of that word; its receipt follows in the same tick."
        ),
    ),
    Kept(
        name="editors",
        kinds=("settings.changed",),
        key=("name",),
        columns={
            "name": (Type.TEXT, LATEST),
            "value": (Type.JSON, LATEST),
            "by": (Type.TEXT, LATEST),
            "changed_at": (Type.INSTANT, LATEST),
        },
        doc="Who changed each setting of house.toml last, and when it entered the log.",
    ),
    Kept(
        name="undos",
        kinds=("undo.asked", "verdict", "receipt"),
        key=("compensation",),
        columns={
            **dict.fromkeys(_UNDO, (Type.TEXT, LATEST)),
            **dict.fromkeys(("parameters", "rows"), (Type.JSON, LATEST)),
            "by": (Type.TEXT, LATEST),
            "because": (Type.TEXT, LATEST),
            "asked_at": (Type.INSTANT, LATEST),
            "state": (Type.TEXT, LATEST),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc=(
            "What people asked to have undone and is not undone yet, by the decision that undoes "
            "it. `state` is that decision's: null until it is taken."
        ),
    ),
    View(
        name="undone",
        reads=("receipt",),
        grain=("decision",),
        doc="What was undone in 35 days, by the decision that undid it.",
    ),
    Kept(
        name="customers_known",
        kinds=("customer.created", "subscription.started"),
        key=("customer",),
        columns={"customer": (Type.TEXT, LATEST), "known_at": (Type.INSTANT, FIRST)},
        doc="Every customer that was ever told of, and since when; shares are counted of them.",
    ),
    View(
        name="customers_counted",
        reads=("customers_known",),
        grain=("customers",),
        doc="How many customers are known.",
    ),
    View(
        name="subjects_touched",
        reads=("verdict",),
        grain=("automation", "subject"),
        doc="On whom each automation acted in the running UTC day; a cap by share counts them.",
    ),
)
