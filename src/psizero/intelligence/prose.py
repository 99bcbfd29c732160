"""Sentences whose every number is a cell of a table: said one way, and found again.

A digit stands in a briefing only where a `Cell` puts it; a test reads the prose back.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import msgspec
import polars as pl

from psizero.core.money import CURRENCY_DIGITS, round_half_away

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = """January February March April May June July August September October November
December""".split()
UTC = "UTC"
_LARGE = ((9, "billion"), (6, "million"))
_NAME_CHARACTERS_MAX = 32


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of prose that was read: `column` of the row of `table` that `key` names.

    A column may be `inputs.calls` (inside JSON) or `count()`, `sum(column)`, `min(column)` over
    the rows that the key names; a key's value may be several.
    """

    text: str
    unit: str
    value: str
    table: str
    key: Mapping[str, str | Sequence[str]]
    column: str = "value"


Piece = str | Cell
Pieces = tuple[Piece, ...]


class Spark(msgspec.Struct, frozen=True, kw_only=True):
    """Bars for the eye, and the same in words for whoever cannot see them."""

    bars: str
    label: Pieces


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a part; with a label it is a tile, perhaps with bars."""

    pieces: Pieces
    label: Pieces = ()
    lead: Pieces = ()
    spark: Spark | None = None

    @property
    def said(self) -> Pieces:
        head: Pieces = (*self.label, ": ") if self.label else ()
        return (*head, *self.lead, *self.pieces)


class Part(msgspec.Struct, frozen=True):
    """One of the nine parts; without lines it is left out."""

    name: str
    title: str
    lines: tuple[Line, ...]


def spoken(pieces: Sequence[Piece]) -> str:
    """The pieces as one text, beginning with a capital letter where it does not with an id."""
    text = "".join(one if isinstance(one, str) else one.text for one in pieces)
    first = pieces[0] if pieces else ""
    named = isinstance(first, Cell) and first.unit == "name"
    return text if named else text[:1].upper() + text[1:]


def line(*pieces: Piece) -> Line:
    """A plain line."""
    return Line(pieces=pieces)


def listed(items: Sequence[Pieces]) -> Pieces:
    """a, b and c."""
    said: list[Piece] = []
    for number, one in enumerate(items):
        said += [", " if number < len(items) - 1 else " and "] if number else []
        said += one
    return tuple(said)


def plural(count: Decimal | int, one: str, many: str = "") -> str:
    """The noun that goes with a count."""
    return one if count == 1 else many or f"{one}s"


def amount(value: Decimal, unit: str, currency: str = "") -> str:
    """How a number is said: unit minor, quantity, count, share or points.

    Money from 10,000 on is whole, and where it is whole anyway; a share is percent, with one
    digit below 10 and two between 99 and 100; what is large is in millions with one digit.
    """
    if unit == "minor":
        return _money(value, currency)
    if unit == "share":
        percent = value * 100
        digits = 2 if 99 <= abs(percent) < 100 else 1 if 0 < abs(percent) < 10 else 0
        return f"{_rounded(percent, digits)}%"
    if unit == "points":
        return _rounded(value, 1)
    if unit == "quantity":
        for power, word in _LARGE:
            if abs(value) >= 10**power:
                return f"{_rounded(value.scaleb(-power), 1)} {word}"
        return _rounded(value, 1 if abs(value) < 100 and value % 1 else 0)
    return _rounded(value, 0)


def _rounded(value: Decimal, digits: int) -> str:
    return f"{round_half_away(value, digits):,}"


def _money(minor: Decimal, currency: str) -> str:
    digits = CURRENCY_DIGITS.get(currency, 2)
    major = minor.scaleb(-digits)
    whole = abs(major) >= 10_000 or not major % 1
    return f"{currency} {_rounded(major, 0 if whole else digits)}"


def day_text(day: datetime) -> str:
    """Friday 9 October."""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def time_text(at: datetime, zone: str) -> str:
    """06:00 UTC on Friday 9 October; in a zone, 08:00 Berlin time."""
    place = zone.rpartition("/")[2].replace("_", " ")
    there = local(at, zone)
    return f"{there:%H:%M} {zone if zone == UTC else f'{place} time'} on {day_text(there)}"


@lru_cache(maxsize=4096)
def local(at: datetime, zone: str) -> datetime:
    """What the clocks of a zone say at an instant."""
    known = pl.Series([at], dtype=pl.Datetime("us")).dt.replace_time_zone(UTC)
    said = known.dt.convert_time_zone(zone).dt.replace_time_zone(None).item()
    return said if isinstance(said, datetime) else at


@lru_cache(maxsize=256)
def known_zone(zone: str) -> str:
    """The zone, or UTC where it is none of the table that is built in."""
    try:
        local(datetime(2000, 1, 1), zone)
    except pl.exceptions.PolarsError:
        return UTC
    return zone


def name_text(name: str) -> str:
    """An id as it is, cut where it is longer than needed; no line breaks."""
    line_ = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    long = len(line_) > _NAME_CHARACTERS_MAX
    return line_[: _NAME_CHARACTERS_MAX - 1] + "…" if long else line_


def word_text(name: str) -> str:
    """The name of a meter or a source as people write it: sandbox_calls is sandbox calls."""
    return name_text(name.replace("_", " "))


def weekday(day: datetime) -> str:
    """Friday."""
    return DAYS[day.weekday()]
