"""Attempts at the door: commands as a person types them, in this process, and what they come to."""

import io
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import msgspec

from psizero.cli import door
from psizero.house.home import opened

PRICES = Path(__file__).parents[2] / "examples" / "prices" / "servegen.toml"
HEADER = "id,who,moment,units,more"
ROW = "a,ann,2026-09-02T10:00:00Z,1,{}"
USE = """select line, id, who as customer, moment as occurred_at, 'calls' as meter,
    units as quantity, more as properties from file"""
START = """select line, who as id, who as customer, moment as occurred_at, who as subscription,
    'servegen-weekly' as plan from file"""


class Said(msgspec.Struct, frozen=True):
    """What one command came to."""

    code: int
    out: str
    err: str


def attempt(*words: object) -> Said:
    """`psizero WORDS`."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = ["psizero", *(str(word) for word in words)]
    with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err):
        try:
            door.run()
        except SystemExit as end:
            code = int(end.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


def done(*words: object) -> str:
    """What a command prints that has to go well."""
    said = attempt(*words)
    assert said.code == 0, said.err
    return said.out


def refused(*words: object) -> str:
    """What is said of a command that cannot be done: one to three lines, and no traceback."""
    said = attempt(*words)
    assert said.code == 1, said
    assert 1 <= len(said.err.strip().splitlines()) <= 3, said.err
    assert "Traceback" not in said.err and "a defect of" not in said.err, said.err
    assert said.err.startswith("psizero: ") or "\npsizero: " in said.err, said.err
    return said.err


def founded(home: Path) -> Path:
    """A home with one price."""
    done("init", "--home", home, "--grant", "finance.invoicing=auto", "--salt", "x")
    done("prices", "apply", PRICES, "--home", home)
    return home


def copied(home: Path, place: Path) -> Path:
    """A home to be spoilt."""
    shutil.copytree(home, place)
    return place


def holds(home: Path) -> tuple[object, ...]:
    """What a home's ledger holds, waiting and sealed."""
    with opened(home) as house:
        return house.store.position, house.store.waiting()


def mapped(path: Path, *selects: tuple[str, str]) -> Path:
    """An import map; by default of one select for usage."""
    parts = ['source = "s"']
    for kind, sql in selects or [("usage.recorded", USE)]:
        parts.append(f'[[select]]\nkind = "{kind}"\nsql = """{sql}"""')
    path.write_text("\n".join(parts), encoding="utf-8")
    return path
