"""house.toml: what is wrong is named with its key and its line; what is right reaches the log."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.core.policy import Caps, Level
from psizero.house import charter
from psizero.house.draft import draft
from psizero.house.members import members

AUTOMATIONS = members().automations
BILLING = AUTOMATIONS["finance.invoicing"]
GRACE = "settings.finance.invoicing.grace_hours"

# What stands in the file (a bar is a line end), and what is said: line, key, some words.
WRONG = {
    "x = 1": (1, "x", "unknown section"),
    "[money]": (1, "money", "unknown section"),
    "|[money]|a = 1": (3, "money.a", "unknown section"),
    "[levels]|finance.invoicing = 'auto'": (2, "levels.finance.invoicing", "unknown section"),
    "company = 3": (1, "company", "[company]"),
    "# c|targets = []": (2, "targets", "[targets]"),
    "[[gate]]|confidence_min = 1": (1, "gate", "[gate]"),
    "[company]|name = 3": (2, "company.name", "text"),
    "[company]|name = ' '": (2, "company.name", "text"),
    "[company]|colour = 'x'": (2, "company.colour", "name, zone"),
    "[company]|zone = 'Mars/Base'": (2, "company.zone", "'Mars/Base'"),
    "[company]|zone = '../etc'": (2, "company.zone", "'../etc'"),
    "[company]|zone = 'Europe'": (2, "company.zone", "'Europe'"),
    "[people]|policy = 'owner'": (2, "people.policy", "the house itself"),
    "[people]|'anna single person' = 'owner'": (
        2,
        "people.anna single person",
        "the house itself",
    ),
    "[targets]||mrr = '1'": (3, "targets.mrr", "number"),
    "[targets]|mrr = true": (2, "targets.mrr", "number"),
    "[targets]|mrr = nan": (2, "targets.mrr", "number"),
    "[targets]|mrr = -inf": (2, "targets.mrr", "number"),
    "[targets]|mrr = 2026-01-01": (2, "targets.mrr", "number"),
    "[targets]|'a b' = ''": (2, "targets.a b", "number"),
    "[targets]|\"a\\u0062\" = ''": (2, "targets.ab", "number"),
    "[gate]|confidence_min = 1.01": (2, "gate.confidence_min", "not be over 1"),
    "[gate]|confidence_min = nan": (2, "gate.confidence_min", "number"),
    "[gate]|confidence_min = -0.1": (2, "gate.confidence_min", "negative"),
    "[gate]|cool_down_hours = 2.5": (2, "gate.cool_down_hours", "whole number"),
    "[gate]|cool_down_hours = true": (2, "gate.cool_down_hours", "whole number"),
    "[gate]|cool_down_hours = 87601": (2, "gate.cool_down_hours", "not be over 87,600"),
    "[gate]|confidence = 1": (2, "gate.confidence", "confidence_min, cool_down_hours"),
    "[gate]|'' = 1": (2, "gate.", "unknown key"),
    "[bindings]|message.send = 3": (2, "bindings.message.send", "connector"),
    "[bindings]|'message.send' = 3": (2, "bindings.message.send", "connector"),
    "[caps]|x = 1": (2, "caps.x", "unknown automation"),
    "[caps.finance.nobody]|x = 1": (2, "caps.finance.nobody.x", "'finance.nobody'"),
    "[caps.finance.invoicing]|x = 1": (2, "caps.finance.invoicing.x", "actions_per_day_max"),
    "[caps.finance.invoicing]|actions_per_day_max = -1": (
        2,
        "caps.finance.invoicing.actions_per_day_max",
        "negative",
    ),
    "[caps.finance.invoicing]|money_minor_per_day_max = 9223372036854775808": (
        2,
        "caps.finance.invoicing.money_minor_per_day_max",
        "not be over",
    ),
    "[settings.finance.nobody]": (1, "settings.finance.nobody", "unknown"),
    "[settings.finance.invoicing]|grace = 1": (2, "settings.finance.invoicing.grace", "unknown"),
    "[settings.finance.invoicing]|grace_hours = 'x'": (2, GRACE, "int"),
    "[settings.finance.invoicing]|grace_hours = 6.5": (2, GRACE, "int"),
    "[settings.finance.invoicing]|grace_hours = -1": (2, GRACE, "negative"),
    "[settings.finance.invoicing]|grace_hours = 1000000000000": (2, GRACE, "87,600"),
    "[settings.finance.invoicing]|grace_hours = [|1,|]": (2, GRACE, "int"),
    "[settings]|finance = { invoicing = { grace_hours = 'x' } }": (2, GRACE, "int"),
    "|settings.finance.invoicing.grace_hours = 'x'": (2, GRACE, "int"),
    "[company]|name = '''|grace_hours = 1|'''|[settings.finance.invoicing]|grace_hours = ''": (
        6,
        GRACE,
        "int",
    ),
}


@pytest.mark.parametrize("text", WRONG)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_wrong(text: str, ending: str, tmp_path: Path) -> None:
    line, key, said = WRONG[text]
    path = tmp_path / "house.toml"
    path.write_bytes((text.replace("|", ending) + ending).encode())
    with pytest.raises(Problem) as problem:
        charter.load(path, AUTOMATIONS)
    assert str(problem.value).startswith(f"house.toml line {line}: {key}: ")
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "house.toml is missing"),
        (b"[company]\nname = 'J\xfcrgen'\n", "house.toml line 2: it is no UTF-8"),
        (b"\xff\xfe\x00", "house.toml line 1: it is no UTF-8"),
        (b"\x00", "line 1"),
        (b"[gate]\na = = 1\n", "a = = 1"),
        (b"[gate]\ncool_down_hours = 1\ncool_down_hours = 2\n", "line 3"),
        (b"[gate]\n\n[gate]\n", "line 3"),
        (b"[gate\n", "line 1"),
        (b"a = '", "house.toml is no TOML"),
        (b"a = " + b"[" * 9_999, "too deeply"),
        (b"a" + b".a" * 2_000 + b" = 1", "too deeply"),
    ],
)
def test_unreadable(body: bytes | None, said: str, tmp_path: Path) -> None:
    if body is not None:
        (tmp_path / "house.toml").write_bytes(body)
    with pytest.raises(Problem) as problem:
        charter.load(tmp_path / "house.toml", AUTOMATIONS)
    assert said in str(problem.value)
    assert str(problem.value).count("\n") < 3


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot read"):
        charter.load(tmp_path, AUTOMATIONS)


@pytest.mark.parametrize("text", ["", "\ufeff[gate]\n", "[company]\n[settings.finance]\n"])
def test_nothing_said(text: str, tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text(text, encoding="utf-8")
    assert charter.load(tmp_path / "house.toml", AUTOMATIONS) == {}


PLAIN = ["{key} = {line}", "'{key}' = {line}", "# {key} = 1", "", "s = 'a'", "{key}.inner = {line}"]
LONG = ["{key} = [\n\n{line}]", "{key} = {{ inner = 1 }}", '{key} = """\n{key}0 = 1\n{line}"""']
STATEMENTS = st.sampled_from([*PLAIN, *LONG])


@given(st.lists(st.tuples(st.booleans(), STATEMENTS), max_size=12))
def test_line_of_every_key(parts: list[tuple[bool, str]]) -> None:
    """A statement's own line is the one in which it begins, whatever stands around it."""
    text, section, begins = "", "", {}
    for number, (header, statement) in enumerate(parts):
        if header:
            section, text = f"part{number}.", f"{text}[part{number}]\n"
        key, line = f"key{number}", text.count("\n") + 1
        named = f"{section}{key}.inner" if "inner" in statement else f"{section}{key}"
        if statement.startswith(("{key}", "'{key}")):
            begins[named] = line
        elif statement.startswith("s ="):
            statement = f"s{number} = 'a'"
        text += statement.format(key=key, line=line) + "\n"
    for key, line in begins.items():
        assert charter.line_of(text, key) == line, text


