"""What people say at the desk: yes, no, that was wrong; each bound to one decision's content."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.core.policy import OWNER, Policy
from psizero.core.records import VERDICT, Decision
from psizero.engine.desk import APPROVED, DECLINED, EDITOR, OVERRIDDEN, REASONS, REVIEWED
from psizero.house.alternatives import alternatives
from psizero.house.charter import ALONE
from psizero.house.home import House


class Case(msgspec.Struct, frozen=True):
    """One decision about which somebody speaks; `editor` made it out of another one."""

    decision: str
    automation: str
    verb: str
    subject: str
    episode: str
    money_minor: int
    asked_at: datetime | None = None
    answer_until: datetime | None = None
    editor: str | None = None


def person(policy: Policy, name: str) -> str:
    """Who speaks: the one who is named, or the only one there is. Raises Problem otherwise."""
    known = policy.known_people()
    if not name and len(known) == 1:
        return next(iter(known))
    if name not in known:
        said = f"{name!r} is nobody in this house" if name else "who are you? say --as NAME"
        raise Problem(said, f"people: {', '.join(sorted(known))} (house.toml [people])")
    return name


def editor(house: House, name: str) -> str:
    """Who takes house.toml in: who is named, or its first owner. Raises Problem at a stranger."""
    written = {
        key.removeprefix("people."): str(role)
        for key, role in house.said.items()
        if key.startswith("people.")
    }
    if name:
        return name if name in written else person(house.policy(), name)
    owners = [one for one, role in written.items() if role == OWNER]
    return next(iter([*owners, *written, OWNER]))


_WORTH = "worth_minor", "worth_low_minor", "worth_high_minor", "expires_at", "confidence"


def pending(house: House, at: datetime | None = None) -> pl.DataFrame:
    """What waits for an answer, with what it would do and who has approved, the oldest first."""
    waits = house.read("pending", at)
    votes = house.read("votes", at).filter(pl.col("clause") == APPROVED)
    said = votes.group_by("decision").agg(approved_by=pl.col("by").sort().str.join(", "))
    found = house.store.read_of("decision", waits.select(id="decision"), at or house.now)
    more = found.select("id", "parameters", "evidence", "currency", *_WORTH)
    least = {name: caps.approvals_min or 1 for name, caps in house.said_policy().caps.items()}
    weighed = alternatives(house, waits.rename({"decision": "id"}), at or house.now)
    return (
        weighed.join(more, on="id", how="left", maintain_order="left")
        .join(said, left_on="id", right_on="decision", how="left", maintain_order="left")
        .with_columns(
            approvals_min=pl.col("automation").replace_strict(
                least, default=1, return_dtype=pl.Int64
            )
        )
        .sort("asked_at", "id")
    )


def waiting_of(house: House, automation: str) -> list[str]:
    """Ids of all that waits of one automation."""
    waits = house.read("pending").filter(pl.col("automation") == automation)
    return waits["decision"].to_list()


def approve(house: House, keys: Sequence[str], name: str) -> list[str]:
    """Say yes to exactly these, all or none; returns what follows from each.

    Raises Problem where one cannot count: too late, stale, said before, or not his to decide.
    """
    who = person(house.said_policy(), name.removesuffix(ALONE))
    waits = house.read("pending").with_columns(editor=EDITOR)
    cases, lines = [], []
    for key in keys:
        found = waits.filter(pl.col("decision").str.starts_with(key))
        if found.is_empty():
            lines.append(_reviewed(house, key, who))
        else:
            cases.append(only(found, key))
            allow(house, cases[-1], who)
            _by_another(house, cases[-1], who, name)
    proposed(house, cases)
    said = _say(house, cases, who, (APPROVED, "approved")) if cases else 0
    if cases and not said:
        raise Problem(f"{who} has approved this already; one person counts once")
    taken = f"approved by {who}; taken at the next tick"
    return [*lines, *(f"{case.decision[:12]} {taken}" for case in cases)]


def allow(house: House, case: Case, who: str) -> None:
    """Raises Problem where the window is over, or it is not this person's to decide."""
    policy = house.said_policy()
    if case.answer_until is not None and clock(house) > case.answer_until:
        raise Problem(f"too late: the window ended at {iso(case.answer_until)}", "silence is no")
    objection = policy.objection(who, case.automation, case.money_minor)
    if objection:
        may = [
            one
            for one in sorted(policy.known_people())
            if not policy.objection(one, case.automation, case.money_minor)
        ]
        raise Problem(objection, f"who may: {', '.join(may) or 'nobody'}")


def _by_another(house: House, case: Case, who: str, name: str) -> None:
    """Raises Problem where who edited it says yes, unless the only one there is says so."""
    if case.editor != who:
        return
    if len(house.said_policy().known_people()) > 1:
        raise Problem(f"{who} edited it; somebody else has to say yes")
    if name != f"{who}{ALONE}":
        raise Problem(
            "you edited it: this needs two people, and there is only you",
            f'type your name and say it: --as "{who}{ALONE}"',
        )


def proposed(house: House, cases: Sequence[Case]) -> dict[str, Decision]:
    """These decisions as they are proposed on what is known now; nothing is written.

    Raises Problem where one of them is not proposed any more.
    """
    found: dict[str, Decision] = {}
    for automation in sorted({case.automation for case in cases}):
        found |= _proposed(house, automation)
        if any(c.decision not in found for c in cases if c.automation == automation):
            raise Problem(
                f"{automation} does not propose this any more: what it rested on has changed",
                "what it proposes now is asked anew at the next tick",
            )
    return {case.decision: found[case.decision] for case in cases}


