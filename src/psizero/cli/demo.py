"""`psizero demo`: ninety days of a synthetic company; with --files, two months of exports."""

import csv
import gzip
import io
import os
import shlex
import shutil
import sys
from collections.abc import Iterable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from psizero.cli.commands import app
from psizero.cli.example import company, engagement
from psizero.cli.show import out
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.house.home import opened
from psizero.house.twin import START

MARK = "made-by-demo.txt"
# What a demo makes; the mark goes last, so that a start that was cut off can be made again.
MADE = (
    *("input", "outbox", "truth"),
    *("house.toml", "house.duckdb", "house.duckdb.wal", "ledger.head", "keys"),
    *("users.json", ".users.json.lock", MARK),
)
GRANTS = ("finance.invoicing=auto", "customers.health_watch=approve")
MORNING = "2026-03-01T07:00:00Z"
FLOWN_DAYS = 90
SERVE = "SERVE"
"""In the environment, 0 lets a demo at a terminal end without serving the console."""
WIDTH = 80


class Ending(msgspec.Struct, frozen=True):
    """What lies where, and what to try next with why; {at} is the home, {last} a decision."""

    places: dict[str, str]
    tries: dict[str, str]


PLACES = {
    "house.toml": "what the owner decides: caps, bindings, settings",
    "house.duckdb": "the ledger: every event, decision and invoice",
    "ledger.head": "its signed head; keep a copy elsewhere",
    "keys": "a key for each customer; to erase is to lose it",
}
FILES = Ending(
    {"input": "what the company's own systems exported"},
    {
        "explain {last} {at}": "why this invoice was issued",
        "decisions {at}": "every decision, its verdict, and what became of it",
        "approve --all-of customers.health_watch {at}": "yes to what waits",
        "replay --set finance.invoicing.grace_hours=30 {at}": "another policy on the same history",
        "table subscriptions --at 2026-02-10T00:00:00Z {at}": "any table, as known that day",
        "erase cust-25 {at}": "its mail address is gone for good; `verify` still passes",
    },
)
FLOWN = Ending(
    {
        "outbox": "every mail that was sent",
        "truth": "why things happened; read by the scorecard alone",
    },
    {
        "serve --still {at}": "the console in your browser, on this company as it stands",
        "invoices {at}": "every invoice, and the last one as printed",
        "explain {last} {at}": "why this invoice was issued",
        "decisions {at}": "every decision, its verdict, and what became of it",
        "table mrr_movements {at}": "what moved MRR, month by month",
        "twin compare --customers 20 --days 60 --seeds 4": "the same work by hand beside it",
        "demo --files": "another company, from its exported files to its invoices",
    },
)


def demo(
    *,
    home: Annotated[Path, Parameter(name="--home", help="Where the demo's home goes.")] = Path(
        "demo"
    ),
    files: Annotated[
        bool,
        Parameter(help="Another company: import what its systems exported.", negative=""),
    ] = False,
    days: Annotated[int, Parameter(help="How long the synthetic company is flown.")] = FLOWN_DAYS,
) -> None:
    """Ninety days of a synthetic company of 60 customers, run by the autopilot."""
    if not 1 <= days <= 365:
        raise Problem(f"--days {days}: 1 to 365")
    try:
        clear(home)
        mark(home)
        if files:
            prepare(home)
    except OSError as error:
        raise Problem(f"the demo cannot write to {home}: {error.strerror}") from None
    for said, tokens in steps(home) if files else flight(home, days):
        out.print(f"\n[dim]# {said}[/]")
        out.print(f"$ {spelled(tokens)}", style="bold green", markup=False)
        app(tokens, result_action="return_value")
    farewell(home, FILES if files else FLOWN)
    if os.environ.get(SERVE) != "0" and sys.stdin.isatty() and sys.stdout.isatty():
        out.print("\n[dim]# The console on this company; Ctrl-C ends it.[/]")
        app(["serve", "--still", "--port", "0", "--home", str(home)], result_action="return_value")


def clear(home: Path) -> None:
    """Take an earlier demo away. Raises Problem on a folder that is something else."""
    marked = (home / MARK).is_file()
    if home.exists() and not marked and not (home.is_dir() and not any(home.iterdir())):
        raise Problem(
            f"{home} is there already, and no demo made it",
            "another place: psizero demo --home DIR",
        )
    if marked:
        strange = sorted(path.name for path in home.iterdir() if path.name not in MADE)
        kept = f"; not the demo's, left alone: {', '.join(strange)}" if strange else ""
        out.print(f"{home} holds an earlier demo: it starts fresh{kept}", markup=False)
    for path in (home / name for name in MADE):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def mark(home: Path) -> None:
    """Make the folder, and say in it whose it is."""
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).write_text("`psizero demo` made this folder, and starts it fresh each time.\n")


