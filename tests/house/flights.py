"""Homes made, filled and flown as a person would at the terminal, in this process."""

import fcntl
import io
import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any

from psizero.cli.commands import app
from tests.house.company import FIRST_STOP, SECOND_STOP

SALT = "one salt"
PEOPLE = ("customers.csv", "customers.toml")
NAMELESS = (("subscriptions.ndjson", "subscriptions.toml"), ("usage.parquet", "usage.toml"))
HISTORY = (PEOPLE, *NAMELESS)
LATE = ((FIRST_STOP, "late-1.csv.gz"), (SECOND_STOP, "late-2.ndjson"))


def say(*words: object) -> str:
    """What `psizero WORDS` prints on stdout; raises Problem where it would fail."""
    shown, noted = io.StringIO(), io.StringIO()
    with redirect_stdout(shown), redirect_stderr(noted):
        app([str(word) for word in words], result_action="return_value", exit_on_error=False)
    return shown.getvalue()


def objects(*words: object) -> list[dict[str, Any]]:
    """What a command prints with --format json."""
    found: list[dict[str, Any]] = json.loads(say(*words, "--format", "json"))
    return found


def founded(home: Path, files: Path) -> Path:
    """A home with its founding and its price book."""
    say("init", "--home", home, "--grant", "finance.invoicing=auto", "--salt", SALT)
    say("prices", "apply", files / "prices.toml", "--home", home)
    return home


def filled(home: Path, files: Path, history: Sequence[tuple[str, str]] = HISTORY) -> Path:
    """A home with all that came in time."""
    founded(home, files)
    for name, map_name in history:
        bring(home, files / name, files / map_name)
    return home


def bring(home: Path, file: Path, map_path: Path) -> dict[str, Any]:
    """Import a file; the report on the first kind in it."""
    return objects("import", file, "--map", map_path, "--home", home)[0]


def fly(home: Path, until: datetime) -> None:
    """Fly to an instant."""
    say("fly", "--until", f"{until.isoformat()}Z", "--home", home)


def flown(
    home: Path, files: Path, until: datetime, late: Sequence[tuple[datetime, str]] = LATE
) -> Path:
    """From nothing to the end of the flight, late files brought in on their days."""
    filled(home, files)
    for stop, name in late:
        fly(home, stop)
        bring(home, files / name, files / "usage.toml")
    fly(home, until)
    return home


def once(place: Path, build: Callable[[Path], object]) -> Path:
    """What `build` makes at a place, made by the first of several processes that asks."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            partial = place.with_name(f"{place.name}.partial")
            build(partial)
            partial.rename(place)
    return place


def copied(home: Path, place: Path) -> Path:
    """A home of one's own: one process owns a home at a time."""
    shutil.copytree(home, place)
    return place
