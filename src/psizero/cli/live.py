"""The commands of an autopilot that runs: `run`, `stop`, `alive`."""

import io
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Annotated

import duckdb
import structlog
from cyclopts import Parameter

from psizero.cli.app import Home, app
from psizero.cli.door import tell, told
from psizero.cli.report import unheard
from psizero.cli.show import hint, out, say
from psizero.cli.wire import Command, line_of, listening, stands_still
from psizero.core.clock import WallClock
from psizero.core.errors import Problem
from psizero.core.policy import ANY
from psizero.engine.think import FAULTS
from psizero.house import levels, live
from psizero.house.flight import unbound
from psizero.house.home import HELD, House, opened
from psizero.house.members import DOMAINS, members
from psizero.house.post import receiving
from psizero.house.storage import is_home

OBEYED_SECONDS = 2
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(
    *,
    home: Home,
    port: Annotated[int, Parameter(help="Of the health page, on loopback; 0 takes any.")] = 0,
) -> None:
    """Run the house on the real clock until SIGTERM or Ctrl-C; a step in hand is finished.

    What happens is told on stderr, a line of JSON each. Other commands with this home work
    meanwhile from another terminal.
    """
    home = home.resolve()
    with opened(home) as house:
        lived(house, port, logged())


def logged() -> live.Log:
    """The house's own log: a line of JSON for each event, on stderr."""
    printed = structlog.PrintLogger(sys.stderr)
    log: live.Log = structlog.wrap_logger(
        printed, processors=[structlog.processors.JSONRenderer()]
    ).info
    return log


Door = Callable[[live.Life], AbstractContextManager[str]]
"""What answers others while a house lives; inside it says where."""


def lived(
    house: House, port: int, log: live.Log, door: Door | None = None, still: bool = False
) -> None:
    """The life of a house that is open, with all that others hand in, until a signal ends it.

    One that is `still` is looked at as it stands: nothing is thought, and nobody is called.
    """
    home = house.home
    with ExitStack() as stack:
        life = live.asleep(house, log) if still else _awake(house, log)
        stack.push(lambda _kind, error, _trace: _log_problem(log, error))
        HELD[home] = house
        stack.callback(HELD.pop, home)
        listened = stack.enter_context(listening(life, home, port, spoken))
        for number in SIGNALS:
            stack.callback(signal.signal, number, signal.getsignal(number))
            signal.signal(number, lambda *_: life.end())
        at = {"door": stack.enter_context(door(life))} if door else {}
        smtp = None if still else stack.enter_context(receiving(house, life, WallClock(), log))
        at |= {} if smtp is None else {"smtp": str(smtp)}
        log("begin", home=str(home), port=listened, **at)
        life.rest() if still else life.run()
        log("end", position=house.store.position.last)


def _awake(house: House, log: live.Log) -> live.Life:
    life, changed = live.awake(house, WallClock().now, log)
    for name, value in sorted(changed.items()):
        hint(f"house.toml: {name} = {value}")
    unheard(unbound(house))
    return life


def _log_problem(log: live.Log, error: BaseException | None) -> None:
    if error is not None:
        log("problem", said=str(told(error)))


def spoken(command: Command) -> live.Answer:
    """A command done here for somebody else: what it prints, and its exit code."""
    shown, noted, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(shown), redirect_stderr(noted):
        try:
            with chdir(command.cwd):
                app(command.argv)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except (Problem, duckdb.Error, OSError, RuntimeError, *FAULTS) as error:
            tell(told(error))
            code = 1
    return live.Answer(code, shown.getvalue(), noted.getvalue())


def stop(
    scope: Annotated[str, Parameter(help="Everything (*), a domain or an automation.")] = ANY,
    /,
    *,
    home: Home,
    by: Annotated[str, Parameter(help="Who says so.")] = "",
    because: Annotated[str, Parameter(help="Why.")] = "",
) -> None:
    """Stop everything, a domain or an automation, at once and without asking.

    It works whoever owns the store, and also where it cannot be opened.
    """
    if not is_home(home):
        raise Problem(f"{home} is no home", "the kill switch is a file in the home")
    if scope not in (ANY, *DOMAINS) and scope not in members().automations:
        names = ", ".join([ANY, *DOMAINS, *members().automations])
        raise Problem(f"there is no {scope!r}; nothing was stopped", f"to stop: {names}")
    levels.stop(home, scope, by, because)
    what = "everything" if scope == ANY else scope
    say(f"{what} stands still: it thinks nothing, and calls nobody outside")
    if line_of(home) is not None:
        obeyed = _obeyed(home, scope)
        late = f"it has not answered within {OBEYED_SECONDS} s; before its next call it looks"
        say("the autopilot obeys" if obeyed else f"the autopilot is at work: {late}")
    hint(f"to go on: psizero resume {'' if scope == ANY else scope + ' '}--home {home}")


def _obeyed(home: Path, scope: str) -> bool:
    for _ in range(OBEYED_SECONDS * 10):
        if stands_still(home, scope):
            return True
        time.sleep(0.1)
    return False


def alive(
    *,
    home: Home,
    minutes: Annotated[int, Parameter(help="Silent for longer is dead.")] = 5,
) -> None:
    """Fail with one line where the autopilot gives no sign of life: a dead-man's timer for cron."""
    said = live.silence(home, WallClock().now(), minutes)
    if said:
        raise Problem(f"the autopilot of {home}: {said}")
    if out.is_terminal:
        say("alive")
