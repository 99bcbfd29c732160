"""What every route gets: the house to read, the house to hand work to, and who asks."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler

from psizero.api.access import NOBODY, Person, Scope
from psizero.api.limits import Limits
from psizero.api.once import Done, Once
from psizero.api.problem import Amiss, Asked, Busy, Gone
from psizero.api.trials import Trials
from psizero.api.users import Users
from psizero.core.errors import Problem, Refused
from psizero.house.charter import ALONE
from psizero.house.home import House
from psizero.house.live import Life, Log
from psizero.house.reader import Reader

SESSION_COOKIE, CSRF_HEADER = "psizero_session", "X-CSRF-Token"
PATIENCE_SECONDS = 30.0
"""How long a write waits for the tick in hand; after that it is called off, not begun."""
SAFE = ("GET", "HEAD", "OPTIONS")
Found = TypeVar("Found")
Connection = ASGIConnection[BaseRouteHandler, Person, str | None, State]


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a route needs; one for the whole process.

    `house` belongs to the house's own thread: a door touches it inside of `life.hand_in` alone
    (`written` does that), and reads through `reader`.
    """

    home: Path
    house: House
    life: Life
    reader: Reader
    users: Users
    now: Callable[[], datetime]
    limits: Limits
    trials: Trials
    once: Once
    log: Log
    public: str = ""


def doors_of(connection: Asked | Connection) -> Doors:
    """The doors of the app that answers."""
    found = connection.app.state["doors"]
    if not isinstance(found, Doors):
        raise TypeError("the app was made without doors")
    return found


def person_of(connection: Asked | Connection) -> Person:
    """Who asks; NOBODY at an open route."""
    found = connection.scope.get("user")
    return found if isinstance(found, Person) else NOBODY


def scope_of(route: BaseRouteHandler) -> Scope:
    """The scope that a route names. Raises Problem where it names none."""
    named = route.opt.get("scope")
    if isinstance(named, Scope):
        return named
    raise Problem(f"the route {sorted(route.paths)} names no scope")


def guard(connection: Connection, route: BaseRouteHandler) -> None:
    """Before every route: who asks, and whether it is theirs. Denies by default."""
    person, scope = _asking(connection), route.opt.get("scope")
    connection.scope["user"] = person
    if not isinstance(scope, Scope):
        raise http_error(405, "there is no such way to ask")
    if person.may(scope):
        return
    if person is NOBODY:
        raise NotAuthorizedException("log in, or show a key: Authorization: Bearer psz_...")
    raise PermissionDeniedException(f"{person.name} ({person.role.value}) lacks {scope.value}")


def _asking(connection: Connection) -> Person:
    """By key, or by the cookie of a session; a write by cookie comes from our own pages."""
    users, word = doors_of(connection).users, connection.headers.get("authorization", "")
    if word:
        way, _, key = word.partition(" ")
        found = users.of_key(key.strip()) if way.lower() == "bearer" else None
        if found is None:
            raise NotAuthorizedException("this key is none, or was revoked")
        return found
    person = users.of_session(connection.cookies.get(SESSION_COOKIE, "")) or NOBODY
    writes = str(connection.scope.get("method", "")) not in SAFE
    if person is not NOBODY and writes and not _ours(connection, person):
        raise PermissionDeniedException(f"a write by cookie shows {CSRF_HEADER}")
    return person


def _ours(connection: Connection, person: Person) -> bool:
    """Whether a page of ours asks: by its token, or as the browser itself says."""
    headers = connection.headers
    shown = headers.get(CSRF_HEADER.lower(), "")
    if shown:
        return shown == person.csrf
    if "sec-fetch-site" in headers:
        return headers["sec-fetch-site"] == "same-origin"
    origin = headers.get("origin", "")
    return bool(origin) and origin.partition("://")[2] == headers.get("host", "")


async def seen(request: Asked, read: Callable[[House], Found]) -> Found:
    """What a function reads of the house as it was committed last, in a thread of its own."""
    return await asyncio.to_thread(_seen, doors_of(request), read)


def _seen(doors: Doors, read: Callable[[House], Found]) -> Found:
    with doors.reader.house() as house:
        return read(house)


async def once(request: Asked, do: Callable[[], Awaitable[Done]]) -> Done:
    """A write, once for each Idempotency-Key of whoever asks."""
    person, key = person_of(request), request.headers.get("idempotency-key", "")
    body = sha256(await request.body()).hexdigest() if key else ""
    what = f"{request.method} {request.url.path} {body}"
    return await doors_of(request).once.done((f"{person.role} {person.name}", key), what, do)


async def written(request: Asked, write: Callable[[House], Sequence[str]]) -> Done:
    """What a function does in the house's own thread between two ticks, once; what it says of it.

    Raises Busy where a tick takes longer than a door waits: then it was not begun.
    """
    return await once(request, partial(_written, doors_of(request), write))


def voice(request: Asked, confirm: str = "") -> str:
    """As whom somebody speaks in the house: a person by name, a program as `key NAME`.

    `confirm`: the name typed again with `single person`, where there is only one.
    """
    person = person_of(request)
    if person.key:
        return f"key {person.key}"
    if confirm and confirm != f"{person.name}{ALONE}":
        raise Problem("confirm is another name", f'it has to be "{person.name}{ALONE}"')
    return confirm or person.name


async def _written(doors: Doors, write: Callable[[House], Sequence[str]]) -> Done:
    job = doors.life.hand_in(partial(_said, doors.house, write))
    waiting = asyncio.wrap_future(job)
    done, _ = await asyncio.wait([waiting], timeout=PATIENCE_SECONDS)
    if not done and not job.cancel():
        done, _ = await asyncio.wait([waiting])
    if waiting.cancelled() or not done:
        raise Busy("the autopilot is at work, or ends; nothing was begun: ask again")
    found = waiting.result()
    if isinstance(found, Exception):
        raise found
    return Done(said=tuple(found))


def _said(
    house: House, write: Callable[[House], Sequence[str]]
) -> Sequence[str] | Amiss | Gone | Refused:
    """An error of a door is an answer, and none that the house has to know."""
    try:
        return write(house)
    except (Amiss, Gone, Refused) as error:
        return error


def http_error(status: int, detail: str) -> HTTPException:
    """An answer that is no success."""
    return HTTPException(detail=detail, status_code=status)
