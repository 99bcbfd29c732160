"""The style guide as a test, over source and tests alike and without exemptions.

Run as `pytest tests/tidy.py`, a part of `make check`. Every rule is one test that lists
file:line, and every rule is shown to catch an offence planted for it and to pass what is near it.
"""

import tomllib
from pathlib import Path

import pytest

from tests.tidy_rules import RULES
from tests.tidy_source import ROOMS_THAT_THINK, Source

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "src" / "psizero"

# Rule -> path and text of a file that breaks it.
CAUGHT: list[tuple[str, str, str]] = [
    ("function_length", "src/psizero/engine/a.py", "def f():\n" + "    g()\n" * 50),
    ("function_length", "tests/house/test_a.py", "async def test():\n" + "    g()\n" * 50),
    ("file_length", "src/psizero/store/sql/a.sql", "--\n" * 301),
    ("file_length", "src/psizero/finance/automations/dunning/__init__.py", "a = 1\n" * 121),
    ("line_length", "tests/test_a.py", "#" * 101),
    ("parameter_count", "src/psizero/engine/a.py", "def f(a, b, c, /, d, *, e, f): ..."),
    ("nouns", "src/psizero/finance/invoice_service.py", ""),
    ("nouns", "src/psizero/utils/text.py", ""),
    ("nouns", "tests/test_a.py", "class HTTPHandler: ..."),
    ("class_bases", "src/psizero/core/a.py", "class A(dict): ..."),
    ("class_bases", "src/psizero/core/a.py", "from enum import StrEnum\nclass A(StrEnum): ..."),
    ("class_bases", "src/psizero/core/a.py", "class A(Problem): ..."),
    ("class_bases", "src/psizero/core/a.py", "class A(metaclass=M): ..."),
    (
        "class_bases",
        "src/psizero/core/a.py",
        "from hypothesis.stateful import RuleBasedStateMachine as R\nclass A(R): ...",
    ),
    ("printing", "src/psizero/engine/a.py", "print(1)"),
    ("wall_clock", "src/psizero/engine/a.py", "import datetime as d\nd.datetime.now(d.UTC)"),
    ("wall_clock", "src/psizero/core/a.py", "from datetime import date\nf = date.today"),
    ("wall_clock", "src/psizero/finance/a.py", "from time import time"),
    ("wall_clock", "src/psizero/store/sql/a.sql", "select now( )"),
    ("wall_clock", "src/psizero/store/sql/a.sql", "select current_timestamp"),
    ("chance", "src/psizero/engine/a.py", "import random"),
    ("chance", "src/psizero/store/a.py", "from secrets import token_hex"),
    ("chance", "src/psizero/house.py", "import uuid\nuuid.uuid4()"),
    ("chance", "src/psizero/store/keys.py", "import os\nos.urandom(4)"),
    ("chance", "src/psizero/store/sql/a.sql", "select random()"),
    ("performing", "src/psizero/house.py", "connector.perform(action)"),
    ("opening", "src/psizero/models/a.py", "open('a')"),
    ("sql", "src/psizero/store/a.py", "q = 'SELECT 1'"),
    ("sql", "src/psizero/store/a.py", "q = f'''\n  select\n {c} from {t}'''"),
    ("sql", "src/psizero/store/a.py", "q = 'insert into ' + t"),
    ("sql", "src/psizero/store/a.py", "q = f'update {t} set a = 1'"),
    ("sql", "src/psizero/store/a.py", "q = 'update ' + t"),
    ("sql", "src/psizero/store/a.py", "q = 'Delete from a'"),
    ("sql", "src/psizero/store/a.py", "q = '(with a as (' + b"),
    ("sql", "src/psizero/store/a.py", "q = 'create or replace temp table a (b int)'"),
    ("sql", "src/psizero/store/a.py", "q = 'drop view a'"),
    ("sql", "src/psizero/store/a.py", "q = f\"copy {t} to 'a.parquet'\""),
    ("broad_except", "tests/test_a.py", "try:\n    f()\nexcept:\n    g()"),
    ("broad_except", "src/psizero/house.py", "try:\n    f()\nexcept Exception as e:\n    g(e)"),
    ("broad_except", "src/psizero/house.py", "try:\n    f()\nexcept (A, BaseException):\n    g()"),
    ("broad_except", "src/psizero/house.py", "import contextlib\ncontextlib.suppress(Exception)"),
    ("silencing", "src/psizero/house.py", "import os  # noqa: F401"),
    ("silencing", "tests/test_a.py", "a: int = ''  # type: ignore"),
    ("silencing", "tests/test_a.py", "if a:  # pragma: no cover\n    b()"),
    ("silencing", "tests/test_a.py", "a = 1  # fmt: skip"),
    ("silencing", "tests/test_a.py", "import pytest\n@pytest.mark.skipif(a)\ndef test(): ..."),
    ("silencing", "tests/test_a.py", "from pytest import mark\n@mark.xfail\ndef test(): ..."),
    ("floats", "src/psizero/core/money.py", "a = 0.5"),
    ("floats", "src/psizero/finance/rating.py", "float(a)"),
    ("docstrings", "src/psizero/engine/__init__.py", ""),
    ("docstrings", "src/psizero/engine/a.py", "'''A.'''\ndef f(): ..."),
    ("docstrings", "src/psizero/engine/a.py", "'''A.'''\nclass A: ..."),
    ("unfinished", "src/psizero/engine/a.py", "a = 1  # TODO later"),
    ("unfinished", "src/psizero/engine/a.py", "'''FIXME.'''"),
    ("unfinished", "src/psizero/store/sql/a.sql", "-- XXX"),
    ("unfinished", "src/psizero/engine/a.py", "raise NotImplementedError('a')"),
]

