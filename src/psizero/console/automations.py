"""Automations: how far each may go, and what it is measured by."""

from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from psizero.api.access import Scope
from psizero.api.automations import standing
from psizero.api.problem import Asked
from psizero.console.cadence import awake
from psizero.console.sheet import sheet
from psizero.core.policy import Level
from psizero.house.home import House
from psizero.house.story import roster

LADDER = tuple(one.value for one in (Level.AUTO, Level.APPROVE, Level.SHADOW, Level.OFF))
Word = Annotated[str, QueryParameter(max_length=50)]


@get("/automations", scope=Scope.READ, include_in_schema=False)
async def automations(request: Asked, level: Word = "") -> Response[str]:
    """By level, the highest first."""

    def read(house: House) -> dict[str, object]:
        every = [row | {"wakes": wakes(house, row)} for row in roster(house)]
        rungs = {one: [row for row in every if row["level"] == one] for one in LADDER}
        return {"rungs": {k: v for k, v in rungs.items() if v and level in ("", k)}}

    return await sheet(request, "automations.html", read)


def wakes(house: House, row: dict[str, object]) -> list[str]:
    """When one of them thinks, in words."""
    return awake(house.members.automations[str(row["automation"])])


@get("/automations/{name:str}", scope=Scope.READ, include_in_schema=False)
async def automation(request: Asked, name: FromPath[str]) -> Response[str]:
    """One of them: its record, its settings, and what the next rung lacks."""
    return await sheet(
        request, "automation.html", lambda house: {"name": name, "found": standing(house, name)}
    )


ROUTES = (automations, automation)
