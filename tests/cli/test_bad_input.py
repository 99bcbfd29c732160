"""Commands that cannot be done: at most three lines that say what and where, nothing written."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.cli.attempts import attempt, copied, done, founded, holds, refused

UNTIL = ("fly", "--until", "2026-09-20T00:00:00Z")
COMMANDS = [
    ("invoices",),
    ("decisions",),
    ("explain", "x"),
    ("rejected",),
    ("table", "invoices"),
    ("automations",),
    ("meters",),
    ("verify",),
    ("erase", "x"),
    UNTIL,
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that flew a little. Only read."""
    made = founded(tmp_path_factory.mktemp("bad") / "home")
    done("fly", "--until", "2026-09-10T00:00:00Z", "--home", made)
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_no_home(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    for place in ("nowhere", "empty", "file"):
        said = refused(*command, "--home", tmp_path / place)
        assert f"{tmp_path / place} is no home" in said and "psizero init" in said
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "file"]


def cut(home: Path) -> None:
    body = (home / "house.duckdb").read_bytes()
    (home / "house.duckdb").write_bytes(body[: len(body) // 2])


def garbled(home: Path) -> None:
    body = (home / "house.duckdb").read_bytes()
    (home / "house.duckdb").write_bytes(body[:8192] + bytes(range(256)) * 600 + body[161_792:])


def foreign(home: Path) -> None:
    (home / "house.duckdb").unlink()
    with duckdb.connect(str(home / "house.duckdb")) as other:
        other.execute("create table customers (name varchar)")


def later(home: Path) -> None:
    with duckdb.connect(str(home / "house.duckdb")) as other:
        other.execute("insert into migration values (99)")


def folder(home: Path) -> None:
    (home / "house.duckdb").unlink()
    (home / "house.duckdb").mkdir()


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda home: (home / "house.duckdb").write_text("I am no database"), "house.duckdb"),
    "empty": (lambda home: (home / "house.duckdb").write_bytes(b""), "house.duckdb"),
    "cut": (cut, "house.duckdb"),
    "garbled": (garbled, "house.duckdb"),
    "foreign": (foreign, "no ledger"),
    "later": (later, "later version"),
    "folder": (folder, "house.duckdb"),
    "no toml": (lambda home: (home / "house.toml").unlink(), "house.toml is missing"),
    "bad toml": (lambda home: (home / "house.toml").write_text("\nx = 1"), "house.toml line 2: x"),
    "binary toml": (lambda home: (home / "house.toml").write_bytes(b"\xff"), "house.toml line 1"),
}


