"""A watch over thinking: what it touches outside its facts is seen, and mostly prevented.

Files, sockets, processes: by the interpreter's own audit events, which see C code too. The wall
clock, chance and printing have none; calls of those built-ins are seen by a profile function.
"""

import builtins
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from types import FrameType

import msgspec

from psizero.core.automation import Automation
from psizero.core.tables import Derived
from psizero.house.members import Members

OUTSIDE = ("open", "os.", "socket.", "subprocess.", "shutil.", "tempfile.", "glob.", "sqlite3.")
OUTSIDE += (
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "pathlib.",
    "time.sleep",
    "ctypes.dl",
    "pty.",
)
CLOCKS = ("now", "utcnow", "today")
TIMES = ("time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime", "ctime", "sleep")


class Touched(Exception):
    """Thinking reached for the world."""


class Seen(msgspec.Struct):
    """What was touched; `on` while something is watched."""

    on: bool = False
    touched: list[str] = msgspec.field(default_factory=list)


SEEN = Seen()


def _allowed(event: str, about: tuple[object, ...]) -> bool:
    """Imports at first use, what is installed, and the zones of the world, are no part of what is
    thought about."""
    if event == "open" and "zoneinfo" in str(about[0]):
        return True
    return _loading(sys._getframe(1))


def _loading(frame: FrameType | None) -> bool:
    """Whether something is imported, looked up among what is installed, or fitted by scikit-learn,
    which names its fits by a clock and makes its generators before it seeds them as it was told:
    that the same rows give the same bytes is a law of its own."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib") or "/sklearn/" in file:
            return True
        if file.endswith("importlib/metadata/__init__.py"):
            return True
        frame = frame.f_back
    return False


def _audit(event: str, about: tuple[object, ...]) -> None:
    if SEEN.on and event.startswith(OUTSIDE) and not _allowed(event, about):
        SEEN.touched.append(f"{event} {about[:2]}")
        raise Touched(SEEN.touched[-1])


def _profile(frame: FrameType, event: str, called: object) -> None:
    logs = event == "call" and frame.f_code.co_filename.endswith("logging/__init__.py")
    if logs and not _loading(frame):
        SEEN.touched.append("logging")
    if event == "c_call" and (what := _reached(called)) and not _loading(frame):
        SEEN.touched.append(f"{what} from {frame.f_code.co_filename}:{frame.f_lineno}")


def _reached(called: object) -> str:
    name, owner = getattr(called, "__name__", ""), getattr(called, "__self__", None)
    home = getattr(called, "__module__", None) or type(owner).__module__
    if name in CLOCKS and isinstance(owner, type) and issubclass(owner, date):
        return f"{owner.__name__}.{name}"
    if home == "time" and name in TIMES:
        return f"time.{name}"
    if home in ("random", "_random") or (home == "posix" and name in ("urandom", "getrandom")):
        return f"{home}.{name}"
    if called is builtins.print or (name == "write" and owner in (sys.stdout, sys.stderr)):
        return "the terminal"
    return ""


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[Seen]:
    """Inside, nothing may be touched; what was is listed in the end.

    No garbage is collected meanwhile: it calls whoever asked for that, and hypothesis, which did,
    looks at the clock.
    """
    before, collected = sys.getprofile(), gc.isenabled()
    gc.disable()
    SEEN.on, SEEN.touched = True, []
    sys.setprofile(_profile)
    try:
        yield SEEN
    finally:
        sys.setprofile(before)
        SEEN.on = False
        if collected:
            gc.enable()


def under_watch(thinking: Callable[..., object], faults: dict[str, list[str]], name: str) -> object:
    """The same function, watched each time it is called; an iterable is used up inside."""

    def call(*given: object) -> object:
        with watched() as seen:
            made = thinking(*given)
            made = list(made) if isinstance(made, Iterator) else made
        faults.setdefault(name, []).extend(seen.touched)
        return made

    return call


def all_watched(found: Members, faults: dict[str, list[str]]) -> Members:
    """The members with `propose`, `measure` and every derived table's `compute` under watch."""
    automations = {n: _watched(one, faults) for n, one in found.automations.items()}
    tables = {
        name: msgspec.structs.replace(one, compute=under_watch(one.compute, faults, name))
        if isinstance(one, Derived)
        else one
        for name, one in found.catalog.tables.items()
    }
    catalog = msgspec.structs.replace(found.catalog, tables=tables)
    return msgspec.structs.replace(found, automations=automations, catalog=catalog)


def _watched(one: Automation, faults: dict[str, list[str]]) -> Automation:
    propose = under_watch(one.propose, faults, one.name)
    measure = under_watch(one.measure, faults, one.name)
    return msgspec.structs.replace(one, propose=propose, measure=measure)
