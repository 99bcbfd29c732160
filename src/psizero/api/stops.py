"""Stop and resume. A stop writes its file at once and waits for nobody."""

import asyncio
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import doors_of, once, voice, written
from psizero.api.frames import PROBLEMS
from psizero.api.once import Done
from psizero.api.problem import Asked
from psizero.core.errors import Refused
from psizero.core.policy import ANY
from psizero.house import levels
from psizero.house.members import DOMAINS
from psizero.house.stops import stops


class Stop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall stand still: everything (*), a domain or an automation; and why."""

    scope: str = ANY
    because: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class Resume(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall go on. `confirm`: the name again, where there is only one person."""

    scope: str = ANY
    confirm: str = ""


class Stopped(msgspec.Struct, frozen=True):
    """What stands still, by what was said, and what the autopilot obeyed at its last beat."""

    said: dict[str, dict[str, str]]
    obeyed: list[str]


@get("/api/v1/stops", scope=Scope.READ, responses=PROBLEMS)
async def stopped(request: Asked) -> Stopped:
    """What stands still, who said so and why."""
    doors = doors_of(request)
    said = await asyncio.to_thread(stops, doors.home)
    return Stopped(said, doors.life.pulse().stopped)


@post("/api/v1/stop", scope=Scope.STOP, status_code=200, responses=PROBLEMS)
async def stop(request: Asked, data: JSONBody[Stop]) -> Done:
    """Stop everything, a domain or an automation, at once: nothing is thought, nobody called."""
    doors, by = doors_of(request), voice(request)
    if data.scope not in (ANY, *DOMAINS, *doors.house.members.automations):
        raise Refused(f"there is no {data.scope[:100]!r}; nothing was stopped", "scope_named")

    async def do() -> Done:
        await asyncio.to_thread(levels.stop, doors.home, data.scope, by, data.because)
        what = "everything" if data.scope == ANY else data.scope
        return Done(said=(f"{what} stands still: it thinks nothing, and calls nobody outside",))

    return await once(request, do)


@post("/api/v1/resume", scope=Scope.STOP, status_code=200, responses=PROBLEMS)
async def resume(request: Asked, data: JSONBody[Resume]) -> Done:
    """Let go on what was stopped. Two people ask, or the only one with `confirm`."""
    by = voice(request, data.confirm)
    return await written(request, lambda house: [levels.resume(house, data.scope, by)])


ROUTES: tuple[ControllerRouterHandler, ...] = (stopped, stop, resume)
