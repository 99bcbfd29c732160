"""Today: the briefing of one's role as it is known now, every number a link to its rows."""

from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from psizero.api.access import Role, Scope
from psizero.api.briefing import briefed
from psizero.api.doors import person_of
from psizero.api.problem import Asked
from psizero.console.sheet import Values, rows_url, sheet
from psizero.house.home import House
from psizero.intelligence.roles import ROLES

READS = {
    Role.FINANCE: "finance",
    Role.SUPPORT: "support",
    Role.OPERATIONS: "engineering",
    Role.GROWTH: "sales",
}
"""Whose briefing somebody reads who names none; an owner's is the chief executive's."""
As = Annotated[str, QueryParameter(name="role", max_length=50)]


class _Number(msgspec.Struct, frozen=True):
    text: str
    table: str
    key: dict[str, object]


class _Line(msgspec.Struct, frozen=True):
    text: str
    numbers: list[_Number]


class _Part(msgspec.Struct, frozen=True):
    name: str
    title: str
    lines: list[_Line]


class Piece(msgspec.Struct, frozen=True):
    """A piece of a line; one with an address is a number or a name, and links to its rows."""

    text: str
    url: str = ""


@get("/", scope=Scope.READ, include_in_schema=False)
async def today(request: Asked, role: As = "") -> Response[str]:
    """The verdict, what needs one, the figures, what changed and why, what was done, what comes."""
    wanted = role or READS.get(person_of(request).role, "ceo")
    return await sheet(request, "today.html", lambda house: read(house, wanted))


def read(house: House, role: str) -> Values:
    """The briefing in pieces; none where nothing has happened in this house yet."""
    if house.store.position.sealed_at is None:
        return {"role": role, "roles": list(ROLES), "topic": "", "parts": {}, "complete": True}
    found = briefed(house, role)
    parts = [msgspec.convert(one, _Part) for one in msgspec.to_builtins(found["parts"])]
    told = {
        one.name: {"title": one.title, "lines": [pieces(line) for line in one.lines]}
        for one in parts
    }
    return {
        "role": role,
        "roles": list(ROLES),
        "topic": found["topic"],
        "parts": told,
        "complete": found["complete"],
    }


def pieces(line: _Line) -> list[Piece]:
    """The text of a line, cut at its numbers, which stand in it in their order."""
    found, rest = list[Piece](), line.text
    for number in line.numbers:
        begun = number.text[:1].upper() + number.text[1:]
        shown = begun if rest.startswith(begun) else number.text
        before, there, after = rest.partition(shown)
        if there:
            url = rows_url(number.table, number.key) if number.table else ""
            found += [Piece(before), Piece(there, url)]
            rest = after
    return [one for one in (*found, Piece(rest)) if one.text]


ROUTES = (today,)
