"""Decisions: what was decided and why, what waits, and what people say to it."""

from functools import partial
from typing import Annotated

import msgspec
import polars as pl
from litestar import Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import seen, voice, written
from psizero.api.frames import (
    LIST,
    OBJECT,
    PAGED,
    PROBLEMS,
    At,
    Cut,
    Paging,
    Word,
    moment,
    objected,
    page_of,
    paged,
)
from psizero.api.once import Done
from psizero.api.problem import Amiss, Asked, Gone
from psizero.api.tables import equalling
from psizero.core.content import canonical, content_id
from psizero.core.errors import Problem
from psizero.house import aftermath, desk, edit, retraction
from psizero.house.home import House
from psizero.house.reader import page
from psizero.house.rows import objects
from psizero.house.story import decided, explained
from psizero.store.reading import Page

BULK_MAX = 1_000
_PATH = "/api/v1/decisions"
_OWN = ("automation", "verb", "subject")
_PENDING = ["parameters", "evidence", "counterfactual"]
Id = Annotated[str, PathParameter(pattern="^[0-9a-f]{6,64}$", description="Of a decision.")]
_ID = "/{id:str}"


class Shown(msgspec.Struct, frozen=True):
    """A decision as somebody saw it: its whole id, and the hash of what was shown with it."""

    id: str
    hash: str


class Approvals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exactly these, all or none. `confirm`: the name again, where there is only one person."""

    decisions: Annotated[list[Shown], msgspec.Meta(min_length=1, max_length=BULK_MAX)]
    confirm: str = ""


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With a hash, it counts only where nothing changed since it was shown."""

    hash: str = ""
    confirm: str = ""


