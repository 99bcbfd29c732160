"""Invoices: every one with its state, and one with its lines and how each amount came about."""

from functools import partial
from typing import Annotated

import polars as pl
from litestar import Response, get
from litestar.params import PathParameter, QueryParameter

from psizero.api.access import Scope
from psizero.api.customers import invoice_of
from psizero.api.problem import Asked
from psizero.console.sheet import Values, sheet
from psizero.house.home import House
from psizero.house.rows import objects

ROWS = 50
Word = Annotated[str, QueryParameter(max_length=100)]
State = Annotated[str, QueryParameter(name="state", max_length=100)]
Page = Annotated[int, QueryParameter(ge=1, le=1_000_000)]
Number = Annotated[int, PathParameter(ge=1, le=2**53)]


@get("/money/invoices", scope=Scope.READ, include_in_schema=False)
async def invoices(
    request: Asked, stands: State = "", customer: Word = "", page: Page = 1
) -> Response[str]:
    """Fifty a page, the last one first; of one state or customer where that is named."""

    def read(house: House) -> Values:
        every = house.read("invoice_states")
        found = every
        for column, value in (("state", stands), ("customer", customer)):
            found = found.filter(pl.col(column) == value) if value else found
        found = found.sort("issued_at", "invoice", "subscription", descending=True)
        return {
            "rows": objects(found.slice((page - 1) * ROWS, ROWS)),
            "total": found.height,
            "page": page,
            "of": max(1, -(-found.height // ROWS)),
            "state": stands,
            "customer": customer,
            "states": sorted(every["state"].unique()),
        }

    return await sheet(request, "invoices.html", read)


@get("/money/invoices/{number:int}", scope=Scope.READ, include_in_schema=False)
async def invoice(request: Asked, number: Number) -> Response[str]:
    """One of them."""
    return await sheet(request, "invoice.html", partial(_one, number=number))


def _one(house: House, number: int) -> Values:
    states = house.read("invoice_states").filter(pl.col("invoice") == str(number))
    return {
        "row": invoice_of(house, number),
        "stands": objects(states)[0] if states.height else None,
    }


ROUTES = (invoices, invoice)
