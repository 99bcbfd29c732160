"""The command `briefing`: what the morning's mail says, or would say, to a role."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import polars as pl
from cyclopts import Parameter

from psizero.cli.app import At, Home, moment
from psizero.cli.show import give, out, say
from psizero.core.clock import iso
from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.house.home import opened

Form = Literal["text", "html", "json"]


def briefing(
    *,
    home: Home,
    role: Annotated[str, Parameter(help="ceo, sales, cs, support, engineering, finance.")] = "ceo",
    at: At = "",
    format: Annotated[Form, Parameter(help="JSON has every number with its table.")] = "text",
    output: Annotated[Path | None, Parameter(name=["-o", "--output"], help="To a file.")] = None,
) -> None:
    """The morning briefing as of now or an instant; nothing is sent, nothing written to the log."""
    with opened(home) as house:
        if house.store.position.sealed_at is None:
            raise Problem("nothing has happened in this house yet", "psizero fly --until INSTANT")
        now = moment(at, "--at") if at else house.now
        known = house.read("briefing", now)
    found = known.filter(pl.col("role") == role)
    if found.is_empty():
        raise Problem(f"no role {role!r}", f"roles: {', '.join(known['role'])}")
    row = found.row(0, named=True)
    body = str(row["html"]) if format == "html" else f"{row['topic']}\n\n{row['text']}"
    if format == "json":
        query = f"psizero table TABLE --at {iso(now)}"
        said = {name: row[name] for name in ("role", "topic", "notable", "complete", "words")}
        body = canonical(
            {**said, "query": query, "at": now, "parts": msgspec.json.decode(str(row["parts"]))}
        )
    if output is not None:
        _write(output, body)
    elif format == "text":
        for line in body.splitlines():
            say(line)
    elif format == "html":
        out.print(body, markup=False)
    else:
        give(body)


def _write(output: Path, body: str) -> None:
    try:
        output.write_text(body, encoding="utf-8")
    except OSError as error:
        raise Problem(f"cannot write {output}: {error.strerror or error}") from None
