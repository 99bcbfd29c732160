"""Canonical bytes and content ids: what is the same by content has the same name."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

import msgspec

from psizero.core.clock import iso

_ENCODER = msgspec.json.Encoder(order="deterministic")


_ATOMS = frozenset((str, int, bool, float, type(None)))
_LISTS = (list, tuple)


def plain(value: object) -> object:
    """Spell decimals and instants one way: Decimal('1E+3') is "1000", 1.50 is "1.5".

    Most of what it is given are atoms in dicts and lists: a call for each of them costs more than
    all the rest of it.
    """
    if type(value) in _ATOMS:
        return value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {
            str(key): item if type(item) in _ATOMS else plain(item) for key, item in value.items()
        }
    if isinstance(value, _LISTS):
        return [item if type(item) in _ATOMS else plain(item) for item in value]
    return plain(dict(value)) if isinstance(value, Mapping) else value


def decimal_text(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def canonical(value: object) -> str:
    """Canonical JSON: keys sorted, no spaces, decimals as strings."""
    return encoded(plain(value))


def encoded(value: object) -> str:
    """Canonical JSON of what is plain already."""
    return _ENCODER.encode(value).decode()


def content_id(*parts: object) -> str:
    """32 hex digits (128 bits of SHA-256) over the canonical JSON of the parts."""
    return sha256(canonical(parts).encode()).hexdigest()[:32]
