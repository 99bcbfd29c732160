"""Processes killed at random moments, and homes that go on as if nothing had happened.

A command runs in a process of its own: forked from a clean server, which costs no start, or a
fresh `psizero` as at the terminal. Each is killed once after a drawn part of the time that it
takes undisturbed; what it had to do is then done by the next one, which may be killed as well.
"""

import multiprocessing
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path

import msgspec

from psizero.core.chance import draw
from tests.house.company import FIRST_STOP
from tests.house.flights import HISTORY, founded, say

Words = tuple[str, ...]
OUTPUTS: tuple[Words, ...] = (
    ("invoices", "--format", "json"),
    ("decisions", "--format", "json"),
    ("rejected", "--format", "json"),
    *(
        ("table", name, "--format", form)
        for name in "journal run verdict receipt outcome usage_recorded row_rejected".split()
        for form in ("json", "csv")
    ),
)


class Toll(msgspec.Struct):
    """How many processes were killed, out of how many that were to be."""

    killed: int = 0
    aimed: int = 0


def commands(home: Path, files: Path, until: datetime) -> list[Words]:
    """What a home goes through after its founding: two imports of history, a late one, flights."""
    imports = [_import(home, files, name, map_name) for name, map_name in HISTORY]
    late = _import(home, files, "late-1.csv.gz", "usage.toml")
    return [*imports, _fly(home, FIRST_STOP), late, _fly(home, until)]


def _import(home: Path, files: Path, name: str, map_name: str) -> Words:
    return ("import", str(files / name), "--map", str(files / map_name), "--home", str(home))


def _fly(home: Path, until: datetime) -> Words:
    return ("fly", "--until", f"{until.isoformat()}Z", "--home", str(home))


def outputs(home: Path) -> dict[str, str]:
    """What a person or a program can see of a home, command by command."""
    return {" ".join(words): say(*words, "--home", home) for words in OUTPUTS}


def measured(home: Path, files: Path, until: datetime) -> list[float]:
    """A home flown undisturbed, and the seconds that each command took in a forked process."""
    founded(home, files)
    seconds = []
    for words in commands(home, files, until):
        before = time.monotonic()
        assert _forked(words, None) == 0, words
        seconds.append(time.monotonic() - before)
    return seconds


def disturbed(home: Path, files: Path, until: datetime, kills: Sequence[float]) -> Toll:
    """The same home, killed on its way: `kills` are drawn from 0 to 1, see `moments`.

    The whole part of a kill chooses the command, the rest the moment in it; every fourth kill
    meets a fresh process as a terminal starts it.
    """
    raise AssertionError
