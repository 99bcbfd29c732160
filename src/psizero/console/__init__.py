"""Pages for people: made on the server, each with a URL, whole without any script."""

from collections.abc import Sequence

from litestar import Router
from litestar.types import ControllerRouterHandler

from psizero.api.doors import Doors
from psizero.console import (
    automations,
    customers,
    entrance,
    halt,
    inbox,
    rows,
    stylesheet,
    today,
)
from psizero.console.sheet import FAULTS

PAGES = (
    *today.ROUTES,
    *inbox.ROUTES,
    *customers.ROUTES,
    *automations.ROUTES,
    *rows.ROUTES,
    *entrance.ROUTES,
    *halt.ROUTES,
    *stylesheet.ROUTES,
)


def routes(_: Doors | None = None) -> Sequence[ControllerRouterHandler]:
    """Every page, to be mounted beside the API; an error of one of them is a page too."""
    return (Router("/", route_handlers=PAGES, exception_handlers=FAULTS),)
