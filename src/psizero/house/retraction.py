"""The retraction: what a person asks to have undone, as a request from which a decision follows."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.automation import Verb
from psizero.core.clock import iso
from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.core.events.house import UNDO_ASKED
from psizero.core.policy import ANY, Level, halts
from psizero.core.tables import Type
from psizero.core.undo import Undo
from psizero.house import desk
from psizero.house.aftermath import judged
from psizero.house.home import House

_PLAIN = (Type.TEXT, Type.JSON, Type.INTEGER, Type.BOOLEAN, Type.NUMBER)
_STANDS = {"undone": "it is undone already", "unknown": "nobody knows whether it was done"}


class Regret(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is to be undone, and who says so."""

    reason: str
    by: str = ""
    note: str = ""


def undo(house: House, key: str, regret: Regret) -> str:
    """Ask for the undo of one decision. Raises Problem saying why it cannot be undone."""
    who = _who(house, regret)
    fates = house.read("fates").filter(pl.col("decision").str.starts_with(key))
    case = judged(house, fates.select("decision") if fates.height == 1 else _none(fates, key))
    state = fates["state"][0]
    if state != "done":
        what = _STANDS.get(state, "nothing was done that could be undone")
        raise Problem(what, "see: psizero explain ID")
    desk.allow(house, case, who)
    row = _asked(house, _decision(house, case.decision), regret, who)
    _check_undoer(house, who)
    if not house.append(UNDO_ASKED, "desk", [row]):
        raise Problem("that is asked for already", "see: psizero explain ID")
    return (
        f"{case.decision[:12]} {case.verb} for {case.subject} is to be undone, says {who}: "
        f"{str(row['compensation'])[:12]} {row['compensator']} follows at the next tick"
    )


def undo_all(house: House, automation: str, since: datetime, regret: Regret) -> list[str]:
    """Ask for the undo of all that an automation did since; a line for what is, and what stays.

    All or nothing of what can be undone: raises Problem where one of it is not his to decide.
    """
    who = _who(house, regret)
    done = _done(house, automation, since)
    stays: Counter[str] = Counter()
    rows: list[dict[str, object]] = []
    for row in done.iter_rows(named=True):
        verb = house.members.verbs[str(row["verb"])]
        why = _fault(house, verb, row)
        if why:
            stays[why] += 1
            continue
        _check_authority(house, row, who)
        rows.append(_asked(house, row, regret, who))
    if not rows:
        raise Problem(f"nothing that {automation} did since {iso(since)} can be undone", *stays)
    _check_undoer(house, who)
    new = house.append(UNDO_ASKED, "desk", rows)
    known = f"; {len(rows) - new} were asked for before" if new < len(rows) else ""
    lines = [f"{new} of {automation} are to be undone, says {who}: they follow at the next tick"]
    return [lines[0] + known, *(f"{count} stay: {why}" for why, count in sorted(stays.items()))]


def _who(house: House, regret: Regret) -> str:
    who = desk.person(house.said_policy(), regret.by)
    desk.check_reason(regret.reason)
    return who


def _none(fates: pl.DataFrame, key: str) -> pl.DataFrame:
    desk.only(fates, key)
    return fates


def _decision(house: House, key: str) -> dict[str, object]:
    found = house.store.read_of("decision", pl.DataFrame({"id": [key]}), house.now)
    return found.row(0, named=True)


def _done(house: House, automation: str, since: datetime) -> pl.DataFrame:
    """Decisions of an automation that stand as done, of receipts since; what was last comes first.

    With the money that the gate saw at stake.
    """
    mine = pl.DataFrame({"automation": [automation]})
    receipts = house.store.read_of("receipt", mine, house.now).filter(
        pl.col("recorded_at") >= since
    )
    last = receipts.unique("decision", keep="last", maintain_order=True)
    stands = last.filter(pl.col("state") == "done").select(id="decision")
    verdicts = house.store.read_of("verdict", stands.select(decision="id"), house.now)
    money = verdicts.group_by(id="decision").agg(pl.col("money_minor").max())
    found = house.store.read_of("decision", stands, house.now)
    return found.join(money, on="id", maintain_order="left").reverse()