class Because(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why: a reason code that learning reads, and a note."""

    reason: str
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters as they shall be, by name, each as text."""

    parameters: dict[str, str]
    reason: str
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    confirm: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a call stands of which nobody knew, and how that was found out."""

    state: aftermath.State
    reason: str
    reference: str = ""


class Narrow(msgspec.Struct, frozen=True):
    """Only decisions that equal this, where it is said."""

    automation: str | None
    verb: str | None
    subject: str | None
    level: str | None
    state: str | None


def narrow_of(
    automation: Word = None,
    verb: Word = None,
    subject: Word = None,
    level: Word = None,
    stands: Annotated[str | None, QueryParameter(name="state", max_length=50)] = None,
) -> Narrow:
    """What a caller may narrow decisions by."""
    return Narrow(automation, verb, subject, level, stands)


@get(
    _PATH,
    scope=Scope.READ,
    responses=PAGED,
    dependencies={"narrow": Provide(narrow_of, sync_to_thread=False)},
)
async def decisions(
    request: Asked, cut: Paging, narrow: NamedDependency[Narrow], at: At = None
) -> Response[bytes]:
    """Decisions with the gate's verdict and what became of each, the last one first."""
    said = msgspec.structs.asdict(narrow)
    equal = {name: value for name, value in said.items() if value is not None}
    return await seen(request, lambda house: _listed(house, equal, at, cut))


def _listed(house: House, equal: dict[str, str], at: str | None, cut: Cut) -> Response[bytes]:
    """Where nothing narrows, only the page is read; else what is asked of, then its fate."""
    if not equal and at is None and cut.format == "json":
        rows, total = page(house, "decision", Page(cut.offset, cut.limit, newest=True))
        frame = decided(house, None, rows).rename({"decision": "id"})
        return page_of(house, frame, cut, total)
    known = {name: [value] for name, value in equal.items() if name in _OWN}
    made = house.store.read_of("decision", pl.DataFrame(known), house.now) if known else None
    frame = decided(house, moment(at), None if at is not None else made)
    return paged(house, equalling(frame, equal).rename({"decision": "id"}).reverse(), cut)


@get(f"{_PATH}/pending", scope=Scope.READ, responses=LIST)
async def pending(request: Asked, at: At = None) -> Response[bytes]:
    """What waits for a person, the oldest first, with the `hash` by which an approval names it."""
    return await seen(request, lambda house: objected(waiting(house, at)))


def waiting(house: House, at: str | None = None) -> list[dict[str, object]]:
    """What waits, each with its evidence, its stakes, and the hash of what is shown."""
    rows = objects(desk.pending(house, moment(at)), _PENDING)
    return [row | {"hash": shown_hash(row)} for row in rows]


def shown_hash(row: dict[str, object]) -> str:
    """A digest of all that an approval rests on; who has approved meanwhile is none of it."""
    rests = ("id", "asked_at", "clause", "money_minor", "parameters", "evidence", "edited")
    return content_id(canonical({name: row[name] for name in rests}))


@get(_PATH + _ID, scope=Scope.READ, responses=OBJECT)
async def explain(request: Asked, id: Id) -> Response[bytes]:
    """One decision in full: facts, rule, clause, verdicts, effect, outcomes."""

    def read(house: House) -> Response[bytes]:
        try:
            return objected(explained(house, id))
        except Problem as error:
            raise Gone(str(error)) from None

    return await seen(request, read)


@post(f"{_PATH}/approve", scope=Scope.DECIDE, status_code=200, responses=PROBLEMS)
async def approve_all(request: Asked, data: JSONBody[Approvals]) -> Done:
    """Say yes to exactly the set that was shown, all or none; 409 names what has changed since."""
    by = voice(request, data.confirm)
    shown = {one.id: one.hash for one in data.decisions}
    return await written(request, partial(_approve, shown=shown, by=by))


@post(f"{_PATH}{_ID}/approve", scope=Scope.DECIDE, status_code=200, responses=PROBLEMS)
async def approve(request: Asked, id: Id, data: JSONBody[Approval]) -> Done:
    """Say yes to one; a change of it voids the yes."""
    by = voice(request, data.confirm)
    return await written(request, partial(_approve, shown={id: data.hash}, by=by))


@post(f"{_PATH}{_ID}/decline", scope=Scope.DECIDE, status_code=200, responses=PROBLEMS)
async def decline(request: Asked, id: Id, data: JSONBody[Because]) -> Done:
    """Say no; the reason is kept, and learning reads it."""
    by = voice(request)
    return await written(
        request, lambda house: [desk.decline(house, id, by, data.reason, data.note)]
    )


@post(f"{_PATH}{_ID}/edit", scope=Scope.DECIDE, status_code=200, responses=PROBLEMS)
async def change(request: Asked, id: Id, data: JSONBody[Edit]) -> Done:
    """Want other parameters of what waits: a new decision, to which somebody else says yes."""
    said = tuple(f"{name}={value}" for name, value in data.parameters.items())
    by = voice(request, data.confirm)
    wanted = edit.Wanted(said=said, by=by, reason=data.reason, note=data.note)
    return await written(request, lambda house: [edit.edit(house, id, wanted)])


@post(f"{_PATH}{_ID}/override", scope=Scope.DECIDE, status_code=200, responses=PROBLEMS)
async def override(request: Asked, id: Id, data: JSONBody[Because]) -> Done:
    """Say that what was done by itself was wrong; what is not called yet is not called."""
    by = voice(request)
    return await written(
        request, lambda house: [desk.override(house, id, by, data.reason, data.note)]
    )


@post(f"{_PATH}{_ID}/undo", scope=Scope.DECIDE, status_code=200, responses=PROBLEMS)
async def undo(request: Asked, id: Id, data: JSONBody[Because]) -> Done:
    """Take back what was done, by a decision of its own; says why where it cannot be."""
    regret = retraction.Regret(reason=data.reason, by=voice(request), note=data.note)
    return await written(request, lambda house: [retraction.undo(house, id, regret)])


@post(f"{_PATH}{_ID}/settle", scope=Scope.DECIDE, status_code=200, responses=PROBLEMS)
async def settle(request: Asked, id: Id, data: JSONBody[Finding]) -> Done:
    """Say whether a call was done or refused of which nobody knew; said once."""
    found = aftermath.Finding(
        state=data.state, reason=data.reason, reference=data.reference, by=voice(request)
    )
    return await written(request, lambda house: [aftermath.settle(house, id, found)])


def _approve(house: House, shown: dict[str, str], by: str) -> list[str]:
    if any(shown.values()):
        now = {str(row["id"]): str(row["hash"]) for row in waiting(house)}
        keys = {id: next((key for key in now if key.startswith(id)), "") for id in shown}
        other = [id for id, hash in shown.items() if hash and now.get(keys[id]) != hash]
        if other:
            raise Amiss(f"not as it was shown any more: {', '.join(one[:12] for one in other[:9])}")
    return desk.approve(house, list(shown), by)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    decisions,
    pending,
    explain,
    approve_all,
    approve,
    decline,
    change,
    override,
    undo,
    settle,
)
