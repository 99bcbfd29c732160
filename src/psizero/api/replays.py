"""What-if: settings tried on the house's own history, as a job that goes on beside the ticks."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import doors_of, voice
from psizero.api.frames import PROBLEMS, moment
from psizero.api.problem import Asked, Gone
from psizero.api.trials import Progress
from psizero.house.replay import Trial, settings_from


class Asking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where to where (instants; by default all of it), and which settings hold instead.

    `settings`: KEY=VALUE as in house.toml; a key without section is a setting of an automation.
    """

    begin: str | None = None
    until: str | None = None
    settings: Annotated[list[str], msgspec.Meta(max_length=100)] = []
    assume_approved: bool = False


@post("/api/v1/replays", scope=Scope.SIMULATE, status_code=202, responses=PROBLEMS)
async def begin(request: Asked, data: JSONBody[Asking]) -> Progress:
    """Try settings on the house's own history: what would have been otherwise. Writes nothing."""
    doors = doors_of(request)
    trial = Trial(
        begin=moment(data.begin),
        until=moment(data.until),
        settings=settings_from(data.settings, doors.house.members),
        assume_approved=data.assume_approved,
    )
    return doors.trials.begin(trial, voice(request), doors.now())


@get("/api/v1/replays", scope=Scope.SIMULATE, sync_to_thread=False, responses=PROBLEMS)
def replays(request: Asked) -> list[Progress]:
    """What was tried since the start, the last one first."""
    return doors_of(request).trials.all()


@get("/api/v1/replays/{id:str}", scope=Scope.SIMULATE, sync_to_thread=False, responses=PROBLEMS)
def one(request: Asked, id: FromPath[str]) -> Progress:
    """How far a trial is, and its result when it is done."""
    found = doors_of(request).trials.of(id)
    if found is None:
        raise Gone("there is no such trial; they are kept until the autopilot ends")
    return found


ROUTES: tuple[ControllerRouterHandler, ...] = (begin, replays, one)
