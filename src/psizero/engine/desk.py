"""The desk: what waits for a person, and what people's answers, or silence, come to. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.policy import OWNER, Caps, Level, Policy
from psizero.core.ports import Store
from psizero.core.records import Decision
from psizero.core.tables import Facts
from psizero.engine.ground import APPROVALS
from psizero.engine.think import Thinker
from psizero.models.interval import wilson

APPROVED, DECLINED, OVERRIDDEN, REVIEWED = "approved", "declined", "overridden", "reviewed"
EDITED = "edited"
ESCALATED, UNANSWERED, STALE, SUPERSEDED = "escalated", "unanswered", "stale", "superseded"
REASONS = (
    "wrong_amount",
    "wrong_subject",
    "wrong_text",
    "wrong_time",
    "not_needed",
    "duplicate",
    "against_policy",
    "other",
)
"""Why a person says no; learning reads them."""
CLOSED = (DECLINED, UNANSWERED, OVERRIDDEN)
"""Clauses after which an episode counts as skipped: nothing is proposed in it any more."""


def approvals(pending: pl.DataFrame, votes: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The decisions that wait and that as many people approved as their automation asks for.

    One person counts once, within the window, and only for what the role may decide; who edited
    it counts only where there is nobody else. Columns: id, approvals, approved_by.
    """
    said = votes.filter(pl.col("clause") == APPROVED).join(
        pending.select(
            "decision", "automation", "money_minor", "asked_at", "answer_until", editor=EDITOR
        ),
        on="decision",
    )
    if len(policy.known_people()) > 1:
        said = said.filter(pl.col("by").ne_missing(pl.col("editor")))
    said = said.filter(pl.col("said_at").is_between("asked_at", "answer_until"))
    said = said.sort("decision", "by")
    people: dict[str, list[str]] = {}
    quorum: dict[str, int] = {}
    rows = said.select("decision", "by", "automation", "money_minor").iter_rows()
    for decision, person, automation, money_minor in rows:
        if not policy.objection(person, automation, money_minor):
            people.setdefault(decision, []).append(person)
            quorum[decision] = policy.caps.get(automation, Caps()).approvals_min or 1
    enough = [
        (decision, len(names), ", ".join(names))
        for decision, names in people.items()
        if len(names) >= quorum[decision]
    ]
    return pl.DataFrame(enough, schema=APPROVALS, orient="row")


EDITOR = pl.when(pl.col("clause") == EDITED).then(
    pl.col("counterfactual").str.json_path_match("$.was")
)
"""Who edited what waits, over the columns of `pending`; null where nobody did."""


class Edit(msgspec.Struct, frozen=True):
    """Parameters that a person wants otherwise, and the decision in which they stood."""

    decision: str
    by: str
    would_be: Mapping[str, object]


Edits = Mapping[tuple[str, str, str], Edit]
"""The last edit by verb, subject and episode; of one automation."""


