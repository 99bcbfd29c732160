"""Documentation that cannot lie: what a page says is compared with what the house does."""

import contextlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from psizero.cli import docs, twin
from psizero.cli.commands import app
from psizero.cli.reference import pages
from psizero.house.contest import Side, contest
from psizero.house.members import members
from psizero.twin.scenario import load
from tests.cli.conftest import Shown

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
OUTPUTS = (ROOT / "docs" / "outputs.md").read_text()
MAPS = (ROOT / "docs" / "import-maps.md").read_text()
STALE = "stale: run `python -m psizero.cli.docs`"
PAGES = [
    path
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    if path.name != "commands.md"
]
DECIDED = sorted(ROOT.glob("docs/decisions/0*.md"))

# Output -> the command, with `--home demo` and `--format json` to follow where it takes them.
COMMANDS = {
    "invoices": "invoices --home demo",
    "decisions": "decisions --home demo",
    "explain": "explain {decision} --home demo",
    "pending": "pending --home demo",
    "replay": "replay --from 2026-02-26T00:00:00Z --home demo",
    "briefing": "briefing --at 2026-03-01T07:00:00Z --home demo",
    "rejected": "rejected --home demo",
    "automations": "automations --home demo",
    "gate": "gate",
    "meters": "meters --home demo",
    "scorecard": "scorecard --home demo",
    "twin compare": "twin compare --customers 20 --days 45 --seeds 4 --processes 1",
    "verify": "verify --home demo",
    "books": "books --home demo",
    "tables": "tables",
    "import": "import demo/input/usage-late.csv --map demo/input/usage.map.toml --home demo",
    "table": "table usage_quarter_hour --home demo",
}
ELSEWHERE = {"quote"}
"""Described field by field in docs/quote.md, whose every example tests/cli/test_quote.py runs."""
SHAPES = {
    "text": lambda value: isinstance(value, str),
    "instant": lambda value: bool(re.fullmatch(INSTANT, str(value))),
    "decimal": lambda value: isinstance(value, str) and bool(re.fullmatch(DECIMAL, value)),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, float),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
}
INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z"
DECIMAL = r"-?(0|[1-9]\d*)(\.\d*[1-9])?"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison of two companies without a house, which is quick."""
    sides = (Side("first"), Side("second"))
    monkeypatch.setattr(twin, "contest", lambda _, *rest: contest(sides, *rest))


def documented(command: str) -> dict[str, str]:
    """Field to type, in the order of the page, of one section of docs/outputs.md."""
    section = re.search(rf"\n## `psizero {command}`\n(.*?)(?=\n## |\Z)", OUTPUTS, re.S)
    assert section, f"docs/outputs.md has no section for psizero {command}"
    cells = [row.split(" | ") for row in re.findall(r"\n\| (?!Field)(\w.*)(?=\n)", section[1])]
    return {field: kind for field, kind, *_ in cells}


def fields(value: object, known: dict[str, str], above: str = "") -> Iterator[tuple[str, object]]:
    """Every field of an output with its value, in order; into objects that the page opens."""
    if isinstance(value, list):
        for one in value:
            yield from fields(one, known, above)
    elif isinstance(value, dict):
        for name, inner in value.items():
            path = f"{above}{name}"
            yield path, inner
            for opening in (f"{path}.", f"{path}[]."):
                if any(field.startswith(opening) for field in known):
                    yield from fields(inner, known, opening)


def by_level(paths: Iterable[str]) -> dict[str, list[str]]:
    """Field names in their order, by the object that holds them."""
    levels: dict[str, list[str]] = {}
    for path in dict.fromkeys(paths):
        above, _, name = path.rpartition(".")
        levels.setdefault(above, []).append(name)
    return levels


def output(command: str, shown: Shown, capsys: pytest.CaptureFixture[str]) -> object:
    """What a command of COMMANDS gives to programs in the demo's home."""
    decision = ""
    if command == "explain":
        good = [one for one in printed("decisions", "", shown, capsys) if one["state"] == "done"]
        decision = good[0]["id"]
    return printed(command, decision, shown, capsys)


