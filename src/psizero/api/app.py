"""The door as one application: the routes of the API, pages that are mounted, what is pushed in.

Whoever adds a door writes route functions that name a `scope`, take a `request`, and read by
`seen` and write by `written` (doors.py); `Mounted` says where more of them hang.
"""

from collections.abc import Sequence
from importlib.metadata import version

import msgspec
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    SecurityScheme,
)
from litestar.openapi.spec import Parameter as Param
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Send
from litestar.types import Scope as Asgi

from psizero.api import (
    audit,
    automations,
    briefing,
    customers,
    decisions,
    health,
    people,
    replays,
    session,
    stops,
    tables,
)
from psizero.api.access import Scope
from psizero.api.doors import SESSION_COOKIE, Doors, guard, scope_of
from psizero.api.frames import CSV, PARQUET
from psizero.api.hosts import own_hosts
from psizero.api.problem import ERRORS, FORESEEN

BODY_BYTES_MAX = 1 << 20
ROUTES: tuple[ControllerRouterHandler, ...] = (
    *health.ROUTES,
    *session.ROUTES,
    *decisions.ROUTES,
    *automations.ROUTES,
    *stops.ROUTES,
    *customers.ROUTES,
    *tables.ROUTES,
    *replays.ROUTES,
    *audit.ROUTES,
    *briefing.ROUTES,
    *people.ROUTES,
)
"""Every route of the API."""
_SECURITY = Components(
    security_schemes={
        "key": SecurityScheme(type="http", scheme="bearer", description="psizero key create"),
        "session": SecurityScheme(type="apiKey", name=SESSION_COOKIE, security_scheme_in="cookie"),
    }
)


FORMS = {"csv": (CSV, PARQUET), "html": ("text/html", "text/plain")}


class Mounted(msgspec.Struct, frozen=True):
    """Doors beside the API: page routes, and a bare ASGI application for all below `/in`."""

    pages: Sequence[ControllerRouterHandler] = ()
    ingest: ASGIApp | None = None


BARE = Mounted()


def application(doors: Doors, mounted: Mounted = BARE) -> Litestar:
    """The routes, guarded. Raises Problem where one of them names no scope."""
    app = _made(State({"doors": doors}), mounted)
    _tell_files(app.openapi_schema)
    for route in app.routes:
        for one in getattr(route, "route_handlers", ()):
            if not isinstance(one, HTTPRouteHandler) or one.http_methods != {HttpMethod.OPTIONS}:
                scope_of(one)
    return app


def document() -> str:
    """The OpenAPI document of the API as it stands in docs/openapi.json."""
    schema = _made(State(), BARE).openapi_schema
    _tell_files(schema)
    said = schema.to_schema()
    return msgspec.json.format(msgspec.json.encode(said), indent=1).decode() + "\n"


def _tell_files(schema: OpenAPI) -> None:
    """What a `format` asks for, beside JSON, of every route that has one."""
    for path in (schema.paths or {}).values():
        asked = path.get
        named = (
            {one.name: one for one in asked.parameters or () if isinstance(one, Param)}
            if asked
            else {}
        )
        if asked is not None and "format" in named and asked.responses:
            answer = asked.responses["200"]
            forms = FORMS["html" if "role" in named else "csv"]
            if isinstance(answer, OpenAPIResponse) and answer.content is not None:
                answer.content |= {form: OpenAPIMediaType() for form in forms}


def _made(state: State, mounted: Mounted) -> Litestar:
    return Litestar(
        [*ROUTES, *mounted.pages],
        guards=[guard],
        dependencies={"cut": Provide(tables.cut_of, sync_to_thread=False)},
        logging_config=None,
        after_exception=[_told],
        state=state,
        exception_handlers=ERRORS,
        openapi_config=OpenAPIConfig(
            title="PsiZero Autopilot",
            version=version("psizero"),
            components=_SECURITY,
            security=[{"key": []}, {"session": []}],
            openapi_router=Router(
                "/api", route_handlers=[], opt={"scope": Scope.OPEN}, include_in_schema=False
            ),
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            use_handler_docstrings=True,
            operation_id_creator=_named,
        ),
        request_max_body_size=BODY_BYTES_MAX,
    )


def _named(route: HTTPRouteHandler, _method: object, _path: object) -> str:
    """What a generated client calls it: decisions_approve."""
    function = route.fn
    return f"{function.__module__.rpartition('.')[2]}_{function.__name__}"


def _told(error: Exception, scope: Asgi) -> None:
    """A defect stands in the house's own log; what a caller did wrong does not."""
    if not isinstance(error, FORESEEN):
        doors = scope["litestar_app"].state["doors"]
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
        doors.log("defect", error=repr(error), where=where, path=str(scope["path"]))


def served(doors: Doors, mounted: Mounted = BARE) -> ASGIApp:
    """All of it, for a server; what is pushed in is not slowed by what pages need."""
    app, ingest = application(doors, mounted), mounted.ingest

    async def answer(scope: Asgi, receive: Receive, send: Send) -> None:
        inward = "method" in scope and str(scope["path"]).startswith("/in/")
        await (ingest if ingest is not None and inward else app)(scope, receive, send)

    return own_hosts(answer, doors.public)
