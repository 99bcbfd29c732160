"""Files and maps that are wrong: refused whole with nothing written, or row by row by name."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from psizero.house.home import opened
from tests.cli.attempts import (
    HEADER,
    ROW,
    START,
    USE,
    attempt,
    copied,
    done,
    founded,
    holds,
    mapped,
    refused,
)

LONG = f"{HEADER}\n{ROW}\nb,{'x' * 10_000_000},2026-09-02,1,{{}}\nc{ROW[1:]}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one price. Only read."""
    return founded(tmp_path_factory.mktemp("files") / "home")


@pytest.fixture
def mine(home: Path, tmp_path: Path) -> Path:
    return copied(home, tmp_path / "home")


def bring(home: Path, file: Path, *selects: tuple[str, str]) -> tuple[object, ...]:
    """What is imported, and refused when nothing could be: the words of `import`."""
    return ("import", file, "--map", mapped(file.parent / "map.toml", *selects), "--home", home)


def written(path: Path, rows: Sequence[str] | str | bytes) -> Path:
    if not isinstance(rows, bytes):
        body = rows if isinstance(rows, str) else "\n".join([HEADER, *rows]) + "\n"
        rows = body.encode("utf-8", "surrogateescape")
    path.write_bytes(rows)
    return path


def rejected(home: Path) -> dict[int, str]:
    """Line and reason of every rejected row."""
    rows = json.loads(done("rejected", "--home", home, "--format", "json"))
    return {row["line"]: row["reason"] for row in rows if row["line"] is not None}


def ids(home: Path) -> list[str]:
    """The usage that was taken."""
    with opened(home) as house:
        return sorted(house.store.everything("usage.recorded")["id"])


