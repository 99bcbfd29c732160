"""The end of a stream at one click (RFC 8058): what a POST to the signed address says. Pure.

GET and HEAD open a page and change nothing, whoever follows the link. A POST needs no cookie and
gets no redirect; the same one twice is one row, and one whose link is old is told where to turn.
"""

from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from urllib.parse import parse_qs

import msgspec

from psizero.core.link import UNSUBSCRIBE, verified

ONE_CLICK = "List-Unsubscribe=One-Click"
BODY_BYTES_MAX = 4_096
_ROOM = ("product", "marketing")


class Request(msgspec.Struct, frozen=True):
    """What came to the address: `token` is the last part of its path."""

    method: str
    token: str
    content_type: str = ""
    body: bytes = b""


class Reply(msgspec.Struct, frozen=True):
    """The status, what is shown, and the rows by kind that follow."""

    status: int
    text: str
    rows: Mapping[str, list[dict[str, object]]] = {}


def unsubscribed(request: Request, key: bytes, now: datetime) -> Reply:
    """What a request comes to: one-click ends the stream of the message, `scope=all` ends all."""
    link = verified(request.token, key, now)
    if link is None or link.page != UNSUBSCRIBE:
        return Reply(404, "This link is not valid any more. Answer to the message, please.")
    if request.method in ("GET", "HEAD"):
        return Reply(200, f"Do you want no more messages of this kind ({link.stream})?")
    if request.method != "POST":
        return Reply(405, "GET or POST, please.")
    said = _fields(request)
    if said.get("List-Unsubscribe") != "One-Click" and said.get("confirm") != "yes":
        return Reply(400, f"The body has to be {ONE_CLICK}.")
    one_click = "List-Unsubscribe" in said
    purpose = link.stream if link.stream in _ROOM and said.get("scope") != "all" else "all"
    row: dict[str, object] = {
        "id": f"unsubscribed/{link.cause}/{purpose}",
        "subject": link.subject,
        "cause": link.cause,
        "occurred_at": now,
        "purpose": purpose,
        "channel": "mail" if purpose != "all" else "all",
        "origin": "one_click" if one_click else "page",
    }
    return Reply(200, "Done: nothing of this kind will come.", {"consent.withdrawn": [row]})


def _fields(request: Request) -> dict[str, str]:
    """The fields of a form, urlencoded or multipart; nothing of what is neither, or too long."""
    if len(request.body) > BODY_BYTES_MAX:
        return {}
    form = request.content_type.split(";")[0].strip().lower()
    if form == "application/x-www-form-urlencoded":
        said = parse_qs(request.body.decode("utf-8", "replace"), max_num_fields=8)
        return {name: values[0] for name, values in said.items()}
    if form != "multipart/form-data":
        return {}
    head = f"Content-Type: {request.content_type}\r\n\r\n".encode("utf-8", "replace")
    found: dict[str, str] = {}
    for part in message_from_bytes(head + request.body).walk():
        name, body = (
            part.get_param("name", header="content-disposition"),
            part.get_payload(decode=True),
        )
        if isinstance(name, str) and isinstance(body, bytes):
            found[name] = body.decode("utf-8", "replace").strip()
    return found
