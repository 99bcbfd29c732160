"""Decide: what waits for a person, the most money first; one decision in full, and the answers."""

from functools import partial
from typing import Annotated

import polars as pl
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from psizero.api.access import Scope
from psizero.api.decisions import waiting
from psizero.api.doors import voice, written
from psizero.api.problem import Amiss, Asked, Gone
from psizero.console.form import Form, sent
from psizero.console.sheet import Values, sheet
from psizero.core.errors import Problem, Refused
from psizero.engine.desk import REASONS
from psizero.house import desk, edit
from psizero.house.home import House
from psizero.house.story import explained

DONE = ("approved", "declined", "edited")
"""What an answer may have been, as the page after it says; no other word of a URL is shown."""
Word = Annotated[str, QueryParameter(max_length=100)]
Row = dict[str, object]


@get("/decide", scope=Scope.READ, include_in_schema=False)
async def decide(
    request: Asked, automation: Word = "", chosen: Word = "", done: Word = ""
) -> Response[str]:
    """What waits, by money and deadline; `chosen=all` ticks every row of one automation."""

    def read(house: House) -> Values:
        every = urgent(waiting(house))
        mine = [row for row in every if automation in ("", row["automation"])]
        return {
            "rows": mine,
            "total": len(every),
            "automation": automation,
            "automations": sorted({str(row["automation"]) for row in every}),
            "ticked": chosen == "all",
            "done": done if done in DONE else "",
        }

    return await sheet(request, "decide.html", read)


def urgent(rows: list[Row]) -> list[Row]:
    """The most money first, then the nearest deadline, then by id.

    Two currencies cannot be compared, since no rate of exchange is known here: they take turns.
    """
    ranks = dict[str, int]()
    turns = list[tuple[int, bool]]()
    ordered = sorted(rows, key=_urgency)
    for row in ordered:
        currency, none = str(row["currency"] or ""), not row["money_minor"]
        ranks[currency] = ranks.get(currency, 0) + 1
        turns.append((0 if none else ranks[currency], none))
    numbers = sorted(range(len(ordered)), key=lambda one: (turns[one][1], turns[one][0]))
    return [ordered[one] for one in numbers]


def _urgency(row: Row) -> tuple[int, str, str]:
    """Within one currency."""
    return -int(str(row["money_minor"] or 0)), str(row["answer_until"] or "~"), str(row["id"])


@get("/decide/{id:str}", scope=Scope.READ, include_in_schema=False)
async def decision(request: Asked, id: FromPath[str]) -> Response[str]:
    """One decision: all it rests on, and where it waits, what can be said to it."""
    return await sheet(request, "decision.html", partial(_one, id=id))


def _one(house: House, id: str) -> Values:
    row = next((row for row in waiting(house) if row["id"] == id), None)
    try:
        story = explained(house, id)
    except Problem as error:
        raise Gone(str(error)) from None
    about = house.read("customers_known").filter(pl.col("customer") == story["subject"])
    return {
        "id": id,
        "row": row,
        "story": story,
        "reasons": REASONS,
        "is_customer": about.height > 0,
    }


@post("/decide/approve", scope=Scope.DECIDE, status_code=200, include_in_schema=False)
async def approve(request: Asked) -> Redirect:
    """Exactly what was ticked, as it was shown: all of it, or none where something changed."""
    form = await sent(request)
    shown = dict(one.partition(":")[::2] for one in form.words("shown"))
    if not shown:
        raise Refused("nothing is ticked; nothing was approved", "shown")
    by = voice(request, form.word("confirm"))
    await written(request, partial(_approve, shown=shown, by=by))
    return _back(form, "approved")


def _approve(house: House, shown: dict[str, str], by: str) -> list[str]:
    stands = {str(row["id"]): row["hash"] for row in waiting(house)}
    other = [id for id, hash in shown.items() if stands.get(id) != hash]
    if other:
        raise Amiss(f"not as it was shown any more: {', '.join(one[:12] for one in other[:9])}")
    return desk.approve(house, list(shown), by)


@post("/decide/{id:str}/decline", scope=Scope.DECIDE, status_code=200, include_in_schema=False)
async def decline(request: Asked, id: FromPath[str]) -> Redirect:
    """No, with a reason that learning reads."""
    form, by = await sent(request), voice(request)
    reason, note = form.word("reason"), form.word("note")
    await written(request, lambda house: [desk.decline(house, id, by, reason, note)])
    return _back(form, "declined")


@post("/decide/{id:str}/edit", scope=Scope.DECIDE, status_code=200, include_in_schema=False)
async def change(request: Asked, id: FromPath[str]) -> Redirect:
    """Other parameters: a new decision, to which somebody else says yes."""
    form = await sent(request)
    given = form.below("parameter.")
    before = form.below("before.")
    said = tuple(f"{name}={text}" for name, text in given.items() if text != before.get(name))
    if not said:
        raise Refused("no parameter is other than it was", "parameter")
    by = voice(request, form.word("confirm"))
    wanted = edit.Wanted(said=said, by=by, reason=form.word("reason"), note=form.word("note"))
    await written(request, lambda house: [edit.edit(house, id, wanted)])
    return _back(form, "edited")


def _back(form: Form, done: str) -> Redirect:
    return Redirect(f"/decide?done={done}", status_code=303)


ROUTES = (decide, decision, approve, decline, change)
