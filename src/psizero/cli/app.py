"""The app, and the options that its commands share."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from psizero.cli.show import Format
from psizero.core.clock import instant
from psizero.core.errors import Problem

Home = Annotated[Path, Parameter(name="--home", help="The folder of the house.")]
AsFormat = Annotated[Format, Parameter(name="--format", help="Text for people, JSON for programs.")]
FIRST_YEAR, LAST_YEAR = 1970, 2199
At = Annotated[str, Parameter(name="--at", help="As known at this instant (ISO 8601, UTC).")]

app = App(
    name="psizero",
    help="Run the business side of a company that sells an API.",
    suppress_keyboard_interrupt=False,
)
prices = App(name="prices", help="The price book.")
app.command(prices)


def moment(text: str, option: str) -> datetime:
    """Raises Problem naming the option where the text is no instant of an age with businesses."""
    try:
        found = instant(text)
    except (ValueError, OverflowError):
        raise Problem(f"{option} {text!r} is no instant; write 2026-10-16T00:00:00Z") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Problem(f"{option} {text!r} lies outside {FIRST_YEAR} to {LAST_YEAR}")
    return found
