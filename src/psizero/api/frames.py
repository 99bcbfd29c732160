"""Frames as answers: a page of JSON, or the whole as CSV or Parquet; the parameters of both."""

from datetime import datetime
from io import BytesIO
from typing import Annotated, Literal

import msgspec
import polars as pl
from litestar import Response
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from psizero.api.problem import PROBLEM_JSON, ProblemDetail
from psizero.core.clock import instant, iso
from psizero.core.content import canonical
from psizero.core.errors import Refused
from psizero.house.home import House
from psizero.house.rows import spelled

Format = Literal["json", "csv", "parquet"]
AsFormat = Annotated[Format, QueryParameter(name="format", description="JSON by pages.")]
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
ROWS_MAX = 10_000
INTEGER_MAX = 2**53
FIRST_YEAR, LAST_YEAR = 1970, 2199
Limit = Annotated[int, QueryParameter(ge=1, le=ROWS_MAX, description="So many rows at most.")]
Offset = Annotated[int, QueryParameter(ge=0, le=INTEGER_MAX, description="After so many rows.")]
At = Annotated[
    str | None,
    QueryParameter(name="at", description="As known then (ISO 8601, UTC).", max_length=40),
]
Word = Annotated[str | None, QueryParameter(max_length=500)]


class Cut(msgspec.Struct, frozen=True):
    """Which rows of a frame are wanted, and how they are spelled."""

    limit: int = 100
    offset: int = 0
    format: Format = "json"


Paging = NamedDependency[Cut]
"""The paging of a list, as every list has it."""


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """A page of rows. `total` of them there are; `position` and `now`: as of which they hold.

    Instants are ISO 8601 with Z, quantities and rates text, money integer minor units.
    """

    rows: list[dict[str, object]]
    total: int
    limit: int
    offset: int
    position: int
    now: str


_MEANS = {
    400: "not as documented",
    401: "nobody, or a key that is none",
    403: "not yours to do",
    404: "there is no such thing",
    409: "against what is there",
    413: "too large",
    422: "it cannot be done, and why",
    429: "too many",
    500: "a defect",
    503: "not now; nothing was begun",
}


def told(kind: type, means: str, media: str = "application/json") -> ResponseSpec:
    """An answer as the OpenAPI document tells of it."""
    return ResponseSpec(kind, description=means, media_type=media, generate_examples=False)


PROBLEMS = {status: told(ProblemDetail, said, PROBLEM_JSON) for status, said in _MEANS.items()}
"""What every route may answer beside what it is asked for."""
PAGED = {200: told(Rows, "a page of rows"), **PROBLEMS}
LIST = {200: told(list[dict[str, object]], "all of them"), **PROBLEMS}
OBJECT = {200: told(dict[str, object], "all of it"), **PROBLEMS}


def moment(text: str | None) -> datetime | None:
    """Raises Refused where the text is no instant of an age with businesses."""
    if text is None:
        return None
    try:
        found = instant(text)
    except (ValueError, OverflowError):
        raise Refused(f"at={text[:40]!r} is no instant; write 2026-10-16T00:00:00Z", "at") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Refused(f"at={text!r} lies outside {FIRST_YEAR} to {LAST_YEAR}", "at")
    return found


def paged(house: House, frame: pl.DataFrame, cut: Cut) -> Response[bytes]:
    """A page; of a file the whole, since nobody reads a file by pages."""
    if cut.format != "json":
        return filed(frame, cut.format)
    return page_of(house, frame.slice(cut.offset, cut.limit), cut, frame.height)


def page_of(house: House, frame: pl.DataFrame, cut: Cut, total: int) -> Response[bytes]:
    """Rows that were cut already, out of so many."""
    rows = spelled(frame).write_json().encode()
    counts = {"total": total, "limit": cut.limit, "offset": cut.offset}
    counts |= {"position": house.store.position.last}
    tail = msgspec.json.encode(counts | {"now": iso(house.now)})
    return Response(b'{"rows":%s,%s' % (rows, tail[1:]), media_type="application/json")


def filed(frame: pl.DataFrame, format: Format) -> Response[bytes]:
    """A frame as a file; Parquet keeps the types of its columns."""
    if format == "csv":
        body = spelled(_flat(frame)).write_csv().encode()
        return Response(body, media_type=CSV)
    out = BytesIO()
    frame.write_parquet(out)
    return Response(out.getvalue(), media_type=PARQUET)


def objected(rows: object) -> Response[bytes]:
    """Objects of our own making, as JSON."""
    return Response(msgspec.json.encode(rows), media_type="application/json")


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Nested columns as canonical JSON: CSV has no other way."""
    nested = [name for name, kept in frame.schema.items() if kept.is_nested()]
    texts = [pl.Series(name, [canonical(one) for one in frame[name].to_list()]) for name in nested]
    return frame.with_columns(texts)
