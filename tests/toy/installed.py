"""The members of a house beside which the toy package is installed, and processes that see it."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from psizero.house.members import Members, members

SITE = Path(__file__).resolve().parent
TOY = ("customers.greeting", "growth.wishes", "operations.rounds")
_SPAWN = multiprocessing.get_context("spawn")


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


def apart(work: Callable[..., None], *given: object, **environment: str) -> int:
    """Work in a process of its own that has the toy installed; its exit code."""
    with beside(), patch.dict(os.environ, environment):
        process = _SPAWN.Process(target=work, args=given)
        process.start()
        process.join(120)
    assert process.exitcode is not None, "it does not end"
    return process.exitcode
