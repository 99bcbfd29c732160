"""Tables: every table as rows, narrowed by the URL; where each number of a page comes from."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated
from urllib.parse import quote, urlencode

import polars as pl
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from psizero.api.access import Scope
from psizero.api.doors import seen
from psizero.api.frames import filed, moment
from psizero.api.problem import Asked
from psizero.api.tables import found
from psizero.console.sheet import Values, sheet
from psizero.core.errors import Refused
from psizero.core.tables import Derived, EventTable
from psizero.house.home import House
from psizero.house.reader import page as read_page
from psizero.house.rows import spelled
from psizero.store.reading import Page

ROWS = 50
IS = "is."
"""A parameter `is.column=value` keeps the rows whose column, as text, is one of these."""
At = Annotated[str, QueryParameter(max_length=40)]
Number = Annotated[int, QueryParameter(ge=1, le=1_000_000)]


@get("/tables", scope=Scope.READ, include_in_schema=False)
async def tables(request: Asked, like: At = "") -> Response[str]:
    """Every table and what it holds."""

    def read(house: House) -> Values:
        every = sorted(house.members.catalog.tables.items())
        rows = [(name, type(one).__name__, one.doc) for name, one in every if like in name]
        return {"rows": rows, "like": like}

    return await sheet(request, "tables.html", read)


@get("/tables/{name:str}", scope=Scope.READ, include_in_schema=False)
async def table(
    request: Asked, name: FromPath[str], at: At = "", page: Number = 1
) -> Response[str]:
    """Fifty rows a page, now or as known at an instant."""
    equal = asked(request)
    return await sheet(request, "table.html", partial(_read, asked=(name, at, page), equal=equal))


@get("/tables/{name:str}/csv", scope=Scope.READ, include_in_schema=False)
async def csv(request: Asked, name: FromPath[str], at: At = "") -> Response[bytes]:
    """The same rows as a file, all of them."""
    equal = asked(request)

    def read(house: House) -> Response[bytes]:
        found(house, name)
        return filed(narrowed(house.read(name, moment(at or None)), equal), "csv")

    return await seen(request, read)


def asked(request: Asked) -> dict[str, list[str]]:
    """What the URL narrows by: values by column."""
    equal = dict[str, list[str]]()
    for key, value in request.query_params.multi_items():
        if key.startswith(IS):
            equal.setdefault(key.removeprefix(IS), []).append(str(value))
    return equal


def _read(house: House, asked: tuple[str, str, int], equal: Mapping[str, list[str]]) -> Values:
    name, at, number = asked
    found(house, name)
    kept = house.members.catalog.tables[name]
    offset = (number - 1) * ROWS
    if equal or at or isinstance(kept, Derived):
        frame = narrowed(house.read(name, moment(at or None)), equal)
        rows, total = frame.slice(offset, ROWS), frame.height
    else:
        rows, total = read_page(house, name, Page(offset, ROWS))
    asking = [(f"{IS}{column}", one) for column, values in equal.items() for one in values]
    asking += [("at", at)] if at else []
    return {
        "name": name,
        "logged": isinstance(kept, EventTable) and _logged(house, kept),
        "doc": kept.doc,
        "columns": list(zip(rows.columns, map(numeric, rows.dtypes), strict=True)),
        "rows": spelled(rows).rows(),
        "total": total,
        "page": number,
        "pages": max(1, -(-total // ROWS)),
        "equal": equal,
        "at": at,
        "more": urlencode(asking),
        "csv": f"/tables/{quote(name)}/csv?{urlencode(asking)}".removesuffix("?"),
    }


def _logged(house: House, kept: EventTable) -> bool:
    """Whether its positions are those of records; metered kinds have none of their own."""
    return house.members.catalog.kinds[kept.kind].metered is None


def narrowed(frame: pl.DataFrame, equal: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Rows whose columns, as text, are one of these. Raises Refused where there is no column."""
    texts = spelled(frame)
    for column, values in equal.items():
        if column not in frame.columns or frame[column].dtype.is_nested():
            raise Refused(f"there is no column {column[:100]!r} to compare", "column")
        plain = texts[column].cast(pl.String).is_in(list(values))
        own = frame[column].cast(pl.String).is_in(list(values))
        keep = (plain | own).fill_null(value=False)
        frame, texts = frame.filter(keep), texts.filter(keep)
    return frame


def numeric(kept: pl.DataType) -> bool:
    """Whether a column stands to the right."""
    return kept.is_numeric()


ROUTES = (tables, table, csv)