def prepare(home: Path) -> None:
    """Write what the company's own systems would give: exports, their maps, a price book."""
    given = home / "input"
    given.mkdir()
    maps = [f"{name}.map.toml" for name in ("customers", "usage", "activity", "tickets")]
    for name in ("prices.toml", *maps):
        (given / name).write_text((files("psizero.cli.example") / name).read_text())
    (given / "customers.csv").write_bytes(_csv(company.customer_rows()))
    (given / "usage.csv.gz").write_bytes(gzip.compress(_csv(company.usage_rows()), 6, mtime=0))
    (given / "activity.csv").write_bytes(_csv(engagement.activity_rows()))
    (given / "tickets.csv").write_bytes(_csv(engagement.ticket_rows()))
    (given / "usage-late.csv").write_bytes(_csv(company.late_rows()))
    out.print(f"[bold]{company.COMPANY}[/] is made up. It sells map data through an API:")
    out.print("25 customers, 3 plans, 8 weeks of calls. Its systems exported these files:")
    for path in sorted(given.iterdir()):
        out.print(f"  {path!s:<40}{path.stat().st_size:>12,} bytes", markup=False)


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def flight(home: Path, days: int) -> list[tuple[str, list[str]]]:
    """Why, and the command line: a synthetic company's quarter, and what came of it."""
    at = ["--home", str(home)]
    size = ["--scenario", "calm", "--customers", "60", "--days", str(days), "--seed", "7", "--lean"]
    last = iso(START + timedelta(days=days - 1, hours=7))
    said = f"PsiZero sells quantum computing by the call. {days} days, everything automatic."
    return [
        (said, ["twin", "fly", *size, *at]),
        (
            "What they may do now. One whose outcomes were bad was put back by its guardrail.",
            ["automations", *at],
        ),
        ("Is every record as it was written?", ["verify", *at]),
        ("MRR by month.", ["table", "mrr", *at]),
        ("The targets of the mission, and what is measured.", ["scorecard", *at]),
        ("The morning briefing.", ["briefing", "--at", last, "--role", "ceo", *at]),
    ]


def steps(home: Path) -> list[tuple[str, list[str]]]:
    """Why, and the command line; what is printed is what is run."""
    given, at = str(home / "input") + "/", ["--home", str(home)]
    named = ["--company", company.COMPANY, "--salt", company.SALT]
    grants = [word for grant in GRANTS for word in ("--grant", grant)]
    calls = ["--map", f"{given}usage.map.toml", *at]
    return [
        (
            "A home. One automation acts by itself, one asks; all else is off.",
            ["init", *at, *grants, *named],
        ),
        ("What the plans cost, by version.", ["prices", "apply", f"{given}prices.toml", *at]),
        (
            "Who the customers are, and on which plan.",
            ["import", f"{given}customers.csv", "--map", f"{given}customers.map.toml", *at],
        ),
        ("What they called.", ["import", f"{given}usage.csv.gz", *calls]),
        (
            "How often they were seen at the portal.",
            ["import", f"{given}activity.csv", "--map", f"{given}activity.map.toml", *at],
        ),
        (
            "What they asked.",
            ["import", f"{given}tickets.csv", "--map", f"{given}tickets.map.toml", *at],
        ),
        ("Time goes by, as the files tell it.", ["fly", "--until", "2026-02-10T00:00:00Z", *at]),
        (
            "A gateway reports calls of January now: late, for invoiced weeks and months.",
            ["import", f"{given}usage-late.csv", *calls],
        ),
        ("Time goes on.", ["fly", "--until", MORNING, *at]),
        ("What could not be taken in, and why.", ["rejected", *at]),
        ("Is every record as it was written?", ["verify", *at]),
        ("The invoices, and the last one as printed.", ["invoices", *at]),
        ("What waits for a person.", ["pending", *at]),
        ("The morning briefing.", ["briefing", "--at", MORNING, "--role", "ceo", *at]),
    ]


def spelled(tokens: list[str]) -> str:
    """A command line to copy, of the terminal's width: it is cut before an option."""
    first = next(number for number, token in enumerate(tokens) if token.startswith("--"))
    words = [shlex.join(tokens[number : number + 2]) for number in range(first, len(tokens), 2)]
    lines = ["psizero " + shlex.join(tokens[:first])]
    for word in words:
        if len(lines[-1]) + len(word) + 5 > WIDTH:
            lines.append("   ")
        lines[-1] += f" {word}"
    return " \\\n".join(lines)


def farewell(home: Path, ending: Ending) -> None:
    """Where everything is, and what to try next."""
    with opened(home) as house:
        invoices = house.read("invoices")
    last = invoices["cause"][-1][:12] if invoices.height else ""
    out.print("\n[bold]Where everything is[/]")
    for name in (*PLACES, *ending.places):
        what = {**PLACES, **ending.places}[name]
        out.print(f"  {home / name!s:<22}  {what}", markup=False)
    at = shlex.join(["--home", str(home)])
    out.print("\n[bold]What to try next[/]  (first: source .venv/bin/activate)")
    for line, what in ending.tries.items():
        if "{last}" in line and not last:
            continue
        said = line.format(at=at, last=last)
        out.print(f"  psizero {said}", markup=False)
        out.print(f"      {what}", style="dim", markup=False)
