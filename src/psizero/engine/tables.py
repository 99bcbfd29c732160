"""The tables that the engine itself keeps: levels, settings, episodes, acts, what is owed."""

from psizero.core.tables import Fold, Kept, Type

LATEST, SUM = Fold.LATEST, Fold.SUM

TABLES = (
    Kept(
        name="levels",
        kinds=("policy.changed",),
        key=("automation", "scope"),
        columns={
            "automation": (Type.TEXT, LATEST),
            "scope": (Type.TEXT, LATEST),
            "level": (Type.TEXT, LATEST),
            "by": (Type.TEXT, LATEST),
            "because": (Type.TEXT, LATEST),
        },
        doc="How far each automation may go, by scope. No row means off.",
    ),
    Kept(
        name="settings",
        kinds=("settings.changed",),
        key=("name",),
        columns={"name": (Type.TEXT, LATEST), "value": (Type.JSON, LATEST)},
        doc="What house.toml said when it was last taken into the log, by dotted key.",
    ),
    Kept(
        name="thoughts",
        kinds=("run",),
        key=("automation",),
        columns={
            "automation": (Type.TEXT, LATEST),
            "thought_at": (Type.INSTANT, LATEST),
            "through": (Type.INTEGER, LATEST),
        },
        doc="When each automation last thought, and the last position that it could see.",
    ),
    Kept(
        name="episodes",
        kinds=("verdict",),
        key=("automation", "verb", "subject", "episode"),
        columns={
            "automation": (Type.TEXT, LATEST),
            "verb": (Type.TEXT, LATEST),
            "subject": (Type.TEXT, LATEST),
            "episode": (Type.TEXT, LATEST),
            "decision": (Type.TEXT, LATEST),
            "level": (Type.TEXT, LATEST),
        },
        doc="The last decision of every episode; one that reached auto is never followed.",
    ),
    Kept(
        name="acts_hourly",
        kinds=("verdict",),
        key=("automation", "verb", "hour"),
        columns={
            "automation": (Type.TEXT, LATEST),
            "verb": (Type.TEXT, LATEST),
            "hour": (Type.INSTANT, LATEST),
            "actions": (Type.INTEGER, SUM),
            "money_minor": (Type.INTEGER, SUM),
        },
        doc="What each automation did by itself, by UTC hour; caps are counted from it.",
    ),
    Kept(
        name="touches",
        kinds=("verdict",),
        key=("subject", "channel"),
        columns={
            "subject": (Type.TEXT, LATEST),
            "channel": (Type.TEXT, LATEST),
            "touched_at": (Type.INSTANT, LATEST),
            "decision": (Type.TEXT, LATEST),
        },
        doc="When each subject was last reached on each channel, and by which decision.",
    ),
    Kept(
        name="intents",
        kinds=("verdict", "receipt"),
        key=("decision",),
        columns={
            "decision": (Type.TEXT, LATEST),
            "automation": (Type.TEXT, LATEST),
            "verb": (Type.TEXT, LATEST),
            "subject": (Type.TEXT, LATEST),
            "state": (Type.TEXT, LATEST),
            "attempts": (Type.INTEGER, SUM),
            "after": (Type.INSTANT, LATEST),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc="Outside actions not yet settled: intended, sent, or asked to wait.",
    ),
    Kept(
        name="outcomes_due",
        kinds=("verdict", "outcome"),
        key=("decision",),
        columns={
            "decision": (Type.TEXT, LATEST),
            "automation": (Type.TEXT, LATEST),
            "subject": (Type.TEXT, LATEST),
            "episode": (Type.TEXT, LATEST),
            "due_at": (Type.INSTANT, LATEST),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc="Decisions whose outcome is not yet measured, and when it is due.",
    ),
)
