"""The number of a line in a CSV file, as an editor counts it, whatever stands before it."""

from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psizero.connectors.files import parse_map, read_file
from psizero.core.events.usage import USAGE_RECORDED

KINDS = {USAGE_RECORDED.name: USAGE_RECORDED}
SQL = """select line, id, who as customer, moment as occurred_at, 'calls' as meter, quantity
from file"""
HEAD = "source = 's'\n[[select]]\nkind = 'usage.recorded'\n"
MAP = parse_map(f'{HEAD}sql = """{SQL}"""', "m.toml", KINDS)

GOOD_LINES = ["{},x,,1", '{},"a,""b""",,2', '{},"two\nlines",,3', '{},x"y,,']
BAD_LINES = ["{},x", "{},x,,1,5", '{},"x"y,,2', "{},\xff,,1", '{},"two\nlines",,3,4', "  "]
LINES = ["", *GOOD_LINES, *BAD_LINES]


def read(path: Path) -> tuple[list[tuple[int, str]], list[int]]:
    """Line and id of the rows that were read, in their order; the lines of the broken ones."""
    good: list[tuple[int, str]] = []
    broken: list[int] = []
    for batch in read_file(path, MAP, KINDS):
        if "objection" in batch.frame.columns:
            broken += batch.frame["line"].to_list()
        else:
            good += batch.frame.select("line", "id").rows()
    return good, broken


@settings(max_examples=60)
@given(st.lists(st.sampled_from(LINES)), st.sampled_from(["\n", "\r\n"]))
def test_lines(tmp_path_factory: pytest.TempPathFactory, lines: list[str], ending: str) -> None:
    """As an editor counts them: blank lines too, and each of those that a value goes over."""
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    begins = list(accumulate((1 + line.count("\n") for line in lines), initial=2))
    text = [line.format(number) for number, line in zip(begins, lines, strict=False)]
    path.write_bytes(ending.join(["id,who,moment,quantity", *text]).encode("latin-1"))
    good, broken = read(path)
    assert broken == [n for n, line in zip(begins, lines, strict=False) if line in BAD_LINES]
    expected = [n for n, line in zip(begins, lines, strict=False) if line in GOOD_LINES]
    assert good == [(n, str(n)) for n in expected]


@pytest.mark.parametrize("row", ["a", '"a\nb"'])
def test_lines_of_one_column(row: str, tmp_path: Path) -> None:
    """There a blank line is a row, without a value."""
    path, select = tmp_path / "one.csv", SQL.replace("who as", "'x' as").replace("moment", "null")
    sql = select.replace("quantity", "1 as quantity")
    path.write_text(f"id\n{row}\n\n{row}\n")
    (batch,) = read_file(path, parse_map(f'{HEAD}sql = """{sql}"""', "m.toml", KINDS), KINDS)
    more = row.count("\n")
    assert batch.frame.select("line", "id").rows() == [
        (2, row.strip('"')),
        (3 + more, None),
        (4 + more, row.strip('"')),
    ]


def test_lines_of_many_rows(tmp_path: Path) -> None:
    """More lines that are no row than fit anywhere; the file's order stays."""
    path, number = tmp_path / "many.csv", 2
    rows = ["id,who,moment,quantity"]
    while len(rows) < 90_000:
        rows += [f'{number},"x\ny",,1', f"{number + 2},x,,1", "", f"{number + 4},x,,1,5"]
        number += 5
    path.write_text("\n".join(rows))
    good, broken = read(path)
    assert len(good) == 45_000 and good == sorted(good)
    assert all(name == str(line) for line, name in good)
    assert broken == list(range(6, number, 5))