def decline(house: House, key: str, name: str, reason: str, note: str) -> str:
    """Say no; the reason is kept for learning. Raises Problem where nothing waits."""
    who = person(house.said_policy(), name)
    check_reason(reason)
    case = only(waiting(house, key), key)
    _say(house, [case], who, (DECLINED, reasoned(reason, note)))
    return f"{case.decision[:12]} declined by {who}: {reason}"


def override(house: House, key: str, name: str, reason: str, note: str) -> str:
    """Say that what was done was wrong; what is not yet called is not called any more."""
    who = person(house.said_policy(), name)
    check_reason(reason)
    fates = house.read("fates").filter(pl.col("decision").str.starts_with(key))
    case = _said(house, fates, key)
    level, overridden = fates.select("level", "overridden").row(0)
    if level != "auto":
        raise Problem(f"{case.decision[:12]} was not done", "what waits is declined: decline ID")
    if overridden:
        raise Problem(f"{case.decision[:12]} is overridden already")
    _say(house, [case], who, (OVERRIDDEN, reasoned(reason, note)))
    return f"{case.decision[:12]} overridden by {who}: {reason}; what was sent stays sent"


def _reviewed(house: House, key: str, who: str) -> str:
    drawn = house.read("reviews").filter(pl.col("decision").str.starts_with(key))
    if drawn.is_empty():
        waiting(house, key)
    case = _said(house, drawn, key)
    _say(house, [case], who, (REVIEWED, "reviewed and right"))
    return f"{case.decision[:12]} reviewed by {who}"


def waiting(house: House, key: str) -> pl.DataFrame:
    """Raises Problem saying what became of a decision that waits no more."""
    waits = house.read("pending").filter(pl.col("decision").str.starts_with(key))
    if waits.is_empty():
        past = house.read("verdict").filter(pl.col("decision").str.starts_with(key))
        if past.is_empty():
            raise Problem(f"no decision with an id that begins with {key!r}", "psizero pending")
        last = past.row(-1, named=True)
        said = f"{last['clause']} ({last['by']}, {iso(last['recorded_at'])})"
        raise Problem(f"it does not wait any more: {said}", str(last["because"]))
    return waits


def only(found: pl.DataFrame, key: str) -> Case:
    """The one case that is found. Raises Problem where there are none, or several."""
    if found.height != 1:
        what = "no decision" if found.is_empty() else f"{found.height} decisions"
        raise Problem(f"{what} with an id that begins with {key!r}", "see: psizero pending")
    return msgspec.convert(found.row(0, named=True), Case)


def _said(house: House, found: pl.DataFrame, key: str) -> Case:
    """The case of a decision that was judged, from its last verdict."""
    verdicts = house.store.read_of("verdict", found.select("decision"), house.now)
    return only(verdicts.unique("decision", keep="last", maintain_order=True), key)


def _proposed(house: House, automation: str) -> Mapping[str, Decision]:
    thinker, reads = house.thinkers()[automation], house.members.automations[automation].reads
    known = house.sight.facts(reads, (clock(house), None))
    made = thinker.automation.propose(known, thinker.settings, clock(house))
    return {one.id_for(automation): one for one in made}


def clock(house: House) -> datetime:
    """Now: the wall's where the house runs live, its own otherwise."""
    return house.clock.now() if house.clock is not None else house.now


def check_reason(reason: str) -> None:
    """Raises Problem where it is none of those that learning reads."""
    if reason not in REASONS:
        raise Problem(f"--reason {reason!r} is none", f"reasons: {', '.join(REASONS)}")


def reasoned(reason: str, note: str) -> str:
    """A reason with what somebody has to say about it."""
    return f"{reason}: {note}" if note else reason


def _say(house: House, cases: Sequence[Case], who: str, word: tuple[str, str]) -> int:
    """One person's verdicts; the same person saying the same again is nothing new."""
    rows: list[dict[str, object]] = []
    for case in cases:
        asked = f"/{iso(case.asked_at)}" if case.asked_at is not None else ""
        row = {**_verdict(case, who, word), "counterfactual": "{}"}
        rows.append({**row, "id": f"{case.decision}/verdict/{word[0]}/{who}{asked}"})
    return house.append(VERDICT, "desk", rows)


def say_once(house: House, case: Case, who: str, word: tuple[str, str, str]) -> int:
    """A word with what it changes; of a decision it is said once, by the first to do so.

    Clauses with one beginning (settled_done, settled_refused) are one word.
    """
    clause, because, change = word
    row = {**_verdict(case, who, (clause, because)), "counterfactual": change}
    name = clause.partition("_")[0]
    return house.append(VERDICT, "desk", [{**row, "id": f"{case.decision}/verdict/{name}"}])


def _verdict(case: Case, who: str, word: tuple[str, str]) -> dict[str, object]:
    clause, because = word
    row = msgspec.structs.asdict(case)
    row = {n: row[n] for n in ("automation", "verb", "subject", "episode", "decision")}
    row |= {"by": who, "clause": clause, "because": because, "channel": "", "money_minor": 0}
    level = "auto" if clause in (APPROVED, REVIEWED) else "off"
    return {**row, "level": level, "sampled": False}
