"""The briefing of a role, as the morning's mail says it, or would say it."""

from typing import Annotated, Literal

import msgspec
import polars as pl
from litestar import Response, get
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import seen
from psizero.api.frames import OBJECT, At, moment, objected
from psizero.api.problem import Asked, Gone
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.house.home import House

Form = Literal["json", "text", "html"]


@get("/api/v1/briefing", scope=Scope.READ, responses=OBJECT)
async def briefing(
    request: Asked,
    role: Annotated[str, QueryParameter(max_length=50)] = "ceo",
    form: Annotated[Form, QueryParameter(name="format")] = "json",
    at: At = None,
) -> Response[bytes]:
    """The briefing as of now or an instant; JSON has every number with its table and row."""
    return await seen(request, lambda house: _briefing(house, (role, form, at)))


def _briefing(house: House, asked: tuple[str, Form, str | None]) -> Response[bytes]:
    role, form, at = asked
    row = briefed(house, role, at)
    if form == "html":
        return Response(str(row["html"]).encode(), media_type="text/html")
    if form == "text":
        body = f"{row['topic']}\n\n{row['text']}"
        return Response(body.encode(), media_type="text/plain")
    return objected({name: value for name, value in row.items() if name not in ("html", "text")})


def briefed(house: House, role: str, at: str | None = None) -> dict[str, object]:
    """The briefing of a role: topic, text, html, and `parts` with every number."""
    if house.store.position.sealed_at is None:
        raise Problem("nothing has happened in this house yet")
    now = moment(at) or house.now
    found = house.read("briefing", now if at else None).filter(pl.col("role") == role)
    if found.is_empty():
        raise Gone(f"there is no role {role[:50]!r} that is briefed")
    row = found.row(0, named=True)
    names = ("role", "topic", "text", "html", "notable", "complete", "words")
    parts = msgspec.json.decode(str(row["parts"]), type=list[dict[str, object]])
    return {**{name: row[name] for name in names}, "at": iso(now), "parts": parts}


ROUTES: tuple[ControllerRouterHandler, ...] = (briefing,)
