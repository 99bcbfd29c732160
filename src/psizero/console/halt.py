"""The stop button of every page: one press, acknowledged by every page from then on."""

import asyncio

from litestar import post
from litestar.response import Redirect

from psizero.api.access import Scope
from psizero.api.doors import doors_of, voice, written
from psizero.api.problem import Asked
from psizero.console.entrance import inside
from psizero.console.form import sent
from psizero.console.sheet import EVERYTHING
from psizero.house import levels


@post("/stop", scope=Scope.STOP, status_code=200, include_in_schema=False)
async def stop(request: Asked) -> Redirect:
    """Everything stands still before the answer goes out; it waits for no tick."""
    form, doors = await sent(request), doors_of(request)
    because = form.word("because") or "pressed in the console"
    await asyncio.to_thread(levels.stop, doors.home, EVERYTHING, voice(request), because)
    return Redirect(inside(form.word("next")), status_code=303)


@post("/resume", scope=Scope.STOP, status_code=200, include_in_schema=False)
async def resume(request: Asked) -> Redirect:
    """What was stopped goes on, once two have asked, or the only one by the name again."""
    form = await sent(request)
    scope, by = form.word("scope"), voice(request, form.word("confirm"))
    await written(request, lambda house: [levels.resume(house, scope, by)])
    return Redirect(inside(form.word("next")), status_code=303)


ROUTES = (stop, resume)
