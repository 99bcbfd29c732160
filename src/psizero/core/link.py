"""The link: a signed address in a message, by which a page knows who came, and about what. Pure.

A text that thinking made holds `psizero:link/<page>`; the connector that sends it puts the signed
address in its place, so no key is ever near a decision. Following a link only opens a page: GET
and HEAD change nothing (mail programs and their guards follow every link).
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

LIFE = timedelta(days=60)
UNSUBSCRIBE = "unsubscribe"
MARKER = re.compile(r"psizero:link/([a-z_]+)")
_DIGEST_BYTES = 16


class Link(msgspec.Struct, frozen=True, array_like=True):
    """Which page, for whom, in which message (`cause` is its key) and stream, valid until when."""

    page: str
    subject: str
    cause: str
    stream: str
    until: datetime


def token(link: Link, key: bytes) -> str:
    """The link as one word of letters, digits, `-`, `_` and `.`: content, point, HMAC-SHA256."""
    content = _encoded(msgspec.json.encode(link))
    return f"{content}.{_digest(content, key)}"


def verified(word: str, key: bytes, now: datetime) -> Link | None:
    """What a token says; None where it is not ours, was changed, or its time is over."""
    content, _, digest = word.partition(".")
    if not content.isascii() or not hmac.compare_digest(
        digest.encode(), _digest(content, key).encode()
    ):
        return None
    try:
        link = msgspec.json.decode(_decoded(content), type=Link)
    except (Error, msgspec.DecodeError):
        return None
    return link if now < link.until else None


def linked(text: str, address: Callable[[str], str]) -> str:
    """The text with the address of each page that it marks in the marker's place."""
    return MARKER.sub(lambda found: address(found[1]), text)


def mark(page: str) -> str:
    """What stands in a template where the signed address of a page will be."""
    return f"psizero:link/{page}"


def _digest(content: str, key: bytes) -> str:
    return _encoded(hmac.new(key, content.encode(), sha256).digest()[:_DIGEST_BYTES])


def _encoded(body: bytes) -> str:
    return urlsafe_b64encode(body).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
