"""Every number of a briefing is a cell of a table: read back from the prose, over random houses."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import cast
from zoneinfo import ZoneInfo

import msgspec
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psizero.core.tables import Facts
from psizero.intelligence.briefing import WIDTH, briefing
from psizero.intelligence.prose import amount, name_text, plural
from psizero.intelligence.roles import ROLES
from tests.intelligence.mornings import NOW, random_tables

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
LABELS = re.compile(r'<span role="img" aria-label="([^"]*)">')
TAGS = re.compile(r"<head>.*?</head>|<[^>]+>", re.DOTALL)
SCALES = {"million": Decimal(10**6), "billion": Decimal(10**9)}


class Number(msgspec.Struct, frozen=True):
    """One number of the evidence."""

    text: str
    unit: str
    value: str
    table: str
    key: dict[str, str | list[str]]
    column: str


class Bars(msgspec.Struct, frozen=True):
    """What a line of bars says, with its numbers."""

    text: str
    numbers: list[Number]


class Line(msgspec.Struct, frozen=True):
    """A line with its numbers."""

    text: str
    numbers: list[Number]
    bars: Bars | None = None


class Part(msgspec.Struct, frozen=True):
    """A part of the evidence."""

    name: str
    title: str
    lines: list[Line]


def numbers(text: str) -> list[str]:
    """Every number in a text, as it is written."""
    return NUMBER.findall(text)


def lines_of(row: dict[str, object]) -> list[Line]:
    """All lines of a briefing, with their evidence."""
    return [
        one
        for part in msgspec.json.decode(str(row["parts"]), type=list[Part])
        for one in part.lines
    ]


def looked_up(known: Facts, one: Number) -> object:
    """What the table says in that place."""
    rows = known[one.table]
    for column, value in one.key.items():
        spelled = pl.col(column).cast(pl.String)
        if rows.schema[column].is_temporal():
            spelled = pl.col(column).dt.to_string("%Y-%m-%dT%H:%M:%S")
        rows = rows.filter(spelled.is_in([value] if isinstance(value, str) else value))
    if one.column == "count()":
        return rows.height
    called = re.fullmatch(r"(sum|min)\((\w+)\)", one.column)
    if called:
        column = rows[called[2]]
        return column.sum() if called[1] == "sum" else column.min()
    head, _, inner = one.column.partition(".")
    (found,) = rows[head].unique().to_list()
    return msgspec.json.decode(found)[inner] if inner else found


def agrees(one: Number) -> bool:
    """Whether a text says its value, to the last digit that it shows."""
    if one.unit in ("name", "word"):
        spelled = one.value.replace("_", " ") if one.unit == "word" else one.value
        return spelled.replace("…", "").endswith(one.text.rstrip("…")) or one.text.endswith("…")
    unit, _, zone = one.unit.partition(" ")
    if unit in ("day", "time", "asked"):
        at = datetime.fromisoformat(one.value.rstrip("Z")).replace(tzinfo=UTC)
        at = at.astimezone(ZoneInfo(zone or "UTC"))
        where = "UTC" if zone == "UTC" else f"{zone.split('/')[-1].replace('_', ' ')} time"
        return f"{at:%A} {at.day} {at:%B}" in one.text and (
            unit == "day" or f"{at:%H:%M} {where} on" in one.text
        )
    (digits,) = numbers(one.text)
    shown = Decimal(digits.replace(",", "")) * next(
        (scale for word, scale in SCALES.items() if word in one.text), Decimal(1)
    )
    step = Decimal(1).scaleb(-len(digits.partition(".")[2])) * next(
        (scale for word, scale in SCALES.items() if word in one.text), Decimal(1)
    )
    value = Decimal(one.value)
    if "share" in one.unit:
        value *= 100
    if "minor" in one.unit:
        value = value if "JPY" in one.text else value / 100
    signed = -shown if "-" in one.text else shown
    return abs((abs(value) if "size" in one.unit else value) - signed) <= step / 2


def same(found: object, said: str) -> bool:
    """Whether a cell holds the value that the evidence names."""
    if isinstance(found, datetime):
        return found.isoformat() == said
    if isinstance(found, int | float | Decimal):
        return Decimal(str(found)) == Decimal(said)
    return str(found) == said


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
@example(0)
def test_every_number_is_a_cell(seed: int) -> None:
    known = random_tables(seed)
    for row in briefing(known, NOW).iter_rows(named=True):
        found: list[str] = []
        for one in lines_of(row):
            told = [text for number in one.numbers for text in numbers(number.text)]
            assert numbers(one.text) == told, one.text
            found += told
            for number in [*one.numbers, *(one.bars.numbers if one.bars else [])]:
                assert agrees(number), number
                if not number.unit.startswith("asked"):
                    assert same(looked_up(known, number), number.value), number
        assert numbers(str(row["text"])) == found
        page = unescape(TAGS.sub(" ", str(row["html"])))
        assert numbers(page) == found
        said = [unescape(one) for one in LABELS.findall(str(row["html"]))]
        assert said == [one.bars.text for one in lines_of(row) if one.bars]
        assert set(numbers(str(row["topic"]))) <= set(found)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_form(seed: int) -> None:
    known = random_tables(seed)
    first = briefing(known, NOW)
    assert first.equals(briefing(known, NOW))
    assert first["role"].to_list() == sorted(ROLES)
    for row in first.iter_rows(named=True):
        text, page, topic = (str(row[name]) for name in ("text", "html", "topic"))
        assert max(len(page.encode()), len(text.encode())) < 100_000
        assert "<img" not in page and "<svg" not in page, "an image has its numbers in words"
        assert len(re.findall("[▁▂▃▄▅▆▇█ ]+</span>", page)) == len(LABELS.findall(page))
        assert not set(text) & set("▁▂▃▄▅▆▇█")
        assert max(map(len, text.splitlines())) <= WIDTH
        assert topic and "\n" not in topic and "cust-" not in topic and "acme" not in topic
        assert not set(text) & set("*`|<>#")
        assert "  " not in text and " ," not in text and " ." not in text
        assert row["words"] <= 400
        document = msgspec.json.decode(str(row["document"]))
        assert document == {"topic": topic, "text": text, "html": page}
        sizes = [int(size) for size in re.findall(r"font-size:(\d+)px", page)]
        assert min(sizes) >= 14 and 'width="600"' in page
        assert "color:" not in page.replace("border-bottom", "").replace("color-scheme", "")
        if not row["notable"]:
            assert len(text.strip().split("\n\n")) <= 3


@pytest.mark.parametrize(
    ("value", "unit", "currency", "text"),
    [
        ("238200", "minor", "EUR", "EUR 2,382"),
        ("238250", "minor", "EUR", "EUR 2,382.50"),
        ("81087613", "minor", "USD", "USD 810,876"),
        ("-999950", "minor", "USD", "USD -9,999.50"),
        ("2382", "minor", "JPY", "JPY 2,382"),
        ("0.454619", "share", "", "45%"),
        ("0.0046", "share", "", "0.5%"),
        ("0.9997", "share", "", "99.97%"),
        ("1", "share", "", "100%"),
        ("0", "share", "", "0%"),
        ("737880", "quantity", "", "737,880"),
        ("242096966", "quantity", "", "242.1 million"),
        ("12.25", "quantity", "", "12.3"),
        ("31380", "count", "", "31,380"),
        ("61.95", "points", "", "62.0"),
    ],
)
def test_how_a_number_is_said(value: str, unit: str, currency: str, text: str) -> None:
    assert amount(Decimal(value), unit, currency) == text


def test_words() -> None:
    assert [plural(one, "customer") for one in (0, 1, 2)] == ["customers", "customer", "customers"]
    assert name_text("a\nb") == "a b"
    assert len(name_text("x" * 99)) == 32


def test_the_reader_sees_a_wrong_number() -> None:
    right = Number("45%", "share", "0.454619", "figures", {}, "value")
    assert agrees(right)
    for text in ("46%", "4.5%", "-45%"):
        assert not agrees(msgspec.structs.replace(right, text=text))
    assert cast(list[str], numbers("up 1,204.5 from 3")) == ["1,204.5", "3"]
