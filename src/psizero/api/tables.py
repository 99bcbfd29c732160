"""Every table: a page of it, all of it as a file, as known at an instant, or with rows given."""

from functools import partial

import msgspec
import polars as pl
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import seen
from psizero.api.frames import (
    PAGED,
    PROBLEMS,
    AsFormat,
    At,
    Cut,
    Limit,
    Offset,
    Paging,
    moment,
    page_of,
    paged,
)
from psizero.api.problem import Asked, Gone
from psizero.core.errors import Refused
from psizero.core.tables import Derived
from psizero.engine.think import FAULTS
from psizero.house.home import House
from psizero.house.reader import page
from psizero.store.reading import Page

GIVEN_ROWS_MAX = 100_000


class TableHead(msgspec.Struct, frozen=True, kw_only=True):
    """A table: its form, what it holds, and which frames a caller may give it."""

    table: str
    form: str
    doc: str
    given: tuple[str, ...] = ()


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows that stand for the tables they name; nothing is written."""

    given: dict[str, list[dict[str, object]]]
    at: str | None = None
    limit: int = msgspec.field(default=1_000)
    offset: int = 0


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Which table, as of when, and which of its rows."""

    name: str
    at: str | None
    equal: dict[str, str]
    cut: Cut


@get("/api/v1/tables", scope=Scope.READ, responses=PROBLEMS)
async def tables(request: Asked) -> list[TableHead]:
    """Every table of the house and what it holds."""
    return await seen(request, _heads)


@get("/api/v1/tables/{name:str}", scope=Scope.READ, responses=PAGED)
async def table(
    request: Asked,
    name: FromPath[str],
    cut: Paging,
    at: At = None,
) -> Response[bytes]:
    """A table now, or as it was known at an instant; `column=value` keeps the rows that equal it.

    JSON comes by pages, CSV and Parquet whole.
    """
    known = {"at", "limit", "offset", "format"}
    equal = {key: value for key, value in request.query_params.items() if key not in known}
    asking = Asking(name=name, at=at, equal=equal, cut=cut)
    return await seen(request, partial(_table, asking=asking))


@post("/api/v1/tables/{name:str}", scope=Scope.READ, status_code=200, responses=PAGED)
async def asked(request: Asked, name: FromPath[str], data: JSONBody[Given]) -> Response[bytes]:
    """A table computed with rows given by the caller: a quote, a what-if. Nothing is written."""
    return await seen(request, partial(_given, name=name, data=data))


def _heads(house: House) -> list[TableHead]:
    return [
        TableHead(
            table=name,
            form=type(one).__name__,
            doc=one.doc,
            given=one.given if isinstance(one, Derived) else (),
        )
        for name, one in sorted(house.members.catalog.tables.items())
    ]


def found(house: House, name: str) -> None:
    """Raises Gone where there is no such table."""
    if name not in house.members.catalog.tables:
        raise Gone(f"there is no table {name[:100]!r}; see /api/v1/tables")


def _table(house: House, asking: Asking) -> Response[bytes]:
    found(house, asking.name)
    cut, table = asking.cut, house.members.catalog.tables[asking.name]
    if cut.format == "json" and not (asking.equal or asking.at or isinstance(table, Derived)):
        rows, total = page(house, asking.name, Page(cut.offset, cut.limit))
        return page_of(house, rows, cut, total)
    frame = house.read(asking.name, moment(asking.at))
    return paged(house, equalling(frame, asking.equal), cut)


def equalling(frame: pl.DataFrame, equal: dict[str, str]) -> pl.DataFrame:
    """The rows whose columns, as text, are these. Raises Refused where there is no such column."""
    for column, value in equal.items():
        if column not in frame.columns or frame[column].dtype.is_nested():
            raise Refused(f"there is no column {column[:100]!r} to compare", "column")
        frame = frame.filter(pl.col(column).cast(pl.String) == value)
    return frame


def _given(house: House, name: str, data: Given) -> Response[bytes]:
    found(house, name)
    table = house.members.catalog.tables[name]
    may = table.given if isinstance(table, Derived) else ()
    strange = sorted(set(data.given) - set(may))
    if strange:
        raise Refused(f"{name} takes no {strange[0][:100]!r}; it takes: {', '.join(may)}", "given")
    if sum(map(len, data.given.values())) > GIVEN_ROWS_MAX:
        raise Refused(f"at most {GIVEN_ROWS_MAX:,} rows are given", "given")
    frames = {one: _frame(house, one, rows) for one, rows in data.given.items()}
    at = moment(data.at) or house.now
    through = house.store.through(at) if data.at else None
    try:
        frame = house.sight.facts((name,), (at, through), frames)[name]
    except FAULTS as error:
        said = str(error).split("\n")[0][:200]
        raise Refused(f"{name} cannot be computed of these rows: {said}", "given") from None
    cut = Cut(limit=min(max(data.limit, 1), 10_000), offset=max(data.offset, 0))
    return paged(house, frame, cut)


def _frame(house: House, name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows in the types that the table has. Raises Refused where they do not fit."""
    typed = house.read(name).schema
    for row in rows:
        if strange := sorted(set(row) - set(typed)):
            raise Refused(f"{name} has no column {strange[0][:100]!r}", "given")
    texts = [name for name, kept in typed.items() if kept.is_decimal() or kept.is_temporal()]
    loose = {one: pl.String() if one in texts else kept for one, kept in typed.items()}
    spelt = [{k: str(v) if k in texts and v is not None else v for k, v in r.items()} for r in rows]
    try:
        frame = pl.DataFrame(spelt, schema=loose)
        return frame.with_columns(_typed(one, typed[one]) for one in texts)
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        raise Refused(f"{name}: {str(error).splitlines()[0]}", "given") from None


def _typed(name: str, kept: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kept.is_decimal():
        return column.cast(kept)
    return column.str.strip_suffix("Z").str.to_datetime(time_unit="us").cast(kept)


def cut_of(limit: Limit = 100, offset: Offset = 0, format: AsFormat = "json") -> Cut:
    """The paging that every list has."""
    return Cut(limit, offset, format)


ROUTES: tuple[ControllerRouterHandler, ...] = (tables, table, asked)
