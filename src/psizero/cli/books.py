"""The command `books`: the journal for whoever keeps or checks the accounts."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from psizero.cli.app import At, Home, moment
from psizero.cli.show import hint, write
from psizero.core.errors import Problem
from psizero.finance.beancount import rows, text
from psizero.house.home import opened

Books = Literal["beancount", "csv", "json"]


def books(
    *,
    home: Home,
    format: Annotated[Books, Parameter(name="--format")] = "beancount",
    at: At = "",
    output: Annotated[Path | None, Parameter(name=["-o", "--output"], help="To a file.")] = None,
) -> None:
    """The whole journal, every account opened; `bean-check` accepts it.

    An entry bears the last day of what it is booked for. CSV and JSON have a row for each side.
    """
    with opened(home) as house:
        journal = house.read("journal", moment(at, "--at") if at else None)
    if format != "beancount":
        write(rows(journal), format, output)
        return
    body = text(journal, f"Books of {home.resolve().name}")
    if output is None:
        sys.stdout.write(body)
        return
    _put(body, output)
    hint(f"{journal['entry'].n_unique():,} entries written to {output}")


def _put(body: str, output: Path) -> None:
    """The whole file or none: it takes its place when it is complete."""
    whole = output.with_name(f"{output.name}.partial")
    try:
        whole.write_text(body, encoding="utf-8")
        whole.replace(output)
    except OSError as error:
        whole.unlink(missing_ok=True)
        raise Problem(f"cannot write {output}: {error.strerror or error}") from None
