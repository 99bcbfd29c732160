"""Homes made, filled and flown as a person would at the terminal, in this process."""

import io
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path

from psizero.cli.commands import app

SALT = "one salt"


def say(*words: object) -> str:
    """What `psizero WORDS` prints on stdout; raises Problem where it would fail."""
    shown, noted = io.StringIO(), io.StringIO()
    with redirect_stdout(shown), redirect_stderr(noted):
        app([str(word) for word in words], result_action="return_value", exit_on_error=False)
    return shown.getvalue()


def founded(home: Path, files: Path) -> Path:
    """A home with its founding and its price book."""
    say("init", "--home", home, "--grant", "finance.invoicing=auto", "--salt", SALT)
    say("prices", "apply", files / "prices.toml", "--home", home)
    return home


HISTORY = (
    ("customers.csv", "customers.toml"),
    ("subscriptions.ndjson", "subscriptions.toml"),
    ("usage.parquet", "usage.toml"),
)


def filled(home: Path, files: Path, history: Sequence[tuple[str, str]] = HISTORY) -> Path:
    """A home with all that came in time."""
    founded(home, files)
    for name, map_name in history:
        bring(home, files / name, files / map_name)
    return home


def bring(home: Path, file: Path, map_path: Path) -> str:
    """Import a file; the report as JSON."""
    return say("import", file, "--map", map_path, "--home", home, "--format", "json")


def fly(home: Path, until: datetime) -> str:
    """Fly to an instant; what was printed."""
    return say("fly", "--until", f"{until.isoformat()}Z", "--home", home)
