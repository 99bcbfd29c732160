"""The body of a request that is pushed in: read within bounds, and without its compression."""

import asyncio
import zlib
from collections.abc import Mapping, Sequence

import msgspec
from litestar.types import Receive

_INLINE_BYTES_MAX = 16 << 10
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Unread(Exception):
    """The body is not taken; `status` says why to a program."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Body(msgspec.Struct, frozen=True):
    """What the header fields say of it, and how many bytes of it are read, and inflated, at most"""

    headers: Mapping[str, str]
    bytes_max: int
    inflated_bytes_max: int


async def read(body: Body, receive: Receive, codings: Sequence[str] = ()) -> bytes | None:
    """All of it; None where whoever sends it has gone. What is in `codings` is left as it is.

    Raises Unread: too large, of a coding that nobody knows here, or broken.
    """
    coding = body.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", *_WINDOWS, *codings):
        raise Unread(415, f"a content-encoding {coding[:40]!r} is not read here")
    _check_charset(body.headers.get("content-type", ""))
    said = body.headers.get("content-length", "0")
    if said.isdigit() and int(said) > body.bytes_max:
        raise Unread(413, f"more than {body.bytes_max:,} bytes")
    parts, size, more = list[bytes](), 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message["body"])
        size += len(parts[-1])
        if size > body.bytes_max:
            raise Unread(413, f"more than {body.bytes_max:,} bytes")
        more = message["more_body"]
    whole = b"".join(parts)
    if coding not in _WINDOWS:
        return whole
    if len(whole) > _INLINE_BYTES_MAX:
        return await asyncio.to_thread(inflated, whole, coding, body.inflated_bytes_max)
    return inflated(whole, coding, body.inflated_bytes_max)


def inflated(packed: bytes, coding: str, bytes_max: int) -> bytes:
    """Every member of it. Raises Unread where it is broken, cut, or grows beyond the bound."""
    found, left = list[bytes](), packed
    try:
        while left:
            machine = zlib.decompressobj(_WINDOWS[coding])
            found.append(machine.decompress(left, bytes_max + 1 - sum(map(len, found))))
            if sum(map(len, found)) > bytes_max:
                raise Unread(413, f"more than {bytes_max:,} bytes once inflated")
            if not machine.eof:
                raise Unread(400, f"the {coding} is cut short")
            left = machine.unused_data
    except zlib.error:
        raise Unread(400, f"this is no {coding}") from None
    return b"".join(found)


def _check_charset(said: str) -> None:
    """JSON is UTF-8, whatever a header field says; one that says otherwise means it."""
    for parameter in said.lower().split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip("\"' ") not in ("utf-8", "utf8", "us-ascii"):
            raise Unread(415, "the body has to be UTF-8")
