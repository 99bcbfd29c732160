"""The door for people at a terminal: `psizero --help` lists the commands."""

import os
import signal
from types import FrameType

INTERRUPTED = 130


def main() -> None:
    """Run one command. Until everything is loaded, Ctrl-C just leaves: nothing has begun."""
    before = signal.signal(signal.SIGINT, _leave)
    from psizero.cli import door

    signal.signal(signal.SIGINT, before)
    door.run()


def _leave(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"psizero: stopped before it began\n")
    os._exit(INTERRUPTED)
