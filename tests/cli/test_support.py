"""`psizero support check`: its example, what it learns from, and what is wrong with a folder."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.attempts import attempt, done, refused

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "support"
PAGE = (ROOT / "docs" / "support.md").read_text()


def check(folder: Path, *words: object) -> list[dict[str, object]]:
    return [json.loads(line) for line in done("support", "check", folder, *words).splitlines()]


def inbox(folder: Path, *tickets: object, **files: str) -> Path:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in tickets]
    (folder / "tickets.jsonl").write_text("\n".join(lines))
    for name, text in files.items():
        (folder / f"{name}.jsonl").write_text(text)
    return folder


def test_the_example_is_as_the_page_says(tmp_path: Path) -> None:
    found = check(EXAMPLE)
    (told,) = re.findall(r"```json\n(.*)\n```", PAGE)
    assert json.loads(told).items() <= found[0].items()
    named = set(re.findall(r"^\| (`.*`) \|", PAGE, re.M))
    fields = {field for row in named for field in re.findall(r"`(\w+)`", row)}
    assert set(found[0]) - fields == {"id"}
    assert [one["priority"] for one in found[:3]] == ["medium", "critical", "high"]
    assert [one["action"] for one in found] == ["draft", *["handoff"] * 2, "none", *["handoff"] * 2]
    assert found[4]["priority"] == "critical"
    out = tmp_path / "out.jsonl"
    assert done("support", "check", EXAMPLE, "-o", out) == ""
    assert [json.loads(line) for line in out.read_text().splitlines()] == found


def test_an_inbox_with_only_ids_and_strange_fields(tmp_path: Path) -> None:
    rows = [
        {"id": 7},
        {"id": "b", "subject": None, "body": "Invoice?", "label": "x", "mrr": None},
        {"id": "c", "headers": {"X-Priority": 1, "List-Id": "<a>"}},
    ]
    found = check(inbox(tmp_path, *rows))
    assert [one["id"] for one in found] == ["7", "b", "c"]
    assert [one["action"] for one in found] == ["handoff", "handoff", "none"]
    assert found[0]["person"] and "no knowledge base" in str(found[0]["why"])


def test_solved_questions_set_a_threshold(tmp_path: Path) -> None:
    where = "keys.md#rotate-a-key-without-downtime", "limits.md#status-429"
    asked = ("how do I rotate a key", "what is status 429")
    solved = [
        json.dumps({"subject": f"{start} {text}", "passage": link})
        for link, text in zip(where, asked, strict=True)
        for start in [f"{one} {other}," for one in "hi hello dear".split() for other in "abcdefgh"]
    ]
    folder = inbox(
        tmp_path,
        {"id": 1, "subject": "Hello, how do I rotate a key?"},
        {"id": 2, "subject": "Where do you process data?"},
        solved="\n".join(solved),
    )
    found = check(folder, "--knowledge", EXAMPLE / "kb")
    assert [one["action"] for one in found] == ["answer", "handoff"]
    assert str(found[0]["answer"]).count("> ") >= 2


@pytest.mark.parametrize(
    ("tickets", "files", "words"),
    [
        (['{"id": 1'], {}, "tickets.jsonl line 1"),
        ([{"id": 1}, {"subject": "x"}], {}, "tickets.jsonl line 2"),
        ([{"id": 1}, {"id": "1"}], {}, "two tickets have the id '1'"),
        ([""], {}, "holds no ticket"),
        ([{"id": 1}], {"corrections": '{"category": "sales"}'}, "category 'sales'"),
        ([{"id": 1}], {"corrections": '{"category": "billing"}'}, "priority ''"),
        ([{"id": 1}], {"solved": '{"passage": 1}'}, "solved.jsonl line 1"),
        ([{"id": 1}], {"solved": '{"passage": "keys.md#x"}'}, "no passage 'keys.md#x'"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, tickets: list[object], files: dict[str, str], words: str
) -> None:
    folder = inbox(tmp_path, *tickets, **files)
    assert words in refused("support", "check", folder, "--knowledge", EXAMPLE / "kb")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    assert "tickets.jsonl" in refused("support", "check", tmp_path)
    assert "is no folder" in refused("support", "check", tmp_path / "none")
    folder = inbox(tmp_path, {"id": 1})
    assert "is no folder" in refused("support", "check", folder, "--knowledge", tmp_path / "none")
    assert attempt("support", "check", folder).code == 0
