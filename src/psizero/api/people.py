"""Users and keys: who may come in, told to the owner alone."""

import asyncio

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from psizero.api.access import Role, Scope
from psizero.api.doors import doors_of, once, seen
from psizero.api.frames import PROBLEMS
from psizero.api.once import Done
from psizero.api.problem import Asked
from psizero.core.clock import iso
from psizero.core.errors import Refused


class User(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody of [people] in house.toml, and the role at the doors."""

    name: str
    role: Role


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a key is for, and what it may do."""

    name: str
    scopes: list[str]


class KeyHead(msgspec.Struct, frozen=True, kw_only=True):
    """A key without itself."""

    name: str
    scopes: list[str]
    made_at: str


@get("/api/v1/users", scope=Scope.USERS, sync_to_thread=False, responses=PROBLEMS)
def users(request: Asked) -> list[User]:
    """Everybody who has a password."""
    book = doors_of(request).users.book()
    return [User(name=name, role=one.role) for name, one in sorted(book.users.items())]


@post("/api/v1/users", scope=Scope.USERS, status_code=200, responses=PROBLEMS)
async def invite(request: Asked, data: JSONBody[User]) -> Done:
    """Invite somebody: `secret` opens /join once, within a day."""
    people = await seen(request, lambda house: house.policy().known_people())
    if data.name not in people or data.role is Role.MACHINE:
        raise Refused(f"{data.name[:100]!r} is none of [people] in house.toml", "name")

    async def do() -> Done:
        secret = await asyncio.to_thread(doors_of(request).users.invite, data.name, data.role)
        return Done(said=(f"{data.name} names a password at /join",), secret=secret)

    return await once(request, do)


@delete("/api/v1/users/{name:str}", scope=Scope.USERS, status_code=200, responses=PROBLEMS)
async def remove(request: Asked, name: FromPath[str]) -> Done:
    """Nobody of this name comes in any more, at once."""

    async def do() -> Done:
        await asyncio.to_thread(doors_of(request).users.remove, name)
        return Done(said=(f"{name} is out",))

    return await once(request, do)


@get("/api/v1/keys", scope=Scope.USERS, sync_to_thread=False, responses=PROBLEMS)
def keys(request: Asked) -> list[KeyHead]:
    """Every key, without itself."""
    book = doors_of(request).users.book()
    return [
        KeyHead(name=name, scopes=list(one.scopes), made_at=iso(one.made_at))
        for name, one in sorted(book.keys.items())
    ]


@post("/api/v1/keys", scope=Scope.USERS, status_code=200, responses=PROBLEMS)
async def make(request: Asked, data: JSONBody[Key]) -> Done:
    """Make a key; `secret` is it, shown this once."""

    async def do() -> Done:
        made = doors_of(request).users.make_key
        secret = await asyncio.to_thread(made, data.name, tuple(data.scopes))
        return Done(said=(f"{data.name} may: {', '.join(data.scopes)}",), secret=secret)

    return await once(request, do)


@delete("/api/v1/keys/{name:str}", scope=Scope.USERS, status_code=200, responses=PROBLEMS)
async def revoke(request: Asked, name: FromPath[str]) -> Done:
    """The key opens nothing any more, at once."""

    async def do() -> Done:
        await asyncio.to_thread(doors_of(request).users.revoke, name)
        return Done(said=(f"{name} is revoked",))

    return await once(request, do)


ROUTES: tuple[ControllerRouterHandler, ...] = (users, invite, remove, keys, make, revoke)
