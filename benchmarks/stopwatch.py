"""Where a tick spends its time: timers around the public functions that it consists of."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from resource import RUSAGE_SELF, getrusage
from sys import platform
from time import perf_counter
from types import ModuleType
from unittest.mock import patch

from psizero.engine import committer, loop
from psizero.engine.sight import Sight
from psizero.store.duck import DuckStore

PARTS: tuple[tuple[str, ModuleType | type, str], ...] = (
    ("seal", DuckStore, "seal"),
    ("read", Sight, "facts"),
    ("think", loop, "framed"),
    ("measure", loop, "outcomes"),
    ("gate", committer, "judge"),
    ("commit", DuckStore, "commit"),
)
"""Part of a tick, and the function that is that part. None of them calls another of them."""

Spent = dict[str, float]


@contextmanager
def watched() -> Iterator[Spent]:
    """Seconds by part, summed until the caller clears them."""
    spent: Spent = {}
    with ExitStack() as undo:
        for part, owner, name in PARTS:
            timed = _timed(getattr(owner, name), part, spent)
            undo.enter_context(patch.object(owner, name, timed))
        yield spent


def _timed(call: Callable[..., object], part: str, spent: Spent) -> Callable[..., object]:
    def timed(*args: object, **named: object) -> object:
        begin = perf_counter()
        try:
            return call(*args, **named)
        finally:
            spent[part] = spent.get(part, 0.0) + perf_counter() - begin

    return timed


def peak_gb() -> float:
    """The most memory that this process ever held, in 10^9 bytes."""
    unit_bytes = 1 if platform == "darwin" else 1024
    return getrusage(RUSAGE_SELF).ru_maxrss * unit_bytes / 1e9
