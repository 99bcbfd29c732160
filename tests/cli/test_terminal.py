"""Text from outside is data: whatever it holds, it does not act in the terminal."""

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.cli.show import give, inert, text, write
from psizero.house.home import HELD, opened
from tests.cli.attempts import HEADER, START, USE, attempt, done, founded, mapped

NAMES = [
    "[red]rosa[/red]",
    "[/]",
    "[bold",
    ":skull:",
    "'; drop table run; --",
    "\u202eevil",
    "çé 🎉",
]
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
METER = "\x1b[31mred\x1b[0m\x9b2J\x07\n[blue]x"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers with odd names, and a meter that would act, two weeks and their invoices."""
    folder = tmp_path_factory.mktemp("odd")
    made = founded(folder / "home")
    lines = [f'{n},"{name}",2026-09-02T10:00:00Z,1,{{}}' for n, name in enumerate(NAMES)]
    (folder / "[red]a.csv").write_text("\n".join([HEADER, *lines, "bad,[red]row,soon,1,{}"]))
    meter = USE.replace("'calls'", " || ".join(f"chr({ord(letter)})" for letter in METER))
    map_path = mapped(folder / "m.toml", ("usage.recorded", meter), ("subscription.started", START))
    done("import", folder / "[red]a.csv", "--map", map_path, "--home", made)
    done("fly", "--until", "2026-09-20T00:00:00Z", "--home", made)
    return made


def seen(*words: object) -> str:
    """What a person sees of a command, both streams."""
    said = attempt(*words)
    assert "a defect of" not in said.err, said.err
    return said.out + said.err


def test_text_for_people(home: Path) -> None:
    decision = json.loads(done("decisions", "--home", home, "--format", "json"))[0]["id"]
    tables = [row["table"] for row in json.loads(done("tables", "--format", "json"))]
    commands = [("invoices",), ("decisions",), ("explain", decision), ("rejected",), ("meters",)]
    commands += [("automations",), ("verify",), *(("table", name) for name in tables)]
    with opened(home) as house, patch.dict(HELD, {home.resolve(): house}):  # not anew for each
        for words in commands:
            assert not ACTS.search(seen(*words, "--home", home)), words


def test_names_are_shown_as_they_are(home: Path) -> None:
    shown = seen("invoices", "--home", home)
    for name in NAMES:
        assert inert(name) in shown
    assert "[red]a.csv" in seen("rejected", "--home", home)
    assert "\\x1b[31mred\\x1b[0m\\x9b2J\\x07\\n[blue]x" in seen("meters", "--home", home)


@pytest.mark.parametrize("word", ["[red]x[/red]", "[/]", "\x1b[31mx", ":skull:"])
def test_problems(word: str, home: Path, tmp_path: Path) -> None:
    """What a person typed, or the file's own name."""
    for words in (("table", word), ("explain", word), ("fly", "--until", word)):
        assert inert(word) in seen(*words, "--home", home)
    assert (
        inert(word) in seen("meters", "--home", tmp_path / word.replace("/", ""))[:999]
        or "/" in word
    )
    assert inert(word) in seen("erase", word, "--home", home)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_inert(words: str) -> None:
    """One line that does nothing, and tells apart what is different."""
    assert not ACTS.search(inert(words)) and "\n" not in inert(words)
    if words.isprintable():
        assert inert(words) == words


@given(st.lists(TEXTS))
def test_json_is_the_same_to_a_program(texts: list[str]) -> None:
    shown = io.StringIO()
    with redirect_stdout(shown):
        give(json.dumps(texts, ensure_ascii=False))
    assert json.loads(shown.getvalue()) == texts
    assert not ACTS.search(shown.getvalue())


@pytest.mark.parametrize("person", [True, False])
def test_csv_acts_on_no_terminal_and_is_whole_in_a_pipe(person: bool) -> None:
    shown = io.StringIO()
    with redirect_stdout(shown), patch.object(shown, "isatty", return_value=person):
        write(pl.DataFrame({"name": ["\x1b[31mred", "plain"]}), "csv")
    word = "\\x1b[31mred" if person else "\x1b[31mred"
    assert shown.getvalue() == f"name\n{word}\nplain\n"


def test_a_table_of_nothing() -> None:
    shown = io.StringIO()
    with redirect_stdout(shown):
        text(pl.DataFrame())
        text(pl.DataFrame({"a": []}))
    assert shown.getvalue().strip() == "a"