def printed(
    command: str, decision: str, shown: Shown, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, str]]:
    """The JSON on stdout."""
    capsys.readouterr()
    tokens = COMMANDS[command].format(decision=decision).split()
    with contextlib.chdir(shown.folder):
        app([*tokens, "--format", "json"], result_action="return_value")
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_outputs_are_as_documented(
    command: str, shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    known = documented(command)
    if command == "explain":
        known = {**documented("decisions"), **known}
    found = list(fields(output(command, shown, capsys), known))
    assert by_level(path for path, _ in found) == by_level(known)
    for path, value in found:
        kind, _, null = known[path].partition(" or ")
        assert SHAPES[kind](value) or (null == "null" and value is None), (path, known[path], value)


def test_every_output_is_documented() -> None:
    giving = {name for name in docs.names() if "--format" in docs.told(name)}
    assert giving == set(COMMANDS) | ELSEWHERE
    assert set(re.findall(r"\n## `psizero ([\w ]+)`", OUTPUTS)) == set(COMMANDS)


def test_the_commands_page_is_as_the_help_says() -> None:
    if (ROOT / "docs" / "commands.md").read_text() != docs.commands():
        pytest.fail(f"docs/commands.md is {STALE}", pytrace=False)


def test_the_screens_in_the_readme_are_those_printed(shown: Shown) -> None:
    if docs.screens(README, shown.home) != README:
        pytest.fail(f"a screen in README.md is {STALE}", pytrace=False)


@pytest.mark.parametrize("page", ["import-maps.md", "twin.md"])
def test_what_is_made_within_a_page_is_fresh(page: str) -> None:
    place = ROOT / "docs" / page
    if place.read_text() != docs.partly(ROOT)[place]:
        pytest.fail(f"docs/{page} is {STALE}", pytrace=False)


def test_the_twins_page_names_every_parameter_with_its_source() -> None:
    """As the files say them, read by the plainest means."""
    text = (ROOT / "docs" / "twin.md").read_text()
    for file in sorted((ROOT / "src" / "psizero" / "twin" / "scenarios").glob("*.toml")):
        said = tomllib.loads(file.read_text())
        section = re.search(rf"\n## {file.stem}\n(.*?)(?=\n## |\Z)", text, re.S)
        assert section and said["doc"] in section[1], file.name
        for group, named in said["parameters"].items():
            for name, one in named.items():
                shown_as = name if file.stem == "calm" else f"{group}.{name}"
                row = re.search(rf"\n\| {re.escape(shown_as)} \|(.*)", section[1])
                assert row, (file.name, shown_as)
                assert f" {one['unit']} | {one['source']} | {one['sure']} |" in section[1]


def test_the_scenario_on_the_twins_page_is_one(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "twin.md").read_text()
    (block,) = re.findall(r"\n```toml\n(.*?)```", text, re.S)
    (tmp_path / "mine.toml").write_text(block)
    mine, calm = load(str(tmp_path / "mine.toml")), load("calm")
    assert sum(one != calm.parameters[name] for name, one in mine.parameters.items()) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_points_to_is_there(page: Path) -> None:
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
    typed = re.findall(r"(?:^ {4}|`|\n *)psizero ([a-z]+)(?: ([a-z]+))?", text, re.M)
    known = [name.split() for name in docs.names()]
    strange = [
        (first, second)
        for first, second in typed
        if [first] not in known and [first, second] not in known
    ]
    assert strange == []


def test_the_readme_names_every_room() -> None:
    house = ROOT / "src" / "psizero"
    rooms = {path.name for path in house.iterdir() if (path / "__init__.py").exists()}
    assert set(re.findall(r"\n\| `(\w+)/` \|", README)) == rooms
    paths = re.findall(r"`((?:src|tests|docs|examples)/[\w/.]*)`", README)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_example_on_the_map_page_gives_its_invoices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = re.findall(r"\n`([\w.]+)`: ", MAPS)
    blocks = re.findall(r"\n```(?:csv|toml)\n(.*?)```", MAPS, re.S)
    for name, block in zip(names, blocks, strict=True):
        (tmp_path / name).write_text(block)
    lines = re.findall(r"\npsizero (.*)", MAPS.partition("```sh")[2])
    assert len(lines) == 5
    with contextlib.chdir(tmp_path):
        for line in lines[:-1]:
            app(line.split(), result_action="return_value")
        capsys.readouterr()
        app([*lines[-1].split(), "--format", "json"], result_action="return_value")
    invoices = json.loads(capsys.readouterr().out)
    said = re.findall(r"([\d.]+) EUR for `([\w-]+)`", MAPS)
    assert said == [(f"{one['total'] / 100:.2f}", one["customer"]) for one in invoices]


def test_the_map_page_names_every_kind_and_column() -> None:
    said = {}
    for row in re.findall(r"\n\| `(\w+\.\w.*)\|(?=\n)", MAPS):
        kind, subject, *listed = (cell.strip(" `") for cell in row.split("|"))
        said[kind] = (subject, *([one for one in text.split(", ") if one] for text in listed))
    assert said == {
        name: (
            kind.subject,
            [n for n, c in kind.columns.items() if c.required and n not in kind.defaults],
            [n for n, c in kind.columns.items() if not c.required or n in kind.defaults],
        )
        for name, kind in members().catalog.kinds.items()
        if not kind.ours
    }


@pytest.mark.parametrize("page", DECIDED[1:], ids=lambda page: page.stem)
def test_a_decision_is_one_page_of_one_shape(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.name[:4]} ")
    headings = re.findall(r"^\*\*([\w ]+)\.\*\*", text, re.M)
    wanted = ["Context", "Decision", "Consequence", "Rejected"]
    assert [heading for heading in headings if heading in wanted] == wanted
    assert len(text.splitlines()) <= 50


def test_decisions_are_counted_without_gaps() -> None:
    assert [int(page.name[:4]) for page in DECIDED] == list(range(1, len(DECIDED) + 1))


def test_every_member_has_its_page() -> None:
    """None is missing, none is left over, none is stale."""
    folder = ROOT / "docs" / "reference"
    made = pages(members())
    there = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.md")}
    assert sorted(there) == sorted(made), STALE
    assert [path for path, text in made.items() if there[path] != text] == [], STALE


def test_the_cases_of_an_automation_are_on_its_page() -> None:
    for name in members().automations:
        page = pages(members())[f"automations/{name}.md"]
        assert "## Cases" in page and "- **" in page, name