def _check_authority(house: House, row: Mapping[str, object], who: str) -> None:
    money = int(str(row["money_minor"]))
    objection = house.said_policy().objection(who, str(row["automation"]), money)
    if objection:
        raise Problem(objection, f"of {str(row['id'])[:12]}; nothing is undone")


def _check_undoer(house: House, who: str) -> None:
    """What carries it out is on: at once where nobody ever said how far it may go.

    It does only what people ask for by name, so asking is saying so. Raises Problem where the
    owner switched it off.
    """
    name, policy = _undoer(house), house.said_policy()
    level = policy.level_of(name, ANY)
    said = house.store.everything("policy.changed").filter(pl.col("subject") == name)
    if said.is_empty():
        house.grant({name: Level.AUTO}, by=who, because="asked to undo; it acts on request alone")
    elif level.rank <= Level.SHADOW.rank:
        raise Problem(
            f"{name} is {level.value}: nothing would be undone", f"psizero promote {name}"
        )
    if halts(house.halted(), name):
        raise Problem(f"{name} stands still: nothing would be undone", "see: psizero resume")


def _undoer(house: House) -> str:
    found = [name for name, one in house.members.automations.items() if one.on_request]
    if not found:
        raise Problem("no automation here carries out what people ask to have undone")
    return found[0]


def _asked(
    house: House, decision: Mapping[str, object], regret: Regret, who: str
) -> dict[str, object]:
    """The row of a request. Raises Problem saying why that decision cannot be undone."""
    verb = house.members.verbs[str(decision["verb"])]
    why = _fault(house, verb, decision)
    if why:
        raise Problem(why)
    key, because = str(decision["id"]), desk.reasoned(regret.reason, regret.note)
    compensator = house.members.verbs[verb.compensator]
    parameters = _told(compensator, decision) | {"why": f"{who}: {because}"}
    parameters = {name: parameters[name] for name in compensator.parameters}
    subject = str(decision["subject"])
    undone = Undo(key, compensator.name, subject, parameters)
    added = {kind: [_row(house, kind, subject, parameters)] for kind in compensator.kinds}
    return {
        "id": f"{key}/undo",
        "subject": subject,
        "cause": key,
        "decision": key,
        "compensation": undone.id_for(_undoer(house)),
        "automation": decision["automation"],
        "verb": verb.name,
        "compensator": compensator.name,
        "parameters": canonical(parameters),
        "rows": canonical(added),
        "by": who,
        "because": because,
    }


def _told(compensator: Verb, decision: Mapping[str, object]) -> dict[str, object]:
    """What the compensator is told: which decision, and of its parameters those that it has."""
    was = msgspec.json.decode(str(decision["parameters"]), type=dict[str, object])
    known = {**was, "undoes": decision["id"]}
    return {name: known[name] for name in compensator.parameters if name in known}


def _row(
    house: House, kind: str, subject: str, parameters: Mapping[str, object]
) -> dict[str, object]:
    columns = house.members.catalog.kinds[kind].columns
    return {"subject": subject, **{name: parameters.get(name) for name in columns}}


def _fault(house: House, verb: Verb, decision: Mapping[str, object]) -> str:
    """Why a decision cannot be undone; empty where it can."""
    if not verb.compensator:
        return f"{verb.name} is {verb.reversibility.value}: the house cannot take it back"
    compensator = house.members.verbs.get(verb.compensator)
    if compensator is None:
        return f"{verb.name} would be undone by {verb.compensator}, which nobody here brings"
    told = {*_told(compensator, decision), "why"}
    lacks = [name for name in compensator.parameters if name not in told]
    for kind in compensator.kinds:
        columns = house.members.catalog.kinds[kind].columns.items()
        lacks += [n for n, one in columns if n not in told and one.required]
        lacks += [n for n, one in columns if one.type not in _PLAIN]
    if lacks:
        return f"{compensator.name} cannot undo it by itself: nobody tells it {sorted(lacks)[0]}"
    return ""