# Rule -> path and text of a file near an offence that is none.
PASSED: list[tuple[str, str, str]] = [
    ("function_length", "src/psizero/engine/a.py", "def f():\n" + "    g()\n" * 49),
    ("file_length", "src/psizero/finance/rating.py", "a = 1\n" * 300),
    ("line_length", "tests/test_a.py", "#" * 100),
    ("parameter_count", "src/psizero/engine/a.py", "class A:\n def f(self, a, b, c, d, e): ..."),
    ("nouns", "src/psizero/store/database.py", "class Utility: ..."),
    (
        "class_bases",
        "src/psizero/core/a.py",
        "import msgspec\nfrom typing import Protocol\nclass A(msgspec.Struct, frozen=True): ...\n"
        "class B(Protocol[T]): ...\nclass C(Exception): ...\nclass D: ...",
    ),
    (
        "class_bases",
        "tests/test_a.py",
        "from hypothesis.stateful import RuleBasedStateMachine as R\nclass A(R): ...",
    ),
    ("printing", "src/psizero/cli/a.py", "print(1)"),
    ("wall_clock", "src/psizero/engine/a.py", "clock.now()\ntime = a.time.time"),
    ("wall_clock", "src/psizero/core/clock.py", "from datetime import datetime\ndatetime.now()"),
    ("wall_clock", "src/psizero/store/sql/a.sql", "select $now, 'now()' -- now()"),
    ("chance", "src/psizero/core/chance.py", "import secrets"),
    ("chance", "src/psizero/store/sql/a.sql", "select $random, 'random()' -- random()"),
    ("chance", "src/psizero/connectors/mail/__init__.py", "secrets = given\nsecrets.get('a')"),
    ("performing", "src/psizero/engine/hands.py", "connector.perform(action)"),
    ("performing", "src/psizero/connectors/outbox/test_outbox.py", "connector.perform(action)"),
    ("opening", "src/psizero/core/a.py", "opening('a')\na.open()\nopen = rows\nopen.filter(a)"),
    ("sql", "src/psizero/store/a.py", "'''Select a row.'''\na = 'within_policy'\nb = 'update'"),
    ("sql", "src/psizero/house.py", "a = 'with no usage'\nb = 'copy files to the home'"),
    ("broad_except", "src/psizero/house.py", "try:\n    f()\nexcept (OSError, Problem):\n    g()"),
    ("silencing", "tests/test_a.py", "a = 'x  # noqa'  # which is text\nrow.skip(1)"),
    ("floats", "src/psizero/finance/rating.py", "a = 1\nb = Decimal('0.5')"),
    ("floats", "src/psizero/models/a.py", "a = 0.5"),
    ("docstrings", "src/psizero/engine/a.py", "'''A.'''\ndef _f(): ..."),
    ("unfinished", "tests/test_a.py", "a = 'XXX'  # a code for no currency"),
]


