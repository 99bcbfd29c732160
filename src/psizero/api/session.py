"""Logging in and out, naming a password by a link, and who one is."""

import asyncio
from typing import Literal

import msgspec
from litestar import Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler

from psizero.api.access import Person, Scope
from psizero.api.doors import SESSION_COOKIE, doors_of, person_of
from psizero.api.frames import PROBLEMS
from psizero.api.problem import Asked
from psizero.api.users import SESSION
from psizero.core.errors import Refused


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name of [people] in house.toml, and the password."""

    name: str
    password: str


class Joining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret of a link, and the password that its holder wants."""

    secret: str
    password: str


class Self(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and what is theirs. `csrf`: what writes by cookie show as X-CSRF-Token."""

    name: str
    role: str
    scopes: list[str]
    key: bool
    csrf: str = ""


def self_of(person: Person) -> Self:
    """A person as the person may read it."""
    return Self(
        name=person.name,
        role=person.role.value,
        scopes=sorted(one.value for one in person.scopes),
        key=bool(person.key),
        csrf=person.csrf,
    )


@post("/api/v1/session", scope=Scope.OPEN, status_code=200, responses=PROBLEMS)
async def log_in(request: Asked, data: JSONBody[Login]) -> Response[Self]:
    """Log in by name and password; sets the cookie of a session of twelve hours."""
    users = doors_of(request).users
    secret = await asyncio.to_thread(users.log_in, data.name, data.password)
    return _welcomed(request, secret)


@post("/api/v1/join", scope=Scope.OPEN, status_code=200, responses=PROBLEMS)
async def join(request: Asked, data: JSONBody[Joining]) -> Response[Self]:
    """Name a password by a link, which works once, and be logged in."""
    users = doors_of(request).users
    secret = await asyncio.to_thread(users.join, data.secret, data.password)
    return _welcomed(request, secret)


@get("/api/v1/session", scope=Scope.SELF, sync_to_thread=False, responses=PROBLEMS)
def who(request: Asked) -> Self:
    """Who one is, and what one may do."""
    return self_of(person_of(request))


@delete("/api/v1/session", scope=Scope.SELF, status_code=204, responses=PROBLEMS)
async def log_out(request: Asked) -> Response[None]:
    """End the session, wherever its cookie is kept. A key is not ended by itself."""
    users = doors_of(request).users
    await asyncio.to_thread(users.log_out, request.cookies.get(SESSION_COOKIE, ""))
    gone = Response(None, status_code=204)
    gone.set_cookie(cookie(request, "", 0))
    return gone


def cookie(request: Asked, secret: str, seconds: int) -> Cookie:
    """The cookie of a session: no script reads it, no other page sends it with a write."""
    same: Literal["lax"] = "lax"
    secure = request.url.scheme == "https" or bool(doors_of(request).public)
    return Cookie(
        key=SESSION_COOKIE,
        value=secret,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite=same,
        secure=secure,
    )


def _welcomed(request: Asked, secret: str) -> Response[Self]:
    person = doors_of(request).users.of_session(secret)
    if person is None:
        raise Refused("the session was ended meanwhile")
    answer = Response(self_of(person))
    answer.set_cookie(cookie(request, secret, int(SESSION.total_seconds())))
    return answer


ROUTES: tuple[ControllerRouterHandler, ...] = (log_in, join, who, log_out)
