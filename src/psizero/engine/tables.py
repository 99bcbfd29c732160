"""The tables that the engine itself keeps: levels, settings, episodes, acts, what is owed."""

from psizero.core.tables import Fold, Kept, Type, View
from psizero.engine.contact_tables import CONTACT_TABLES
from psizero.engine.desk_tables import DESK_TABLES

LATEST, FIRST, SUM, MAX = Fold.LATEST, Fold.FIRST, Fold.SUM, Fold.MAX

PENDING_TABLE = Kept(
    name="pending",
    kinds=("verdict",),
    key=("automation", "verb", "subject", "episode"),
    columns={
        "automation": (Type.TEXT, LATEST),
        "verb": (Type.TEXT, LATEST),
        "subject": (Type.TEXT, LATEST),
        "episode": (Type.TEXT, LATEST),
        "decision": (Type.TEXT, LATEST),
        "clause": (Type.TEXT, LATEST),
        "because": (Type.TEXT, LATEST),
        "counterfactual": (Type.JSON, LATEST),
        "money_minor": (Type.INTEGER, LATEST),
        "asked_at": (Type.INSTANT, LATEST),
        "answer_until": (Type.INSTANT, LATEST),
        "escalated_at": (Type.INSTANT, MAX),
        "voted": (Type.INTEGER, MAX),
        "edited": (Type.BOOLEAN, LATEST),
        "open": (Type.BOOLEAN, LATEST),
    },
    open_when="open",
    doc=(
        "Decisions that wait for a person's answer. `voted` is the position of the last vote; "
        "`edited`: it is about to be replaced by what a person made of it."
    ),
)
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
            "changed_at": (Type.INSTANT, LATEST),
            "restarted": (Type.INTEGER, LATEST),
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
            "code": (Type.TEXT, LATEST),
            "settings": (Type.JSON, LATEST),
        },
        doc="When each automation last thought, what it could see, its code and settings.",
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
            "clause": (Type.TEXT, LATEST),
            "judged": (Type.INTEGER, LATEST),
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
            "approved": (Type.BOOLEAN, LATEST),
            "onward": (Type.TEXT, LATEST),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc=(
            "Outside actions not yet settled: intended, sent, asked to wait, or refused and to go "
            "on; `onward` is the key under which a second connector is called."
        ),
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
    PENDING_TABLE,
    Kept(
        name="votes",
        kinds=("verdict",),
        key=("decision", "by"),
        columns={
            "decision": (Type.TEXT, LATEST),
            "by": (Type.TEXT, LATEST),
            "clause": (Type.TEXT, LATEST),
            "because": (Type.TEXT, LATEST),
            "said_at": (Type.INSTANT, LATEST),
        },
        doc="What people said of decisions: approved, declined or edited for a reason, overridden.",
    ),
    Kept(
        name="edits",
        kinds=("verdict",),
        key=("automation", "verb", "subject", "episode"),
        columns={
            "automation": (Type.TEXT, LATEST),
            "verb": (Type.TEXT, LATEST),
            "subject": (Type.TEXT, LATEST),
            "episode": (Type.TEXT, LATEST),
            "decision": (Type.TEXT, LATEST),
            "by": (Type.TEXT, LATEST),
            "change": (Type.JSON, LATEST),
        },
        doc="Parameters that a person edited, by episode: laid over whatever is proposed in it.",
    ),
    Kept(
        name="reviews",
        kinds=("verdict",),
        key=("decision",),
        columns={
            "decision": (Type.TEXT, LATEST),
            "automation": (Type.TEXT, LATEST),
            "verb": (Type.TEXT, LATEST),
            "subject": (Type.TEXT, LATEST),
            "done_at": (Type.INSTANT, LATEST),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc="Decisions taken by themselves and drawn for a person's review, not reviewed yet.",
    ),
    Kept(
        name="switches",
        kinds=("switch.changed",),
        key=("scope",),
        columns={
            "scope": (Type.TEXT, LATEST),
            "stopped": (Type.BOOLEAN, LATEST),
            "by": (Type.TEXT, LATEST),
            "because": (Type.TEXT, LATEST),
            "changed_at": (Type.INSTANT, LATEST),
        },
        open_when="stopped",
        doc="What is stopped: everything (*), a domain, or one automation.",
    ),
    Kept(
        name="outcome_tallies",
        kinds=("outcome",),
        key=("automation", "hour"),
        columns={
            "automation": (Type.TEXT, LATEST),
            "hour": (Type.INSTANT, LATEST),
            "good": (Type.INTEGER, SUM),
            "bad": (Type.INTEGER, SUM),
            "missing": (Type.INTEGER, SUM),
        },
        doc="Good, bad and missing outcomes by automation and UTC hour; guardrails judge by it.",
    ),
    Kept(
        name="fates",
        kinds=("verdict", "receipt", "outcome"),
        key=("decision",),
        columns={
            "decision": (Type.TEXT, LATEST),
            "automation": (Type.TEXT, FIRST),
            "decided_at": (Type.INSTANT, FIRST),
            "level": (Type.TEXT, LATEST),
            "clause": (Type.TEXT, LATEST),
            "asked": (Type.BOOLEAN, MAX),
            "answer": (Type.TEXT, LATEST),
            "overridden": (Type.BOOLEAN, MAX),
            "state": (Type.TEXT, LATEST),
            "good": (Type.BOOLEAN, LATEST),
        },
        doc="What became of each decision: how far it went, who was asked, how it proved.",
    ),
    View(
        name="track_record",
        reads=("fates", "levels"),
        grain=("automation",),
        doc="What each automation has on record since its level last changed, for a promotion.",
    ),
    View(
        name="automation_rate",
        reads=("fates",),
        grain=("automation", "month"),
        doc=(
            "Per automation and finished UTC month: of all decisions that could have been taken, "
            "how many were taken without a person and not overridden. Shadow is no part of it, "
            "nor what a person asked for by name."
        ),
    ),
    View(
        name="actions_daily",
        reads=("fates", "decision"),
        grain=("automation", "verb", "day"),
        doc=(
            "What became of the decisions of 90 finished UTC days, by verb: how many could have "
            "been taken, how many were carried out without a person and stand. As kept."
        ),
    ),
    View(
        name="actions_recounted",
        reads=("decision", "verdict", "receipt", "outcome"),
        grain=("automation", "verb", "day"),
        doc="The counts of actions_daily, made from the records themselves and no kept table.",
    ),
    *CONTACT_TABLES,
    *DESK_TABLES,
)