def project() -> list[Source]:
    """Every file that the rules hold for."""
    found = [
        path
        for folder in ("src", "tests", "benchmarks")
        for ending in ("py", "sql")
        for path in (ROOT / folder).rglob(f"*.{ending}")
    ]
    return [Source(str(path.relative_to(ROOT)), path.read_text()) for path in sorted(found)]


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    """Read once for all rules."""
    return project()


@pytest.mark.parametrize("rule", RULES)
def test_style(rule: str, sources: list[Source]) -> None:
    offences = [
        f"{source.path}:{line}: {fault}"
        for source in sources
        for line, fault in RULES[rule](source)
    ]
    assert sources
    if offences:
        pytest.fail("\n".join([str(RULES[rule].__doc__), *offences]), pytrace=False)


@pytest.mark.parametrize(("rule", "path", "text"), CAUGHT)
def test_caught(rule: str, path: str, text: str) -> None:
    assert list(RULES[rule](Source(path, text))), f"{rule} misses {path}:\n{text}"


@pytest.mark.parametrize(("rule", "path", "text"), PASSED)
def test_passed(rule: str, path: str, text: str) -> None:
    assert not list(RULES[rule](Source(path, text))), f"{rule} refuses {path}:\n{text}"


def test_no_rule_untried() -> None:
    assert {rule for rule, _, _ in CAUGHT} == {rule for rule, _, _ in PASSED} == set(RULES)


def outside_a_package(house: Path) -> list[str]:
    """Folders with Python that no import finds, since a folder on the way has no __init__.py."""
    folders = {path.parent for path in house.rglob("*.py")}
    on_the_way = {up for one in folders for up in (one, *one.parents) if up.is_relative_to(house)}
    return sorted(str(one) for one in on_the_way if not (one / "__init__.py").exists())


def unlisted(house: Path, settings: str) -> list[str]:
    """Rooms with Python that a contract of import-linter leaves out."""
    contracts = tomllib.loads(settings)["tool"]["importlinter"]["contracts"]
    layers = " ".join(next(one for one in contracts if one["id"] == "one-way")["layers"])
    pure = next(one for one in contracts if one["id"] == "pure")["source_modules"]
    rooms = sorted(path.name for path in house.iterdir() if any(path.rglob("*.py")))
    placed = layers.replace("(", " ").replace(")", " ").replace("|", " ").split()
    impure = [one for one in rooms if one in ROOMS_THAT_THINK and f"psizero.{one}" not in pure]
    return [f"{one} has no place in the contract one-way" for one in rooms if one not in placed] + [
        f"psizero.{one} is missing from source_modules of the contract pure" for one in impure
    ]


def test_every_folder_is_a_package(tmp_path: Path) -> None:
    if found := outside_a_package(HOUSE):
        pytest.fail("\n".join(["no __init__.py in", *found]), pytrace=False)
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "gate.py").touch()
    (tmp_path / "__init__.py").touch()
    assert outside_a_package(tmp_path) == [str(tmp_path / "engine")]


def test_every_room_is_in_the_contracts(tmp_path: Path) -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    if found := unlisted(HOUSE, settings):
        pytest.fail("\n".join(["pyproject.toml:", *found]), pytrace=False)
    for room in ("attic", "finance"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    emptied = settings.replace('"psizero.finance"', "")
    assert [line.split()[0] for line in unlisted(tmp_path, emptied)] == ["attic", "psizero.finance"]
