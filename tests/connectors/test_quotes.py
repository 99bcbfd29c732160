"""Quotes that are never closed, and stray ones: every row of a CSV is read, or rejected by name."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psizero.connectors.files import parse_map, read_file
from psizero.core.events.usage import USAGE_RECORDED

KINDS = {USAGE_RECORDED.name: USAGE_RECORDED}
SQL = """select line, a as id, b as customer, null as occurred_at, 'c' as meter, 1 as quantity
from file"""
HEAD = "source = 's'\n[[select]]\nkind = 'usage.recorded'\n"
MAP = parse_map(f'{HEAD}sql = """{SQL}"""', "m.toml", KINDS)


def read(path: Path, body: str) -> tuple[list[str], list[tuple[int, str]]]:
    """The ids that were read, and line and reason of the rejected rows."""
    path.write_text(body, newline="")
    ids: list[str] = []
    rejected: list[tuple[int, str]] = []
    for batch in read_file(path, MAP, KINDS):
        if "objection" in batch.frame.columns:
            rejected += batch.frame.select("line", "objection").rows()
        else:
            ids += batch.frame["id"].fill_null("").to_list()
    return ids, rejected


@pytest.mark.parametrize(
    ("rows", "ids", "line"),
    [
        ('1,a\n2,"b\n3,c\n4,d\n', ["1"], 3),
        ('1,a\n"2,b\n3,c\n', ["1"], 3),
        ('1,a\n2,"', ["1"], 3),
        ('1,"a\nb"\n\n2,"c\nd', ["1"], 5),
        ('"1","a"\n2,b\n3,"say ""no\n4,d\n', ["1", "2"], 4),
        ('1,a\r\n2,"b\r\n3,c\r\n', ["1"], 3),
        ('1,a\n2,"b"x,"c\n3,d\n', ["1"], 3),
        ('1,a\n2, "b\n3,c\n', ["1"], 3),
        ('1,a\n2,"b" "c\n3,d\n', ["1"], 3),
        ('1,a\n2,"b\n' + "3,c\n" * 600_000, ["1"], 3),
    ],
)
def test_unclosed(rows: str, ids: list[str], line: int, tmp_path: Path) -> None:
    """The rows before it are read; the rest is one rejected row that names the line."""
    header = "a,b\r\n" if "\r" in rows else "a,b\n"
    found, rejected = read(tmp_path / "a.csv", header + rows)
    assert found == ids
    said = f"the quote opened in line {line} is never closed: all the rest is this row"
    assert rejected[-1] == (line, said)


@pytest.mark.parametrize(
    ("rows", "ids", "lines"),
    [
        ('1,"a\nb"\n2,b\n', ["1", "2"], []),
        ('1,say "no"\n2,5" wide\n', ["1", "2"], []),
        ('1,"say ""no"""\n2,""\n', ["1", "2"], []),
        ('1,"say "no" to me"\n2,b\n', ["2"], [2]),
        ('1,"a"b\n"2"c,d\n3,e\n', ["3"], [2, 3]),
    ],
)
def test_closed(rows: str, ids: list[str], lines: list[int], tmp_path: Path) -> None:
    found, rejected = read(tmp_path / "a.csv", "a,b\n" + rows)
    assert (found, [row[0] for row in rejected]) == (ids, lines)


# What a letter makes of the state in a row; where it is not named, `plain`.
STEPS = {
    "start": {'"': "inside", " ": "space", ",": "start"},
    "space": {'"': "inside", ",": "start"},
    "plain": {",": "start"},
    "closed": {'"': "inside", " ": "gap", ",": "start"},
    "gap": {'"': "inside", " ": "gap", ",": "start"},
}


def rows_of(body: str) -> int:
    """How many rows a body has, letter by letter: slow and plain."""
    state, begun, rows = "start", False, 0
    for letter in body:
        begun = begun or letter != "\n"
        if state == "inside":
            state = "closed" if letter == '"' else "inside"
        elif letter == "\n":
            rows, begun, state = rows + begun, False, "start"
        else:
            state = STEPS[state].get(letter, "plain")
    return rows + begun


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["x", '"x"', '""', '"', ",", ",", "\n", "\n", " "]), max_size=16))
def test_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    body = "".join(parts)
    ids, rejected = read(tmp_path_factory.getbasetemp() / "quotes.csv", "a,b\n" + body)
    assert len(ids) + len(rejected) == rows_of(body)
