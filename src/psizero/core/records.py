"""The six records, and the kinds under which five of them lie in the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from psizero.core.content import content_id
from psizero.core.money import Money
from psizero.core.tables import Column, Kind, Type

Row = Mapping[str, object]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why: the sentence, the rule that matched, the numbers that it used.

    `contributions` sum to the score where there is one; `counterfactual` says what would have
    changed the decision.
    """

    because: str
    rule: str
    facts: Mapping[str, object]
    contributions: Mapping[str, float] = {}
    counterfactual: str = ""


class Worth(msgspec.Struct, frozen=True):
    """Expected worth of a decision with the bounds of its 80 % interval."""

    expected: Money
    low: Money
    high: Money


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One proposed action on one subject in one episode.

    `rows` holds, per kind, what an internal action adds when it is taken; they are no part of
    the decision's identity, which is automation, verb, subject, episode and parameters.
    `edited_by` is who changed its parameters at the desk.
    """

    verb: str
    subject: str
    episode: str
    parameters: Mapping[str, object]
    evidence: Evidence
    worth: Worth | None = None
    confidence: float = 1.0
    expires_at: datetime | None = None
    rows: Mapping[str, Sequence[Row]] = {}
    edited_by: str | None = None

    def id_for(self, automation: str) -> str:
        return content_id(automation, self.verb, self.subject, self.episode, self.parameters)


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What the hands give to a connector: an auto decision of an outside verb."""

    key: str
    verb: str
    subject: str
    parameters: Mapping[str, object]


class Receipt(msgspec.Struct, frozen=True):
    """What became of an action: done, waiting, refused or unknown, and the outside's reference."""

    state: str
    reference: str = ""
    reason: str = ""


def _text(doc: str, required: bool = True) -> Column:
    return Column(Type.TEXT, doc, required=required)


RUN = Kind(
    name="run",
    subject="automation",
    ours=True,
    doc="One automation thinking once.",
    columns={
        "now": Column(Type.INSTANT, "the instant on which it thought"),
        "through": Column(Type.INTEGER, "the last position it could see"),
        "gated_at": Column(Type.INTEGER, "the position at which it was judged"),
        "settings": Column(Type.JSON, "the settings it used"),
        "code": _text("SHA-256 over the automation's folder and the tables it reads"),
        "salt": _text("SHA-256 of the house's salt"),
        "failed": _text("the error that ended it; empty when it thought to the end"),
    },
)
DECISION = Kind(
    name="decision",
    subject="subject",
    ours=True,
    doc="One proposed action with its evidence. The id is the content id.",
    columns={
        "run": _text("id of the run that proposed it"),
        "automation": _text("domain.folder"),
        "verb": _text("what it would do"),
        "episode": _text("the occasion and its step"),
        "parameters": Column(Type.JSON, "keys and totals of the action"),
        "evidence": Column(Type.JSON, "sentence, rule, facts, contributions, counterfactual"),
        "currency": _text("ISO 4217 code of the worth", required=False),
        "worth_minor": Column(Type.INTEGER, "expected worth", "minor units", False),
        "worth_low_minor": Column(Type.INTEGER, "lower bound", "minor units", False),
        "worth_high_minor": Column(Type.INTEGER, "upper bound", "minor units", False),
        "confidence": Column(Type.NUMBER, "share of such decisions that prove right"),
        "expires_at": Column(Type.INSTANT, "not to be taken after this", required=False),
    },
)
VERDICT = Kind(
    name="verdict",
    subject="subject",
    ours=True,
    doc="How far a decision may go and which clause, or person, says so.",
    columns={
        "decision": _text("content id of the decision, and so bound to its content"),
        "automation": _text("domain.folder"),
        "verb": _text("what it would do"),
        "episode": _text("the occasion and its step"),
        "level": Column(Type.TEXT, "how far", choices=("off", "shadow", "approve", "auto")),
        "clause": _text("the clause of the gate that decided"),
        "because": _text("the clause's reason"),
        "by": _text("policy, or the person"),
        "counterfactual": Column(
            Type.JSON,
            "the input that, changed, would have changed the clause, {} when none does; of a "
            "person's word, what it changes",
        ),
        "answer_until": Column(
            Type.INSTANT, "until when a person may answer; silence is no", required=False
        ),
        "sampled": Column(Type.BOOLEAN, "drawn for a person's review although auto"),
        "channel": _text("where it touches the outside; empty for an internal verb"),
        "money_minor": Column(Type.INTEGER, "money at stake, absolute", "minor units"),
        "measured_at": Column(Type.INSTANT, "when its outcome is due", required=False),
    },
)
RECEIPT = Kind(
    name="receipt",
    subject="subject",
    ours=True,
    doc="What became of an action. `sent` is durable before the outside call.",
    columns={
        "decision": _text("content id of the decision"),
        "automation": _text("domain.folder"),
        "verb": _text("what was done"),
        "state": Column(
            Type.TEXT,
            "how it stands",
            choices=("sent", "waiting", "done", "refused", "unknown", "undone"),
        ),
        "connector": _text("who performed it; empty for an internal verb"),
        "reference": _text("the outside's own name for it"),
        "reason": _text("why it was refused or is unknown, or who settled or undid it"),
    },
)
OUTCOME = Kind(
    name="outcome",
    subject="subject",
    ours=True,
    doc="What was true at the horizon of a decision.",
    columns={
        "decision": _text("content id of the decision"),
        "automation": _text("domain.folder"),
        "name": _text("what was measured"),
        "value": Column(Type.NUMBER, "the measure; none where nothing came", required=False),
        "unit": _text("what one of it is"),
        "good": Column(Type.BOOLEAN, "whether the decision proved right", required=False),
    },
)
RECORD_KINDS = (RUN, DECISION, VERDICT, RECEIPT, OUTCOME)