@pytest.mark.parametrize("damage", SPOILT)
def test_spoilt_home(damage: str, home: Path, tmp_path: Path) -> None:
    """Every command says the same, and what is left stays as it is."""
    spoil, words = SPOILT[damage]
    mine = copied(home, tmp_path / "home")
    spoil(mine)
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    for command in (("invoices",), ("verify",), UNTIL):
        assert words in refused(*command, "--home", mine)
    assert {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("command", [("verify",), UNTIL])
@pytest.mark.parametrize("part", ["keys/house.key", "keys/house.pub", "keys", "ledger.head"])
def test_spoilt_keys(command: tuple[str, ...], part: str, home: Path, tmp_path: Path) -> None:
    """Whether the command can do without or not: no traceback, and a word where it cannot."""
    for replace in (None, "", "rubbish"):
        mine = copied(home, tmp_path / f"home {replace}")
        path = mine / part
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        if replace is not None:
            path.write_text(replace)
        said = attempt(*command, "--home", mine)
        assert "a defect of" not in said.err and "Traceback" not in said.err, said.err
        assert said.code == 0 or 1 <= len(said.err.strip().splitlines()) <= 3, said.err


OPTIONS = {
    ("fly", "--until", "yesterday"): "--until 'yesterday' is no instant",
    ("fly", "--until", ""): "--until '' is no instant",
    ("fly", "--until", "99999-01-01"): "--until '99999-01-01' is no instant",
    ("fly", "--until", "0001-01-01T00:00:00+10:00"): "no instant",
    ("fly", "--until", "0001-01-01T00:00:00Z"): "outside 1970 to 2199",
    ("fly", "--until", "9999-12-31T00:00:00Z"): "outside 1970 to 2199",
    ("fly", "--until", "2026-09-20T00:00:00.5Z"): "whole second",
    ("fly", "--until", "2026-08-01T00:00:00Z"): "the house's clock is at 2026-0",
    ("invoices", "--at", "x"): "--at 'x' is no instant",
    ("decisions", "--at", "0001-01-01T00:00:00+10:00"): "--at",
    ("decisions", "--automation", "nobody"): "finance.invoicing",
    ("table", "nothing"): "there is no table 'nothing'",
    ("table", ""): "there is no table ''",
    ("table", "\x1b[31mx"): "there is no table '\\x1b[31mx'",
    ("table", "run; drop table run"): "there is no table",
    ("table", "invoices", "--format", "parquet"): "-o FILE",
    ("table", "invoices", "-o", "x.txt"): "--format json, csv or parquet",
    ("table", "invoices", "--format", "csv", "-o", "no/x.csv"): "cannot write no/x.csv",
    ("table", "invoices", "--format", "json", "-o", "."): "cannot write .",
    ("table", "invoices", "--format", "parquet", "-o", "no/x"): "cannot write no/x",
    ("table", "invoices", "--format", "csv", "-o", "/dev/full"): "cannot write /dev/full",
    ("explain", "zzz"): "no decision with an id that begins with 'zzz'",
    ("explain", "%"): "no decision",
    ("verify", "--head", "nowhere"): "nowhere",
    ("verify", "--head", "."): "directory",
    ("init",): "is a home already",
    ("prices", "apply", "nowhere.toml"): "cannot read nowhere.toml",
    ("prices", "apply", "."): "cannot read .",
    ("import", "x.csv", "--map", "nowhere.toml"): "cannot read nowhere.toml",
    ("import", "x.csv", "--map", "."): "cannot read .",
}


@pytest.mark.parametrize("words", OPTIONS)
def test_options(
    words: tuple[str, ...], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = holds(home)
    assert OPTIONS[words] in refused(*words, "--home", home)
    assert holds(home) == before and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--grant", "finance.invoicing"), "off, shadow, approve, auto"),
        (("--grant", "finance.invoicing=god"), "off, shadow, approve, auto"),
        (("--grant", "nobody=auto"), "no automation 'nobody'"),
        (("--grant", "=auto"), "no automation ''"),
        (("--company", " "), "--company"),
    ],
)
def test_no_init(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    assert said in refused("init", "--home", tmp_path / "home", *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["/proc/psizero", "/dev/null/psizero"])
def test_init_where_nothing_can_be(place: str) -> None:
    refused("init", "--home", place)


USAGE = """nothing|fly|init|import x|meters --colour|prices x|gate --format xml|gate more
invoices --home|explain --home h|table x --home h --format word"""


@pytest.mark.parametrize("words", USAGE.replace("\n", "|").split("|"))
def test_usage(words: str) -> None:
    """Words that are no command at all: what is wrong with them, and code 2."""
    said = attempt(*words.split())
    assert said.code == 2 and said.err and "Traceback" not in said.err


def test_words_that_are_no_text() -> None:
    for words in (("erase", os.fsdecode(b"a\xff")), ("meters", "--home", os.fsdecode(b"\xff"))):
        assert "no UTF-8" in refused(*words, "--home", "x")


def test_file_takes_its_place_when_it_is_whole(home: Path, tmp_path: Path) -> None:
    """What stood there before stays until then, and nothing else is left."""
    output = tmp_path / "x.csv"
    output.write_text("before")
    for _ in range(2):
        done("table", "prices", "--format", "csv", "-o", output, "--home", home)
        assert output.read_text().startswith("plan,version,")
    assert list(tmp_path.iterdir()) == [output]
