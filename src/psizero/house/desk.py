"""What people say at the desk: yes, no, that was wrong; each bound to one decision's content."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.core.policy import Policy
from psizero.core.records import VERDICT
from psizero.engine.desk import APPROVED, DECLINED, OVERRIDDEN, REASONS, REVIEWED
from psizero.engine.think import facts
from psizero.house.home import House


class Case(msgspec.Struct, frozen=True):
    """One decision about which somebody speaks."""

    decision: str
    automation: str
    verb: str
    subject: str
    episode: str
    money_minor: int
    asked_at: datetime | None = None
    answer_until: datetime | None = None


def person(policy: Policy, name: str) -> str:
    """Who speaks: the one who is named, or the only one there is. Raises Problem otherwise."""
    known = policy.known_people()
    if not name and len(known) == 1:
        return next(iter(known))
    if name not in known:
        said = f"{name!r} is nobody in this house" if name else "who are you? say --as NAME"
        raise Problem(said, f"people: {', '.join(sorted(known))} (house.toml [people])")
    return name


def pending(house: House, at: datetime | None = None) -> pl.DataFrame:
    """What waits for an answer, with what it would do and who has approved, the oldest first."""
    waits = house.read("pending", at)
    votes = house.read("votes", at).filter(pl.col("clause") == APPROVED)
    said = votes.group_by("decision").agg(approved_by=pl.col("by").sort().str.join(", "))
    found = house.store.read_of("decision", waits.select(id="decision"), at or house.now)
    more = found.select("id", "parameters", "evidence", "currency", "expires_at", "confidence")
    least = {name: caps.approvals_min or 1 for name, caps in house.said_policy().caps.items()}
    return (
        waits.rename({"decision": "id"})
        .join(more, on="id", how="left", maintain_order="left")
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
    who, waits = person(house.said_policy(), name), house.read("pending")
    cases, lines = [], []
    for key in keys:
        found = waits.filter(pl.col("decision").str.starts_with(key))
        if found.is_empty():
            lines.append(_reviewed(house, key, who))
        else:
            cases.append(_only(found, key))
            _allow(house, cases[-1], who)
    for automation in sorted({case.automation for case in cases}):
        proposed = _proposed(house, automation)
        if any(c.decision not in proposed for c in cases if c.automation == automation):
            raise Problem(
                f"{automation} does not propose this any more: what it rested on has changed",
                "what it proposes now is asked anew at the next tick",
            )
    said = _say(house, cases, who, (APPROVED, "approved")) if cases else 0
    if cases and not said:
        raise Problem(f"{who} has approved this already; one person counts once")
    taken = f"approved by {who}; taken at the next tick"
    return [*lines, *(f"{case.decision[:12]} {taken}" for case in cases)]


def _allow(house: House, case: Case, who: str) -> None:
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


def decline(house: House, key: str, name: str, reason: str, note: str) -> str:
    """Say no; the reason is kept for learning. Raises Problem where nothing waits."""
    who = person(house.said_policy(), name)
    _check_reason(reason)
    case = _only(_waiting(house, key), key)
    _say(house, [case], who, (DECLINED, _because(reason, note)))
    return f"{case.decision[:12]} declined by {who}: {reason}"


def override(house: House, key: str, name: str, reason: str, note: str) -> str:
    """Say that what was done was wrong; what is not yet called is not called any more."""
    who = person(house.said_policy(), name)
    _check_reason(reason)
    fates = house.read("fates").filter(pl.col("decision").str.starts_with(key))
    case = _said(house, fates, key)
    level, overridden = fates.select("level", "overridden").row(0)
    if level != "auto":
        raise Problem(f"{case.decision[:12]} was not done", "what waits is declined: decline ID")
    if overridden:
        raise Problem(f"{case.decision[:12]} is overridden already")
    _say(house, [case], who, (OVERRIDDEN, _because(reason, note)))
    return f"{case.decision[:12]} overridden by {who}: {reason}; what was sent stays sent"


def _reviewed(house: House, key: str, who: str) -> str:
    drawn = house.read("reviews").filter(pl.col("decision").str.starts_with(key))
    if drawn.is_empty():
        _waiting(house, key)
    case = _said(house, drawn, key)
    _say(house, [case], who, (REVIEWED, "reviewed and right"))
    return f"{case.decision[:12]} reviewed by {who}"


def _waiting(house: House, key: str) -> pl.DataFrame:
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


def _only(found: pl.DataFrame, key: str) -> Case:
    if found.height != 1:
        what = "no decision" if found.is_empty() else f"{found.height} decisions"
        raise Problem(f"{what} with an id that begins with {key!r}", "see: psizero pending")
    return msgspec.convert(found.row(0, named=True), Case)


def _said(house: House, found: pl.DataFrame, key: str) -> Case:
    """The case of a decision that was judged, from its last verdict."""
    verdicts = house.store.read_of("verdict", found.select("decision"), house.now)
    return _only(verdicts.unique("decision", keep="last", maintain_order=True), key)


def _proposed(house: House, automation: str) -> set[str]:
    """Ids of what the automation proposes on what is known now; nothing is written."""
    thinker, reads = house.thinkers()[automation], house.members.automations[automation].reads
    known = facts(house.store, house.members.catalog, reads, (clock(house), None))
    made = thinker.automation.propose(known, thinker.settings, clock(house))
    return {one.id_for(automation) for one in made}


def clock(house: House) -> datetime:
    """Now: the wall's where the house runs live, its own otherwise."""
    return house.clock.now() if house.clock is not None else house.now


def _check_reason(reason: str) -> None:
    if reason not in REASONS:
        raise Problem(f"--reason {reason!r} is none", f"reasons: {', '.join(REASONS)}")


def _because(reason: str, note: str) -> str:
    return f"{reason}: {note}" if note else reason


def _say(house: House, cases: Sequence[Case], who: str, word: tuple[str, str]) -> int:
    """One person's verdicts; the same person saying the same again is nothing new."""
    clause, because = word
    level = "auto" if clause in (APPROVED, REVIEWED) else "off"
    rows: list[dict[str, object]] = []
    for case in cases:
        asked = f"/{iso(case.asked_at)}" if case.asked_at is not None else ""
        row = msgspec.structs.asdict(case)
        row = {n: row[n] for n in ("automation", "verb", "subject", "episode", "decision")}
        row |= {"by": who, "clause": clause, "because": because, "level": level, "channel": ""}
        row |= {"money_minor": 0, "counterfactual": "{}", "sampled": False}
        rows.append({**row, "id": f"{case.decision}/verdict/{clause}/{who}{asked}"})
    return house.append(VERDICT, "desk", rows)