PACKED = gzip.compress("\n".join([HEADER, *[ROW] * 9_999]).encode())
WHOLE = {
    "nothing.csv": (None, "there is no such file"),
    "empty.csv": (b"", "it is empty"),
    "a.xlsx": (b"x", "its form is not known"),
    "bare": (b"x", "its form is not known"),
    "binary.csv": (bytes(range(256)) * 40, "binary.csv"),
    "binary.parquet": (bytes(range(256)) * 40, "No magic bytes"),
    "binary.ndjson": (bytes(range(256)) * 40, "no JSON object"),
    "binary.csv.gz": (bytes(range(256)) * 40, "Not a gzipped file"),
    "cut.csv.gz": (PACKED[:-400], "Unexpected end of GZIP"),
    "stub.csv.gz": (PACKED[:15], "end-of-stream"),
    "header.csv": (f"{HEADER}\n".encode(), "finds no rows"),
    "twice.csv": (b"id,who,at,units,more,ID\n", "names a column twice"),
    "wide.csv": (",".join(f"c{n}" for n in range(1_001)).encode(), "more than 1,000"),
    "line.csv": (b"x" * 10_000_000, "line.csv"),
    "other.csv": (b"a,b\n1,2\n", '"id"'),
    "utf16.csv": (f"{HEADER}\n{ROW}\n".encode("utf-16"), '"id"'),
    "deep.ndjson": (b"[" * 99_999, "no JSON object"),
    "cut.json": (b'[{"id": 1}, {"id"', "cut.json"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_unreadable(name: str, home: Path, tmp_path: Path) -> None:
    body, words = WHOLE[name]
    before = holds(home)
    file = tmp_path / name if body is None else written(tmp_path / name, body)
    assert words in refused(*bring(home, file))
    assert holds(home) == before


def test_cut_parquet(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pl.DataFrame({"id": ["a"] * 999, "who": ["ann"] * 999}).write_parquet(file)
    body = file.read_bytes()
    for spoilt in (body[:-9], body[: len(body) // 2] + body[-8:]):
        assert "a.parquet" in refused(*bring(home, written(file, spoilt)))


ROWS = {
    "b,ann": "Expected Number of Columns: 5 Found: 2",
    "b,ann,2026-09-02,1,{},6,7": "Expected Number of Columns: 5 Found: 6",
    "b,J\udcfcrgen,2026-09-02,1,{}": "not utf-8",
    'b,"ann"x,2026-09-02,1,{}': "unterminated quote",
    ",ann,2026-09-02,1,{}": "id is missing",
    "b,,2026-09-02,1,{}": "subject is missing",
    "b,  ,2026-09-02,1,{}": "subject is missing",
    "b,a\x00n,2026-09-02,1,{}": "subject holds control characters",
    "b,\x1b[31mann,2026-09-02,1,{}": "subject holds control characters",
    f"b,{'x' * 1_001},2026-09-02,1,{{}}": "subject is longer than 1,000 characters",
    "b,ann,,1,{}": "occurred_at is not an instant: nothing",
    "b,ann,yesterday,1,{}": "occurred_at is not an instant: yesterday",
    "b,ann,1790000000,1,{}": "occurred_at is not an instant: 1790000000",
    "b,ann,0000-01-01,1,{}": "occurred_at is before 1970: 0000-01-01",
    "b,ann,99999-01-01,1,{}": "occurred_at is not an instant: 99999-01-01",
    "b,ann,9999-12-31,1,{}": "more than 5 minutes ahead of the clock",
    "b,ann,2026-09-02,,{}": "quantity is missing",
    "b,ann,2026-09-02,-1,{}": "quantity is below 0: -1.000000000",
    "b,ann,2026-09-02,-0.0000000001,{}": "quantity is not a quantity: -0.0000000001",
    "b,ann,2026-09-02,1e-12,{}": "quantity is not a quantity: 1e-12",
    "b,ann,2026-09-02,1e400,{}": "quantity is not a quantity: 1e400",
    "b,ann,2026-09-02,NaN,{}": "quantity is not a quantity: NaN",
    "b,ann,2026-09-02,Infinity,{}": "quantity is not a quantity: Infinity",
    'b,ann,2026-09-02,"1,000",{}': "quantity is not a quantity: 1,000",
    "b,ann,2026-09-02,0x10,{}": "quantity is not a quantity: 0x10",
    "b,ann,2026-09-02,lots,{}": "quantity is not a quantity: lots",
    f"b,ann,2026-09-02,{'9' * 30},{{}}": "quantity is not a quantity: 999",
    "b,ann,2026-09-02,1,[]": "properties is no JSON object",
    "b,ann,2026-09-02,1,{": "properties is no JSON object",
    'b,"ann,2026-09-02,1,{}': "the quote opened in line 3 is never closed",
}


def test_rows(mine: Path, tmp_path: Path) -> None:
    """Each bad row beside good ones: it is named, counted, and they are kept."""
    bad = [row for row in ROWS if "never closed" not in ROWS[row]]
    file = written(tmp_path / "a.csv", [ROW, *bad, f"z{ROW[1:]}"])
    said = attempt(*bring(mine, file), "--format", "json")
    (report,) = json.loads(said.out)
    counts = (report["read"], report["taken"], report["rejected"])
    assert (said.code, *counts) == (0, len(bad) + 2, 2, len(bad))
    assert ids(mine) == ["a", "z"]
    found = rejected(mine)
    assert sorted(found) == list(range(3, len(bad) + 3))
    for line, row in enumerate(bad, 3):
        assert ROWS[row] in found[line], row


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "\udcfc" in row or len(row) > 99 or "never closed" in ROWS[row]]
)
def test_a_row_alone(row: str, mine: Path, tmp_path: Path) -> None:
    """Nothing but it: the exit code says so, and `rejected` why."""
    file = written(tmp_path / "a.csv", [row])
    assert "psizero rejected" in refused(*bring(mine, file))
    (reason,) = rejected(mine).values()
    assert ROWS[row].replace("line 3", "line 2") in reason
    assert ids(mine) == []


@pytest.mark.parametrize(
    ("name", "body", "taken"),
    [
        ("bom.csv", f"\ufeff{HEADER}\n{ROW}\n", ["a"]),
        ("cr.csv", f"{HEADER}\r{ROW}\r", ["a"]),
        ("semicolon.csv", f"{HEADER}\n{ROW}\n".replace(",", ";"), ["a"]),
        ("named.csv", f"{HEADER},größe,数量\n{ROW},1,2\n", ["a"]),
        ("long.csv", LONG, ["a", "c"]),
        ("spaced.csv", f"{HEADER}\n{ROW}\n".replace(",1,", ", +5. ,"), ["a"]),
        ("a.json", '[{"id":"a","who":"ann","moment":"2026-09-02","units":1,"more":{}}]', ["a"]),
        ("a.ndjson", '{"id":1,"who":2,"moment":"2026-09-02","units":"1","more":null}\nx\n', ["1"]),
    ],
)
def test_odd_but_good(name: str, body: str, taken: list[str], mine: Path, tmp_path: Path) -> None:
    done(*bring(mine, written(tmp_path / name, body)))
    assert ids(mine) == taken


def test_ids_again(mine: Path, tmp_path: Path) -> None:
    """Within one file and across files: the same is a duplicate, other content a conflict."""
    rows = ["a,ann,2026-09-02,1,{}", "a,ann,2026-09-02T00:00Z,1.0,{}", "a,bob,2026-09-02,1,{}"]
    for taken, offered in ((1, rows), (0, ["a,ann,2026-09-02,2,{}"]), (0, rows[:1])):
        words = bring(mine, written(tmp_path / "a.csv", offered))
        (report,) = json.loads(attempt(*words, "--format", "json").out)
        same = int(offered != rows[:1]), len(offered) - taken
        assert report["taken"] == taken and report["read"] == len(offered)
        assert (report["conflicts"], report["conflicts"] + report["duplicates"]) == same
    with opened(mine) as house:
        (held,) = house.store.everything("usage.recorded").to_dicts()
        assert (held["subject"], held["quantity"]) == ("ann", 1)


OTHER_FILES = """from '/etc/hostname'|from read_text('/etc/hostname')|from read_csv('map.toml')
from glob('/etc/*')|from read_csv('http://127.0.0.1:1/x.csv')|from sniff_csv('/etc/hostname')
from duckdb_secrets()|from file natural join nowhere|from query('from read_text(''/etc/hosts'')')
from home|from tmp_path|from file where getenv('HOME') <> ''""".replace("\n", "|").split("|")


@pytest.mark.parametrize("origin", OTHER_FILES)
def test_map_sees_its_file_alone(origin: str, home: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", [ROW])
    said = refused(*bring(home, file, ("usage.recorded", USE.replace("from file", origin))))
    assert "map.toml: select 1" in said
    assert ids(home) == []


STATEMENTS = """copy file to 'leak.csv'|attach 'leak.db'|pragma version|set threads = 1
drop view file|install httpfs|load httpfs|select 1; select 2|export database 'leak'|checkpoint
insert into rejected values (1, 'x') returning *|create table leak as select 1|explain from file
with a as (delete from rejected returning *) from a|call pragma_version()|use memory||selec 1
select 1 /*"""


@pytest.mark.parametrize("sql", STATEMENTS.replace("\n", "|").split("|"))
def test_map_only_selects(
    sql: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path / "a.csv", [ROW])
    assert "map.toml: select 1" in refused(*bring(home, file, ("usage.recorded", sql)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "map.toml"]


BROKEN = {
    ("usage.recorded", USE.replace("who as", "whom as")): '"whom" not found',
    ("usage.recorded", USE.replace("units as", "units as colour, units as")): "`colour`",
    ("usage.recorded", USE.replace("'calls' as meter,", "")): "`meter` is missing",
    ("usage.recorded", USE.replace("units as", "cast(who as int) as")): "Conversion Error",
    (
        "usage.recorded",
        USE.replace("units as", "error(chr(27) || '[31m[red]no') as"),
    ): "\\x1b[31m[red]no",
    ("price.set", USE): "there is no kind `price.set`",
    ("invoice.issued", USE): "there is no kind `invoice.issued`",
    ("subscription.started", START.replace("moment as", "error('late') as")): "late",
}


@pytest.mark.parametrize("select", BROKEN)
def test_second_select_broken(select: tuple[str, str], home: Path, tmp_path: Path) -> None:
    """The first one is good; still nothing of it is written."""
    file, before = written(tmp_path / "a.csv", [ROW]), holds(home)
    said = refused(*bring(home, file, ("usage.recorded", USE), select))
    assert "map.toml: select 2" in said and BROKEN[select] in said
    assert holds(home) == before


def test_unknown_plan(mine: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", [ROW])
    strange = START.replace("servegen-weekly", "[red]gold")
    refused(*bring(mine, file, ("subscription.started", strange)))
    assert rejected(mine) == {2: "unknown plan: [red]gold"}
    done(*bring(mine, file, ("subscription.started", START)))


@pytest.mark.parametrize("body", [b"", b"\xff", b"a = [", b"a = " + b"[" * 9_999, b"source = 1"])
def test_wrong_map(body: bytes, home: Path, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_bytes(body)
    file = written(tmp_path / "a.csv", [ROW])
    assert "m.toml" in refused("import", file, "--map", tmp_path / "m.toml", "--home", home)
