"""The edit: what a person wants otherwise in a decision that waits, as a new decision."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial

import msgspec
import polars as pl

from psizero.core.automation import Verb
from psizero.core.clock import instant
from psizero.core.content import canonical, plain
from psizero.core.errors import Problem
from psizero.core.policy import Caps
from psizero.core.records import Decision
from psizero.engine.desk import EDITED, Edit, laid_over
from psizero.engine.episodes import EPISODE
from psizero.house import desk
from psizero.house.charter import ALONE
from psizero.house.home import House


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters as NAME=VALUE, who wants them so, and why."""

    said: tuple[str, ...]
    reason: str
    by: str = ""
    note: str = ""


def edit(house: House, key: str, wanted: Wanted) -> str:
    """Put other parameters into what waits; that is a new decision, asked at the next tick.

    Raises Problem where it waits no more, is not this person's to decide, or cannot be so.
    """
    who = desk.person(house.said_policy(), wanted.by.removesuffix(ALONE))
    desk.check_reason(wanted.reason)
    case = desk.only(desk.waiting(house, key), key)
    desk.allow(house, case, who)
    _check_others(house, case, who)
    decision = desk.proposed(house, [case])[case.decision]
    changed = values(wanted.said, house.members.verbs[case.verb], decision)
    new = laid_over(decision, Edit(case.decision, who, changed)).id_for(case.automation)
    if house.store.read_of("decision", pl.DataFrame({"id": [new]}), house.now).height:
        raise Problem(f"that was decided before: {new[:12]}", f"see: psizero explain {new[:12]}")
    would_be = {**_earlier(house, case), **changed}
    was = {name: decision.parameters.get(name) for name in would_be}
    change = canonical({"input": "parameters", "was": was, "would_be": would_be})
    because = desk.reasoned(wanted.reason, wanted.note)
    if not desk.say_once(house, case, who, (EDITED, because, change)):
        raise Problem("it is edited already", "what came of that is asked at the next tick")
    return f"{case.decision[:12]} edited by {who}: {because}; {new[:12]} is asked at the next tick"


def values(said: tuple[str, ...], verb: Verb, decision: Decision) -> dict[str, object]:
    """What is to stand in the decision, in the types that stand there.

    Raises Problem saying what cannot be edited, or is no such value.
    """
    if verb.internal:
        raise Problem(f"{verb.name} carries rows that were computed with it: it is not edited")
    found: dict[str, object] = {}
    for text in said:
        name, given, written = text.partition("=")
        if name not in verb.parameters or not given:
            raise Problem(f"--set {text}: NAME=VALUE; {verb.name} has {', '.join(verb.parameters)}")
        was = plain(decision.parameters.get(name))
        if was == decision.subject:
            raise Problem(f"--set {name}: another subject is another decision; decline this one")
        if name.endswith("_minor"):
            raise Problem(f"--set {name}: the stake was computed with it; decline: wrong_amount")
        found[name] = _typed(text, written, decision.parameters.get(name))
    if not found:
        raise Problem("what is to be otherwise? --set NAME=VALUE", f"{', '.join(verb.parameters)}")
    return found


def _typed(text: str, written: str, was: object) -> object:
    """The value in the type of the one that it replaces; a document may become plain text."""
    known: dict[type, tuple[str, Callable[[str], object]]] = {
        bool: ("true or false", {"true": True, "false": False}.__getitem__),
        int: ("a whole number", _whole),
        float: ("a number", partial(_number, float)),
        Decimal: ("a number", partial(_number, Decimal)),
        datetime: ("an instant, as 2026-10-16T00:00:00Z", instant),
    }
    if isinstance(was, list | tuple):
        raise Problem(f"--set {text}: a list is not edited")
    wanted, read = known.get(type(was), ("text", str))
    try:
        return plain(read(written))
    except (KeyError, ValueError, OverflowError, InvalidOperation):
        raise Problem(f"--set {text}: {wanted} is needed") from None


def _whole(written: str) -> int:
    value = int(written)
    if abs(value) >= 2**63:
        raise OverflowError
    return value


def _number(kind: Callable[[str], float | Decimal], written: str) -> float | Decimal:
    value = kind(written)
    if not Decimal(value).is_finite():
        raise ValueError
    return value


def _check_others(house: House, case: desk.Case, who: str) -> None:
    """Raises Problem where nobody could say yes to what this person makes of it."""
    policy = house.said_policy()
    people = policy.known_people()
    may = [
        one
        for one in people
        if one != who and not policy.objection(one, case.automation, case.money_minor)
    ]
    needed = policy.caps.get(case.automation, Caps()).approvals_min or 1
    if len(people) > 1 and len(may) < needed:
        who_may = ", ".join(sorted(may)) or "nobody else"
        raise Problem(f"of those who may approve an edit by {who}, {needed} are needed", who_may)


def _earlier(house: House, case: desk.Case) -> Mapping[str, object]:
    """What people wanted otherwise in this episode before."""
    place = msgspec.structs.asdict(case)
    known = house.read("edits")
    for name in EPISODE:
        known = known.filter(pl.col(name) == place[name])
    if known.is_empty():
        return {}
    change = msgspec.json.decode(known["change"][0], type=dict[str, object])
    return msgspec.convert(change["would_be"], dict[str, object])
