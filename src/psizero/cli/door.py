"""The last door: runs one command and tells what goes wrong, never as a traceback."""

import io
import os
import sys
from errno import ENOSPC
from pathlib import Path

import duckdb
from rich.text import Text

from psizero.cli import INTERRUPTED
from psizero.cli.commands import app
from psizero.cli.show import inert, note
from psizero.cli.wire import handed_on
from psizero.core.errors import Problem

LINES_MAX = 3
STOPPED = "stopped; what was not finished is undone"
TRACE = "PSIZERO_TRACE"
"""Set in the environment, it lets a defect of psizero itself show where it happened."""


def run() -> None:
    """Run one command. What goes wrong is told in at most three lines, and the exit code is 1."""
    if TRACE not in os.environ:
        sys.excepthook = _defect
    _patient_streams()
    try:
        if any("\udc80" <= letter <= "\udcff" for letter in "".join(sys.argv)):
            raise Problem("an argument is no UTF-8 text")
        done = handed_on(sys.argv[1:])
        if done is not None:
            sys.exit(done)
        app(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads on, as in `| head`; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (Problem, duckdb.Error, OSError, RuntimeError, KeyboardInterrupt) as error:
        if _interrupted(error):
            fail(Problem(STOPPED), INTERRUPTED)
        if TRACE in os.environ or isinstance(error, RuntimeError):
            raise
        fail(told(error), 1)


def _interrupted(error: BaseException) -> bool:
    """Ctrl-C, and the two words that DuckDB has for it: in a query, and in reading our frames.

    What it was told as on its way here does not count: `__context__` keeps where that began.
    """
    if isinstance(error, KeyboardInterrupt):
        return True
    if isinstance(error, duckdb.Error) and "KeyboardInterrupt" in str(error):
        return True
    if isinstance(error, RuntimeError) and str(error) == "Query interrupted":
        return True
    return error.__context__ is not None and _interrupted(error.__context__)


def _patient_streams() -> None:
    """Streams that take any text, also where they are closed, as by `>&-`."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or io.StringIO()
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, stream)


def fail(problem: Problem, code: int) -> None:
    """Tell a problem on stderr and leave."""
    tell(problem)
    sys.exit(code)


def tell(problem: Problem) -> None:
    """A problem on stderr, in at most three lines."""
    lines = [inert(line) for line in str(problem).split("\n")[:LINES_MAX]]
    note.print(Text.assemble(("psizero:", "bold red"), " ", "\n".join(lines)))


def _defect(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """What nobody foresaw; Python leaves with exit code 1 by itself."""
    tell(told(error))


def told(error: BaseException) -> Problem:
    """Any error as a problem; nothing was half-written, since every write is one transaction."""
    if isinstance(error, Problem):
        return error
    said = (str(error).splitlines() or [type(error).__name__])[0]
    if getattr(error, "errno", None) == ENOSPC or "No space left on device" in str(error):
        return Problem("the disk is full", said, "nothing is half-written: make room, and go on")
    if isinstance(error, OSError):
        return Problem(f"the system refuses: {said}")
    if isinstance(error, duckdb.Error):
        return Problem(f"the ledger cannot be read or written: {said}")
    return Problem(
        f"a defect of psizero: {type(error).__name__}: {said}",
        f"in {_place(error)}; {TRACE}=1 shows all of it; please report it",
    )


def _place(error: BaseException) -> str:
    """File and line in which an error arose."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno}" if trace else ""
