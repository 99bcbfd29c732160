"""The house as tools of an assistant: the official client, over the pipe of a real process."""

import sys
from pathlib import Path

import anyio
import msgspec
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import TextContent

from psizero.cli.assistant import ROWS_MAX, Refused, Tools
from tests.cli.attempts import HEADER, PRICES, ROW, START, USE, attempt, done, mapped

INVOICES = "finance.invoicing"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which an invoice waits for a yes."""
    folder = tmp_path_factory.mktemp("assistant")
    place = folder / "home"
    done("init", "--home", place, "--grant", f"{INVOICES}=approve", "--salt", "x")
    done("prices", "apply", PRICES, "--home", place)
    (folder / "a.csv").write_text(f"{HEADER}\n{ROW}\n")
    once = START.replace("moment as", "timestamp '2026-09-01' as")
    told = mapped(folder / "m.toml", ("usage.recorded", USE), ("subscription.started", once))
    done("import", folder / "a.csv", "--map", told, "--home", place)
    done("fly", "--until", "2026-09-08T12:00:00Z", "--home", place)
    return place


def spoken(home: Path, *calls: tuple[str, dict[str, object]]) -> tuple[dict[str, bool], list[str]]:
    """Which tools only read, and what each call came to; an error begins with `!`."""
    place = StdioServerParameters(
        command=sys.executable, args=["-m", "psizero", "mcp", "--home", str(home)]
    )

    async def talk() -> tuple[dict[str, bool], list[str]]:
        async with Client(stdio_client(place)) as client:
            listed = (await client.list_tools()).tools
            hints = {one.name: one.annotations for one in listed}
            reads = {name: bool(one and one.read_only_hint) for name, one in hints.items()}
            said = []
            for name, words in calls:
                found = await client.call_tool(name, words)
                text = "".join(one.text for one in found.content if isinstance(one, TextContent))
                said.append(f"!{text}" if found.is_error else text)
            return reads, said

    return anyio.run(talk)


def test_a_conversation(home: Path) -> None:
    """It finds what waits, prepares an answer, and nothing in the home is another byte."""
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    reads, (waits, tables, shown, wrong, option) = spoken(
        home,
        ("pending", {}),
        ("tables", {}),
        ("table", {"name": "invoices", "rows": 1}),
        ("table", {"name": "no_such_table"}),
        ("explain", {"decision": "--help"}),
    )
    assert set(reads) == {name for name in dir(Tools) if not name.startswith("_")}
    assert all(reads.values())
    first = msgspec.json.decode(waits)["pending"][0]
    assert "invoices" in tables and msgspec.json.decode(shown)["rows_in_all"] >= 0
    assert wrong.startswith("!") and "there is no table" in wrong and "Traceback" not in wrong
    assert option.startswith("!") and "is no name" in option
    _, (prepared,) = spoken(
        home, ("decide", {"decision": first["id"], "answer": "approve", "because": "it is right"})
    )
    assert first["id"] in prepared and f"psizero approve {first['id']}" in prepared
    after = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert before == after
    assert attempt("approve", first["id"], "--home", home).code == 0


def asking(seen: list[tuple[str, ...]], answer: str = "[]") -> Tools:
    def ask(*words: str) -> str:
        seen.append(words)
        return answer

    return Tools(ask, Path("/home"))


def test_no_word_becomes_an_option() -> None:
    seen: list[tuple[str, ...]] = []
    tools = asking(seen)
    for bad in ("--home=/etc", "-h", "", "  ", "x" * 201):
        for ask in (tools.explain, tools.table):
            with pytest.raises(Refused):
                ask(bad)
        with pytest.raises(Refused):
            tools.decide(bad, "approve", "")
        with pytest.raises(Refused):
            tools.what_if(bad, "1")
    with pytest.raises(Refused, match="approve, decline"):
        tools.decide("abc", "delete", "")
    assert seen == []


def test_what_is_shown_is_bounded() -> None:
    """So many rows, and so many characters; how many there are is always said."""
    many = msgspec.json.encode([{"n": n} for n in range(1_000)]).decode()
    tools = asking([], many)
    assert len(msgspec.json.decode(tools.table("t", rows=9_999))["rows"]) == ROWS_MAX
    assert msgspec.json.decode(tools.decisions(rows=2))["rows"] == [{"n": 998}, {"n": 999}]
    long = msgspec.json.encode([{"text": "x" * 10_000}] * 50).decode()
    said = msgspec.json.decode(asking([], long).table("t"))
    assert said["rows_in_all"] == 50 and len(said["rows"]) == 4
