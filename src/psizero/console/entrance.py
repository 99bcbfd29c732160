"""Coming in and going out: a password by a link at first, then name and password."""

import asyncio
from typing import Annotated

from litestar import Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect

from psizero.api.access import Scope
from psizero.api.doors import SESSION_COOKIE, doors_of
from psizero.api.problem import Asked
from psizero.api.session import cookie
from psizero.api.users import SESSION
from psizero.console.form import sent, strange
from psizero.console.sheet import plain
from psizero.core.errors import Refused

Next = Annotated[str, QueryParameter(name="next", max_length=500)]
Secret = Annotated[str, QueryParameter(max_length=200)]


def inside(path: str) -> str:
    """A page of ours to go on to; whatever else was asked for is Today."""
    own = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if own and path.isascii() and path.isprintable() else "/"


@get("/login", scope=Scope.OPEN, sync_to_thread=False, include_in_schema=False)
def login(request: Asked, onward: Next = "/") -> Response[str]:
    """Name and password."""
    return plain(request, "login.html", {"onward": inside(onward), "wrong": "", "name": ""})


@post("/login", scope=Scope.OPEN, status_code=200, include_in_schema=False)
async def log_in(request: Asked) -> Response[str] | Redirect:
    """Who is known goes on to the page that was asked for."""
    form, users = await strange(request), doors_of(request).users
    name, onward = form.word("name"), inside(form.word("next"))
    try:
        secret = await asyncio.to_thread(users.log_in, name, form.word("password"))
    except Refused as error:
        values: dict[str, object] = {"onward": onward, "wrong": str(error), "name": name}
        return plain(request, "login.html", values, 401)
    return _welcomed(request, secret, onward)


@get("/join", scope=Scope.OPEN, sync_to_thread=False, include_in_schema=False)
def join(request: Asked, secret: Secret = "") -> Response[str]:
    """A password of one's own, by the link that the owner or the first start gives."""
    return plain(request, "join.html", {"secret": secret, "wrong": ""})


@post("/join", scope=Scope.OPEN, status_code=200, include_in_schema=False)
async def joined(request: Asked) -> Response[str] | Redirect:
    """The link works once."""
    form, users = await strange(request), doors_of(request).users
    link = form.word("secret")
    try:
        secret = await asyncio.to_thread(users.join, link, form.word("password"))
    except Refused as error:
        return plain(request, "join.html", {"secret": link, "wrong": str(error)}, 422)
    return _welcomed(request, secret, "/")


@post("/logout", scope=Scope.SELF, status_code=200, include_in_schema=False)
async def log_out(request: Asked) -> Redirect:
    """The session is over, wherever its cookie is kept."""
    await sent(request)
    users = doors_of(request).users
    await asyncio.to_thread(users.log_out, request.cookies.get(SESSION_COOKIE, ""))
    return _to(request, "/login", "", 0)


def _welcomed(request: Asked, secret: str, onward: str) -> Redirect:
    return _to(request, onward, secret, int(SESSION.total_seconds()))


def _to(request: Asked, path: str, secret: str, seconds: int) -> Redirect:
    gone = Redirect(path, status_code=303)
    gone.set_cookie(cookie(request, secret, seconds))
    return gone


ROUTES = (login, log_in, join, joined, log_out)