def test_template_says_nothing_wrong(tmp_path: Path) -> None:
    """As it stands, and with every line of it in force."""
    path, text = tmp_path / "house.toml", draft('O"Neill\n[x]', AUTOMATIONS)
    path.write_text(text)
    assert charter.load(path, AUTOMATIONS) == {"company.name": 'O"Neill\n[x]'}
    commented = [line for line in text.splitlines() if line.startswith("# ") and " = " in line]
    for line in commented:
        text = text.replace(line, line.removeprefix("# "))
    path.write_text(text)
    said = charter.load(path, AUTOMATIONS)
    assert len(said) == 1 + len(commented)
    assert said[GRACE] == BILLING.setting("grace_hours")


def test_settings_and_policy() -> None:
    flat = {GRACE: 3, "gate.confidence_min": 0.9, "bindings.message.send": "outbox"}
    flat |= {"caps.finance.invoicing.actions_per_day_max": 7, "gate.cool_down_hours": None}
    assert getattr(charter.settings_of(BILLING, flat), "grace_hours", None) == 3
    assert charter.settings_of(BILLING, {GRACE: None}) == BILLING.settings
    levels = {("finance.invoicing", "*"): Level.AUTO}
    policy = charter.policy_of(flat, levels=levels)
    assert (policy.confidence_min, policy.cool_down_hours, policy.levels) == (0.9, 24, levels)
    assert policy.caps == {"finance.invoicing": Caps(actions_per_day_max=7)}
    assert policy.bindings == {"message.send": "outbox"}


def test_changes() -> None:
    """What is new, what is other, and null for what is gone; what was gone stays so in silence."""
    known = {"a": "1", "b": '"x"', "c": "2.5", "gone": "true", "long gone": "null"}
    said = {"a": 1, "b": "y", "new": [1]}
    assert charter.changes(said, known) == {"b": '"y"', "new": "[1]", "c": "null", "gone": "null"}
