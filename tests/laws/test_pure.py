"""Laws: thinking touches nothing but its facts, and the same facts give the same decisions."""

import logging
import os
import random
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir

import polars as pl
import pytest

from psizero.core.content import canonical
from psizero.core.records import Decision
from psizero.core.tables import Derived
from psizero.house.charter import settings_of
from tests.laws.cases import ALL, Case, decide, empty_tables, facts_of, naive
from tests.laws.population import CATALOG, FOUND, each_automation, grain
from tests.laws.watch import Touched, watched
from tests.laws.witness import Life

each_case = pytest.mark.parametrize(
    ("name", "case"), ALL, ids=[f"{name}: {case.name}" for name, case in ALL]
)
SAY = print
REACHING: dict[str, Callable[[], object]] = {
    "a file": lambda: Path("/etc/hostname").read_text(),
    "a file to write": lambda: Path(gettempdir(), "touched-by-thinking").write_text("x"),
    "a folder": lambda: list(Path("/").iterdir()),
    "a socket": lambda: socket.create_connection(("127.0.0.1", 9), timeout=0.01),
    "a name": lambda: socket.getaddrinfo("localhost", 9),
    "a process": lambda: subprocess.run([sys.executable, "-c", ""], check=False),
    "the environment": lambda: os.putenv("TOUCHED", "1"),
    "the wall clock": lambda: datetime.now(UTC),
    "the seconds": lambda: time.time(),
    "a nap": lambda: time.sleep(0),
    "chance": lambda: random.shuffle([1, 2, 3]),
    "chance of Python": lambda: random.sample([1, 2, 3], 2),
    "a secret": lambda: token_hex(4),
    "a uuid": lambda: uuid.uuid4(),
    "a logger": lambda: logging.getLogger("thinking").warning("hm"),
    "the terminal": lambda: sys.stdout.write("hm"),
    "a print": lambda: SAY("hm"),
}


@each_automation
def test_thinks_without_touching_the_world(name: str, life: Life) -> None:
    assert life.faults[name] == []


@each_case
def test_golden_cases_touch_nothing(name: str, case: Case) -> None:
    empty_tables()
    with watched() as seen:
        decide(FOUND.automations[name], case)
    assert seen.touched == []


@pytest.mark.parametrize(
    "name", [name for name, table in CATALOG.tables.items() if isinstance(table, Derived)]
)
def test_derived_tables_touch_nothing(name: str, life: Life) -> None:
    assert life.faults[name] == []


@pytest.mark.parametrize("what", REACHING)
def test_the_watch_sees(what: str) -> None:
    caught = False
    with watched() as seen:
        try:
            REACHING[what]()
        except Touched:
            caught = True
    assert seen.touched or caught
    assert not Path(gettempdir(), "touched-by-thinking").exists()


def test_the_watch_lets_tables_pass() -> None:
    frame = pl.DataFrame({"a": [3, 1, 2], "at": [datetime(2026, 1, 1)] * 3})
    with watched() as seen:
        canonical(frame.sort("a").group_by("at").agg(pl.col("a").sum()).to_dicts())
    assert seen.touched == []


def spelled(decisions: list[Decision]) -> list[str]:
    """Decisions byte by byte, in their order, with their rows."""
    return [
        canonical([one.verb, one.subject, one.episode, one.parameters, one.confidence])
        + canonical([one.evidence.because, one.evidence.facts, one.expires_at, one.rows])
        for one in decisions
    ]


@each_case
def test_same_facts_same_decisions(name: str, case: Case) -> None:
    automation = FOUND.automations[name]
    assert spelled(decide(automation, case)) == spelled(decide(automation, case))


@each_automation
def test_same_decisions_however_rows_were_found(name: str, life: Life) -> None:
    """Facts come in the order of their grain, so whatever the order in which they were found."""
    automation = FOUND.automations[name]
    thoughts = [(automation.settings, seen.tables, seen.now) for seen in life.glimpses[::3]]
    for case in (case for owner, case in ALL if owner == name):
        changed = {f"settings.{name}.{key}": value for key, value in case.settings.items()}
        settings = settings_of(automation, changed)
        thoughts.append((settings, facts_of(automation, case), naive(case.now)))
    for settings, tables, now in thoughts:
        known = {one: tables[one] for one in automation.reads}
        shuffled = {
            one: frame.sample(fraction=1, shuffle=True, seed=7).sort(grain(CATALOG.tables[one]))
            for one, frame in known.items()
        }
        first = spelled(list(automation.propose(known, settings, now)))
        assert spelled(list(automation.propose(shuffled, settings, now))) == first


@each_automation
def test_some_thinking_was_seen(name: str, life: Life) -> None:
    """A law over nothing is none: what was watched also decided something."""
    assert any(decide(FOUND.automations[name], case) for owner, case in ALL if owner == name)
    assert len(life.glimpses) > 8
