"""Pages for people: made on the server, each with a URL, whole without any script."""

from collections.abc import Sequence

from litestar import Router
from litestar.types import ControllerRouterHandler

from psizero.api.doors import Doors
from psizero.console import (
    audit,
    automations,
    books,
    customers,
    dunning,
    entrance,
    halt,
    inbox,
    invoices,
    money,
    rows,
    stylesheet,
    support,
    today,
)
from psizero.console.sheet import FAULTS

PAGES = (
    *today.ROUTES,
    *inbox.ROUTES,
    *customers.ROUTES,
    *support.ROUTES,
    *money.ROUTES,
    *invoices.ROUTES,
    *dunning.ROUTES,
    *books.ROUTES,
    *automations.ROUTES,
    *audit.ROUTES,
    *rows.ROUTES,
    *entrance.ROUTES,
    *halt.ROUTES,
    *stylesheet.ROUTES,
)


def routes(_: Doors | None = None) -> Sequence[ControllerRouterHandler]:
    """Every page, to be mounted beside the API; an error of one of them is a page too."""
    return (Router("/", route_handlers=PAGES, exception_handlers=FAULTS),)
