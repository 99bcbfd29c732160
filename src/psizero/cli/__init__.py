"""The door for people at a terminal: `psizero --help` lists the commands."""

import sys

from psizero.cli.commands import app
from psizero.cli.show import note
from psizero.core.errors import Problem


def main() -> None:
    """Run one command; a Problem is told in at most three lines and ends with exit code 1."""
    try:
        app()
    except Problem as problem:
        note.print(f"[bold red]psizero:[/] {_plain(str(problem))}")
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
