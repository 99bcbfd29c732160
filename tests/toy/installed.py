"""The members of a house beside which the toy package is installed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess, run

from psizero.house.members import Members, members

SITE = Path(__file__).resolve().parent
TOY = ("customers.greeting", "growth.wishes", "operations.rounds")


@contextmanager
def beside() -> Iterator[None]:
    """The toy on the path, as pip would put it there."""
    sys.path.insert(0, str(SITE))
    try:
        yield
    finally:
        sys.path.remove(str(SITE))


@cache
def installed() -> Members:
    """Ours and the toy's; what `members()` remembers for others stays as it is."""
    with beside():
        return members.__wrapped__()


def program(*words: object, **more: str) -> CompletedProcess[str]:
    """A Python process of its own that has the toy installed."""
    path = os.pathsep.join([str(SITE), str(SITE.parent.parent), str(SITE.parent.parent / "src")])
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "200", **more}
    command = [sys.executable, *(str(word) for word in words)]
    return run(command, env=environment, capture_output=True, text=True, check=False)


def psizero(*words: object) -> CompletedProcess[str]:
    """The command `psizero` where the toy is installed."""
    return program("-c", "from psizero.cli import main; main()", *words)
