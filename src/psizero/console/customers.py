"""Customers: all of them by name, and one with all that the house knows of it."""

from functools import partial
from typing import Annotated

import polars as pl
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from psizero.api import customers as known_of
from psizero.api.access import Scope
from psizero.api.doors import person_of
from psizero.api.problem import Asked
from psizero.console.sheet import Values, sheet
from psizero.house.home import House
from psizero.house.rows import objects

ROWS = 50
LISTS = {
    "invoices": "Invoices",
    "receivables": "Owed",
    "ticket_opened": "Tickets",
    "subscriptions": "Subscriptions",
    "credits": "Credits",
    "entitlements": "Limits",
}
"""The lists of a customer's page, in their order."""
_UNNAMED = pl.lit(None, pl.String).alias("name")
Word = Annotated[str, QueryParameter(max_length=100)]
Page = Annotated[int, QueryParameter(ge=1, le=1_000_000)]


@get("/customers", scope=Scope.READ, include_in_schema=False)
async def customers(
    request: Asked, segment: Word = "", band: Word = "", page: Page = 1
) -> Response[str]:
    """Fifty a page, the worst health first; who may see names sees them."""
    named = person_of(request).may(Scope.PERSONAL)

    def read(house: House) -> Values:
        every = known_of.known(house)
        found = every
        for column, value in (("segment", segment), ("band", band)):
            found = found.filter(pl.col(column) == value) if value else found
        found = found.sort("score", "customer", nulls_last=True)
        cut = found.slice((page - 1) * ROWS, ROWS)
        return {
            "rows": objects(
                known_of.with_names(house, cut) if named else cut.with_columns(_UNNAMED)
            ),
            "total": found.height,
            "page": page,
            "pages": max(1, -(-found.height // ROWS)),
            "segment": segment,
            "band": band,
            "segments": _words(every, "segment"),
            "bands": _words(every, "band"),
        }

    return await sheet(request, "customers.html", read)


def _words(frame: pl.DataFrame, column: str) -> list[str]:
    return sorted(str(one) for one in frame[column].drop_nulls().unique() if one)


@get("/customers/{name:path}", scope=Scope.READ, include_in_schema=False)
async def customer(request: Asked, name: FromPath[str]) -> Response[str]:
    """One customer: health and what it is made of, money, tickets, what was decided.

    An id is whatever the owner's systems say, with a slash in it too.
    """
    named = person_of(request).may(Scope.PERSONAL)
    known = name.removeprefix("/")
    return await sheet(request, "customer.html", partial(_one, customer=known, named=named))


def _one(house: House, customer: str, named: bool) -> Values:
    found = known_of.story_of(house, customer, named)
    inputs = sorted(one.removesuffix("_points") for one in found if one.endswith("_points"))
    why = [(one, found[f"{one}_points"], found.get(f"{one}_value")) for one in inputs]
    return {
        "customer": customer,
        "found": {"name": None, **found},
        "lists": {title: found[name] for name, title in LISTS.items()},
        "why": [one for one in why if one[1] is not None],
        "missing": [one[0] for one in why if one[1] is None],
    }


ROUTES = (customers, customer)
