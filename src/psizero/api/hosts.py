"""Whom a request is for: on loopback only names of loopback, so that no strange page reaches it."""

from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as Asgi

from psizero.api.problem import answered

LOOPBACKS = ("127.0.0.1", "localhost", "::1", "[::1]")


def own_hosts(app: ASGIApp, public: str) -> ASGIApp:
    """The app, for requests that name this host: `public`, or where they come to loopback, it.

    A page of somebody else whose name was turned to point here (DNS rebinding) names itself.
    """

    async def answer(scope: Asgi, receive: Receive, send: Send) -> None:
        if "method" in scope:
            place = scope.get("server")
            said = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if place is not None and not _meant(said, place[0], public):
                await answered(421, f"this is not {said[:100]!r}")(scope, receive, send)
                return
        await app(scope, receive, send)

    return answer


def _meant(said: str, place: str, public: str) -> bool:
    name = said.rpartition(":")[0] if said.rpartition(":")[2].isdecimal() else said
    if public and name == public:
        return True
    return name in LOOPBACKS if place in LOOPBACKS else not public
