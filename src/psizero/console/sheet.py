"""A page as the browser gets it: a template, the frame around it, and what it may not do.

Templates escape everything and fail at a name that they do not know. No page runs a script.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from urllib.parse import quote, urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from litestar.exceptions import NotAuthorizedException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from psizero.api.access import NOBODY, Person, Scope
from psizero.api.doors import doors_of, person_of, seen
from psizero.api.problem import ERRORS, Asked, ProblemDetail
from psizero.core.clock import iso
from psizero.core.policy import ANY
from psizero.house.home import House
from psizero.house.stops import stops
from psizero.intelligence.prose import amount
from psizero.store.keys import PREFIX as SEALED

HTML = "text/html; charset=utf-8"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every page says to the browser; a referrer stays, or a form would not say its origin."""
ROOMS = (
    ("/", "Today", Scope.READ),
    ("/decide", "Decide", Scope.READ),
    ("/customers", "Customers", Scope.READ),
    ("/support", "Support", Scope.READ),
    ("/money", "Money", Scope.READ),
    ("/automations", "Automations", Scope.READ),
    ("/audit", "Audit", Scope.AUDIT),
    ("/tables", "Tables", Scope.READ),
)
"""The pages that every one of them links to, in the order of the day, and whose they are."""
Values = dict[str, object]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around every page: who reads it, what stands still, and as of when."""

    person: Person
    path: str
    query: str = ""
    stopped: Mapping[str, Mapping[str, str]]
    as_of: str = ""

    @property
    def url(self) -> str:
        """The page itself, to come back to."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def rooms(self) -> list[tuple[str, str, bool]]:
        """The pages that this person may see: address, title, and whether this is one of them."""
        return [
            (url, title, self.path == url or (url != "/" and self.path.startswith(f"{url}/")))
            for url, title, scope in ROOMS
            if self.person.may(scope)
        ]

    def may(self, scope: str) -> bool:
        """Whether what a scope opens is shown."""
        return self.person.may(Scope(scope))


def money_text(minor: object, currency: object) -> str:
    """Minor units as people write them; empty where nobody said how much."""
    if minor is None or not currency:
        return ""
    return amount(Decimal(str(minor)), "minor", str(currency))


def time_text(said: object) -> str:
    """An instant in ISO 8601 to the minute, still in UTC and saying so."""
    text = str(said or "")
    return f"{text[:10]} {text[11:16]} UTC" if len(text) >= 17 else text


def short_text(said: object) -> str:
    """A figure to one digit; its rows have all of them."""
    try:
        return f"{Decimal(str(said)):.1f}"
    except InvalidOperation:
        return str(said)


def word_text(said: object) -> str:
    """A name of ours as words: `gift.send` is "gift send"."""
    return str(said).replace(".", " ").replace("_", " ")


def rows_url(table: object, key: Mapping[str, object] | None = None) -> str:
    """Where the rows stand that a number was made of."""
    pairs = [
        (f"is.{name}", str(one))
        for name, value in (key or {}).items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return f"/tables/{quote(str(table), safe='')}" + (f"?{urlencode(pairs)}" if pairs else "")


def _made() -> Environment:
    env = Environment(
        loader=PackageLoader("psizero.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {"time": time_text, "word": word_text, "path": lambda one: quote(str(one), "")}
    env.filters["short"] = short_text
    env.tests["sealed"] = lambda one: str(one).startswith(f"{SEALED}:")
    env.globals |= {"money": money_text, "rows_url": rows_url, "style": STYLE_PATH}
    return env


STYLE = PackageLoader("psizero.console").get_source(Environment(autoescape=True), "console.css")[0]
STYLE_PATH = f"/assets/console.{sha256(STYLE.encode()).hexdigest()[:16]}.css"
_TEMPLATES = _made()


def drawn(frame: Frame, name: str, values: Values) -> str:
    """A page as text, of what was read already: pure, and the same for the same values."""
    return _TEMPLATES.get_template(name).render(frame=frame, **values)


def framed(request: Asked, as_of: str = "") -> Frame:
    """What stands around the page that is asked for."""
    person = person_of(request)
    known = stops(doors_of(request).home) if person is not NOBODY else {}
    url = request.url
    return Frame(person=person, path=url.path, query=url.query, stopped=known, as_of=as_of)


async def sheet(request: Asked, name: str, read: Callable[[House], Values]) -> Response[str]:
    """The page of a template and of what a function reads, all of one committed state."""

    def answer(house: House) -> str:
        return drawn(framed(request, iso(house.now)), name, read(house))

    return Response(await seen(request, answer), media_type=HTML, headers=HEADERS)


def plain(request: Asked, name: str, values: Values, status: int = 200) -> Response[str]:
    """The page of a template that reads nothing of the house."""
    text = drawn(framed(request), name, values)
    return Response(text, media_type=HTML, headers=HEADERS, status_code=status)


def _amiss(request: Asked, error: Exception) -> Response[str] | Redirect:
    """What went wrong as a page; who is nobody yet is asked who it is, and comes back."""
    if isinstance(error, NotAuthorizedException):
        back = {"next": framed(request).url} if request.method == "GET" else {}
        return Redirect("/login" + (f"?{urlencode(back)}" if back else ""), status_code=303)
    way = next(
        way for kind, way in ERRORS.items() if isinstance(kind, type) and isinstance(error, kind)
    )
    told = msgspec.json.decode(way(request, error).content, type=ProblemDetail)
    return plain(request, "problem.html", {"told": told}, told.status)


FAULTS: ExceptionHandlersMap = dict.fromkeys(ERRORS, _amiss)
"""Every error of a page is a page."""
EVERYTHING = ANY
