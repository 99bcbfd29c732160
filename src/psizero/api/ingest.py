"""The door for what is pushed in: `/in/<connector>`, a bare ASGI application beside the API.

Who sends shows a key of the scope `ingest`, or signs. The body is read within bounds, the connector
makes batches of it, these are durable in the letterbox before the answer goes out; requests that
come together share one letter. Nothing here waits for a tick.
"""

import asyncio
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType

import msgspec
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from psizero.api.access import Scope as Right
from psizero.api.body import Body, Unread, read
from psizero.api.doors import Doors
from psizero.api.post import Post
from psizero.core.arrival import Delivery, Received, Receiver, Terms, refused
from psizero.core.errors import Problem
from psizero.engine.think import FAULTS
from psizero.house.letterbox import Letterbox
from psizero.house.live import Log

PREFIX, FOLDER, FILE = "/in/", "ingest", "ingest.toml"
STRANGER_BYTES_MAX, STRANGER_INFLATED_BYTES_MAX = 1 << 20, 4 << 20
"""So much is read of a body before it is known who sends it."""
INLINE_BYTES_MAX = 256 << 10
"""A larger body is read in a thread of its own, so that it keeps no other door waiting."""
_RETRY_SECONDS = 5


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ingest/ingest.toml` in the home: what one request, and one key, may ask of us."""

    requests_per_second_max: int = 1_000
    body_bytes_max: int = 8 << 20
    inflated_bytes_max: int = 32 << 20
    body_seconds_max: float = 30.0


class Inlet(msgspec.Struct, frozen=True, kw_only=True):
    """All that the door needs. `allowed` says whose a key is, "" where it opens nothing here."""

    home: Path
    connectors: Mapping[str, ModuleType]
    terms: Terms
    box: Letterbox
    allowed: Callable[[str], str]
    now: Callable[[], datetime]
    log: Log
    bounds: Bounds = Bounds()


def ingest(doors: Doors) -> ASGIApp:
    """The door of a house whose doors are open; made in the house's own thread."""

    def allowed(key: str) -> str:
        person = doors.users.of_key(key)
        return person.name if person and person.may(Right.INGEST) else ""

    kinds = doors.house.members.catalog.kinds
    inlet = Inlet(
        home=doors.home,
        connectors=doors.house.members.connectors,
        terms=Terms(kinds),
        box=Letterbox(doors.home, doors.house.keys),
        allowed=allowed,
        now=doors.now,
        log=doors.log,
        bounds=bounds(doors.home),
    )
    return door(inlet)


def bounds(home: Path) -> Bounds:
    """As the home says. Raises Problem where it says it wrongly."""
    path = home / FOLDER / FILE
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Bounds)
    except FileNotFoundError:
        return Bounds()
    except (msgspec.MsgspecError, OSError) as error:
        raise Problem(f"{path}: {error}") from None


def door(inlet: Inlet) -> ASGIApp:
    """The application."""
    desk = _Desk(inlet)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            found = await desk.answer(scope, receive)
            if found is not None:
                await _sent(found, send)

    return answer


class _Desk:
    """What lasts from request to request: receivers, the rate limits, the post."""

    def __init__(self, inlet: Inlet) -> None:
        self._inlet, self._post = inlet, Post(inlet.box)
        self._receivers: dict[str, Receiver] = {}
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerSecond(inlet.bounds.requests_per_second_max)

    async def answer(self, scope: HTTPScope, receive: Receive) -> Received | None:
        """The reply to one request; None where whoever asked has gone."""
        name, _, rest = str(scope["path"]).removeprefix(PREFIX).partition("/")
        module = self._inlet.connectors.get(name)
        if module is None or not hasattr(module, "receiver"):
            return refused(f"nothing is pushed in at {PREFIX}{name[:80]}", 404)
        if scope["method"] not in ("POST", "PUT"):
            return _with(refused("only POST is answered here", 405), allow="POST")
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        signed = getattr(module, "SIGNED", False)
        key = "" if signed else shown(headers)
        owner = self._inlet.allowed(key) if key else ""
        if key and not owner:
            return _nobody()
        busy = self._busy(owner or str((scope.get("client") or ("",))[0]))
        if busy:
            return busy
        limits = self._inlet.bounds
        asked = Body(headers, limits.body_bytes_max, limits.inflated_bytes_max)
        if not owner:  # whose it is stands in the body, or nobody knows
            asked = Body(
                headers,
                min(limits.body_bytes_max, STRANGER_BYTES_MAX),
                min(limits.inflated_bytes_max, STRANGER_INFLATED_BYTES_MAX),
            )
        try:
            async with asyncio.timeout(limits.body_seconds_max):
                body = await read(asked, receive, getattr(module, "CODINGS", ()))
        except TimeoutError:
            return refused("the body did not come in time", 408)
        except Unread as error:
            return _with(refused(str(error), error.status), connection="close")
        if body is None:
            return None
        path = f"/{rest}" if rest else ""
        delivery = Delivery(path=path, headers=headers, body=body, at=self._inlet.now())
        return await self._taken(name, delivery, bool(owner or signed))

    async def _taken(self, name: str, delivery: Delivery, known: bool) -> Received:
        try:
            receiver = self._receiver(name)
        except Problem as error:
            self._inlet.log("ingest", connector=name, problem=str(error))
            return _later(refused(f"{name} is not set up here", 503))
        signed = getattr(self._inlet.connectors[name], "SIGNED", False)
        try:
            if signed or len(delivery.body) > INLINE_BYTES_MAX:
                found = await asyncio.to_thread(receiver, delivery)
            else:
                found = receiver(delivery)
        except (Problem, *FAULTS) as error:
            self._inlet.log("defect", connector=name, error=type(error).__name__)
            return refused("a defect of ours; nothing was taken", 500)
        if not known and not (found.key and self._inlet.allowed(found.key)):
            return _nobody()
        if found.batches and not await self._post.put(found.batches, delivery.at):
            return _later(refused("the letterbox is full, or cannot be written", 503))
        return found

    def _receiver(self, name: str) -> Receiver:
        if name not in self._receivers:
            made: Receiver = self._inlet.connectors[name].receiver(
                self._inlet.home / name, self._inlet.terms
            )
            self._receivers[name] = made
        return self._receivers[name]

    def _busy(self, who: str) -> Received | None:
        if self._limiter.hit(self._rate, who):
            return None
        most = self._inlet.bounds.requests_per_second_max
        answer = refused(f"more than {most} requests a second", 429)
        return _with(answer, **{"retry-after": "1"})


def shown(headers: Mapping[str, str]) -> str:
    """The key that header fields show: as a bearer, by basic authentication, or by itself."""
    way, _, word = headers.get("authorization", "").partition(" ")
    if way.lower() == "bearer":
        return word.strip()
    if way.lower() == "basic":
        try:
            name, _, secret = b64decode(word, validate=True).decode().partition(":")
        except (Base64Error, ValueError):
            return "?"
        return secret or name or "?"
    return headers.get("x-api-key", "?" if way else "")


def _nobody() -> Received:
    answer = refused("a key of the scope ingest is needed: psizero key create", 401)
    return _with(answer, **{"www-authenticate": "Bearer"})


def _later(answer: Received) -> Received:
    return _with(answer, **{"retry-after": str(_RETRY_SECONDS)})


def _with(answer: Received, **headers: str) -> Received:
    return msgspec.structs.replace(answer, headers={**answer.headers, **headers})


async def _sent(found: Received, send: Send) -> None:
    said = {"content-type": found.media} if found.body else {}
    said |= {**found.headers, "content-length": str(len(found.body))}
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in said.items()]
    await send({"type": "http.response.start", "status": found.status, "headers": headers})
    await send({"type": "http.response.body", "body": found.body, "more_body": False})