class Desk:
    """What people edited, laid over what is proposed; read again when something was judged.

    What acts on request alone may use every verb that somebody asked for.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._read_at = store, -1
        self._edits: dict[str, dict[tuple[str, str, str], Edit]] = {}
        self._asked_at, self._asked = 0, frozenset[str]()

    def over(self, thinkers: Mapping[str, Thinker]) -> Mapping[str, Thinker]:
        """The same thinkers, of which none proposes any more what a person wants otherwise."""
        last, asked = (self._store.last_position(kind) for kind in ("verdict", "undo.asked"))
        if asked != self._asked_at:
            verbs = self._store.read("undos", self._store.floor)["compensator"]
            self._asked_at, self._asked = asked, self._asked | frozenset(verbs)
        if self._asked:
            thinkers = {name: _able(thinker, self._asked) for name, thinker in thinkers.items()}
        if last != self._read_at:
            self._edits, self._read_at = self._known(), last
        if not self._edits:
            return thinkers
        return {
            name: _edited(thinker, self._edits[name]) if name in self._edits else thinker
            for name, thinker in thinkers.items()
        }

    def _known(self) -> dict[str, dict[tuple[str, str, str], Edit]]:
        found: dict[str, dict[tuple[str, str, str], Edit]] = {}
        for row in self._store.read("edits", self._store.floor).iter_rows(named=True):
            would_be = msgspec.json.decode(row["change"], type=_Change).would_be
            place = row["verb"], row["subject"], row["episode"]
            edit = Edit(row["decision"], row["by"], would_be)
            found.setdefault(row["automation"], {})[place] = edit
        return found


class _Change(msgspec.Struct, frozen=True):
    would_be: dict[str, object]


def _able(thinker: Thinker, verbs: frozenset[str]) -> Thinker:
    """With these verbs too, where it acts on request alone."""
    automation = thinker.automation
    more = tuple(sorted(verbs - set(automation.verbs)))
    if not automation.on_request or not more:
        return thinker
    able = msgspec.structs.replace(automation, verbs=(*automation.verbs, *more))
    return msgspec.structs.replace(thinker, automation=able)


def _edited(thinker: Thinker, edits: Edits) -> Thinker:
    propose = thinker.automation.propose

    def proposed(facts: Facts, settings: msgspec.Struct, now: datetime) -> Iterator[Decision]:
        for one in propose(facts, settings, now):
            edit = edits.get((one.verb, one.subject, one.episode))
            yield one if edit is None else laid_over(one, edit)

    automation = msgspec.structs.replace(thinker.automation, propose=proposed)
    return msgspec.structs.replace(thinker, automation=automation)


def laid_over(decision: Decision, edit: Edit) -> Decision:
    """The decision as a person wants it: another content, so another id, and linked."""
    evidence, names = decision.evidence, ", ".join(sorted(edit.would_be))
    return msgspec.structs.replace(
        decision,
        parameters={**decision.parameters, **edit.would_be},
        evidence=msgspec.structs.replace(
            evidence,
            because=f"{evidence.because}; {edit.by} edited {names}",
            facts={**evidence.facts, "edits": edit.decision, "edited_by": edit.by},
        ),
        edited_by=edit.by,
    )


def next_instant(pending: pl.DataFrame) -> datetime | None:
    """When silence says something next: half a window has passed, or a whole one."""
    found = [pending["answer_until"].min(), pending.filter(_ALONE).select(_HALF)["half"].min()]
    return min((one for one in found if isinstance(one, datetime)), default=None)


_WINDOW = (pl.col("answer_until") - pl.col("asked_at")).dt.total_microseconds()
_HALF = (pl.col("asked_at") + (_WINDOW // 2).cast(pl.Duration("us"))).alias("half")
_ALONE = (pl.col("escalated_at") < pl.col("asked_at")).fill_null(True)
"""No second person was asked since it was asked."""


def silence(pending: pl.DataFrame, policy: Policy, now: datetime) -> pl.DataFrame:
    """Verdicts that nobody's word brings: unanswered, which is no, and asked of a second person.

    Columns of `pending`, with level, clause and because.
    """
    owners = sorted(n for n, role in policy.known_people().items() if role == OWNER)
    over = pl.col("answer_until") <= now
    said = pl.when(over).then(
        pl.format("nobody answered until {}", pl.col("answer_until").dt.to_string("iso:strict"))
    )
    return pending.filter(over | (_ALONE & (now >= _HALF))).with_columns(
        level=pl.when(over).then(pl.lit("off")).otherwise(pl.lit("approve")),
        clause=pl.when(over).then(pl.lit(UNANSWERED)).otherwise(pl.lit(ESCALATED)),
        because=said.otherwise(
            pl.lit(f"half of the window has passed: asked of {', '.join(owners)} too")
        ),
    )


def lacking(record: Mapping[str, object], policy: Policy, to: Level, now: datetime) -> list[str]:
    """What is missing on the record of an automation for the next rung; empty when nothing is.

    `record` is its row of `track_record`, or empty. From off to shadow nothing is asked for.
    """
    need, missing = policy.promotion, []
    if to is Level.SHADOW:
        return []
    count = {name: int(str(record.get(name, 0))) for name in _COUNTS}
    since = record.get("since")
    days = (now - since).days if isinstance(since, datetime) else 0
    if days < need.days_min:
        missing.append(f"{days} of {need.days_min} days at this level")
    if count["decisions"] < need.decisions_min:
        missing.append(f"{count['decisions']} of {need.decisions_min} decisions at this level")
    if to is Level.AUTO:
        what, yes, no = "approved by people", count["agreed"], count["declined"]
    else:
        what, yes, no = "outcomes good", count["good"], count["bad"]
    low, _ = wilson(yes, yes + no)
    if low < need.share_min:
        said = f"{yes} of {yes + no} {what}, lower bound {low:.2f}"
        missing.append(f"{said} of {need.share_min:.2f} at 90 %")
    if count["overridden"]:
        missing.append(f"{count['overridden']} decisions were overridden or undone")
    return missing


_COUNTS = ("decisions", "agreed", "declined", "good", "bad", "overridden")
