"""Every error as problem+json (RFC 9457): what it is, its status, what to do about it."""

from collections.abc import Mapping
from concurrent.futures import CancelledError

import duckdb
import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, ExceptionHandlersMap

from psizero.api.access import Person
from psizero.core.errors import Problem, Refused

PROBLEM_JSON = "application/problem+json"
Asked = Request[Person, str | None, State]
TITLES: Mapping[int, str] = {
    400: "The request is not as documented",
    401: "Who are you?",
    403: "This is not yours to do",
    404: "There is no such thing",
    405: "Not in this way",
    409: "It cannot be done as things stand",
    413: "The request is too large",
    421: "This is another host",
    422: "It cannot be done",
    429: "Too many requests",
    500: "A defect of psizero",
    503: "Not now",
}


class ProblemDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An error as RFC 9457 has it. `lines`: what to do about it, where something can be."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    lines: tuple[str, ...] = ()


class Gone(Exception):
    """There is nothing of this name."""


class Amiss(Exception):
    """It goes against what is there: another body under one key, or another set than was shown."""


class Busy(Exception):
    """Nothing was begun; the same may be asked again."""


def body_of(status: int, detail: str, *lines: str) -> bytes:
    """An error as its document."""
    title = TITLES.get(status, "It cannot be done")
    return msgspec.json.encode(
        ProblemDetail(title=title, status=status, detail=detail, lines=lines)
    )


def said(status: int, detail: str, *lines: str) -> Response[bytes]:
    """An error as an answer."""
    more = {"Retry-After": "60"} if status == 429 else {}
    body = body_of(status, detail, *lines)
    return Response(body, media_type=PROBLEM_JSON, status_code=status, headers=more)


def answered(status: int, detail: str) -> ASGIApp:
    """The same as a bare application, where no route was asked."""
    return ASGIResponse(body=body_of(status, detail), media_type=PROBLEM_JSON, status_code=status)


def _http(_: Asked, error: HTTPException) -> Response[bytes]:
    detail = error.detail if error.status_code < 500 else "it is in the log of the autopilot"
    more = [str(one) for one in error.extra] if isinstance(error.extra, list) else []
    return said(error.status_code, detail, *more)


def _problem(_: Asked, error: Problem) -> Response[bytes]:
    first, *more = str(error).split("\n")
    return said(422, first, *more)


def _refused(_: Asked, error: Refused) -> Response[bytes]:
    status = {"": 401, "retry": 429, "scope": 403}.get(error.field, 422)
    return said(status, str(error))


def _gone(_: Asked, error: Gone) -> Response[bytes]:
    return said(404, str(error))


def _amiss(_: Asked, error: Amiss) -> Response[bytes]:
    return said(409, str(error))


def _busy(_: Asked, error: Busy) -> Response[bytes]:
    return said(503, str(error))


def _ending(_: Asked, __: CancelledError) -> Response[bytes]:
    return said(503, "the autopilot ends; nothing was begun")


def _ledger(_: Asked, error: duckdb.Error) -> Response[bytes]:
    return said(500, f"the ledger cannot be read: {str(error).splitlines()[0]}")


def _deep(_: Asked, __: RecursionError) -> Response[bytes]:
    return said(400, "it is nested too deeply")


def _defect(_: Asked, __: Exception) -> Response[bytes]:
    return said(500, "it is in the log of the autopilot")


FORESEEN = (HTTPException, Problem, Refused, Gone, Amiss, Busy, CancelledError)
ERRORS: ExceptionHandlersMap = {
    HTTPException: _http,
    Problem: _problem,
    Refused: _refused,
    Gone: _gone,
    Amiss: _amiss,
    Busy: _busy,
    CancelledError: _ending,
    duckdb.Error: _ledger,
    RecursionError: _deep,
    Exception: _defect,
}
