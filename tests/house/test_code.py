"""Under which code an automation thinks: everything beneath its decisions counts, nothing else."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import pytest

from psizero.house import code
from psizero.house.members import members

FOUND = members()
MOST = {
    "intelligence.morning_briefing": {"core", "models", "intelligence", "finance"},
    "finance.invoicing": {"core", "models", "finance"},
    "customers.health_watch": {"core", "models", "customers"},
}
ROOMS = ("core", "models", "customers", "finance", "intelligence", "engine", "cli", "twin")


def other_in(real: Callable[[str], str], changed: str, room: str) -> str:
    return "other" if room == changed else real(room)


def digested(name: str) -> str:
    catalog, automation = FOUND.catalog, FOUND.automations[name]
    module = import_module(automation.propose.__module__)
    return code.digest(module, automation, catalog.tables, catalog.sql)


@pytest.mark.parametrize("name", MOST)
def test_another_room_is_other_code(name: str) -> None:
    """Rule 8: a table's calculator and the maths beneath it are part of what decided."""
    before, real = digested(name), code._folder
    assert before == FOUND.codes[name]
    matters = set()
    for room in ROOMS:
        with patch.object(code, "_folder", partial(other_in, real, f"psizero.{room}")):
            matters |= {room} if digested(name) != before else set()
    assert matters >= MOST[name] and not matters & {"engine", "cli", "twin"}


def test_another_library_is_other_code() -> None:
    before = digested("finance.invoicing")
    with patch.object(code, "_computing", lambda: "polars 0.1"):
        assert digested("finance.invoicing") != before


def test_a_test_is_no_code(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "a.sql").write_text("select 1")
    before = [one.name for one in code._sources(tmp_path)]
    for name in ("test_a.py", "cases.toml", "notes.md"):
        (tmp_path / name).write_text("x")
    assert [one.name for one in code._sources(tmp_path)] == before == ["a.sql"]
