"""The commands of `psizero`, in the order in which a newcomer meets them."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from psizero.cli import bill, explanation, report
from psizero.cli.progress import counting, flying
from psizero.cli.show import FileFormat, Format, note, out, write
from psizero.core.chance import new_salt
from psizero.core.clock import WallClock, instant
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.finance.prices import price_rows
from psizero.house.flight import fly_home, import_file
from psizero.house.home import create, opened

Home = Annotated[Path, Parameter(name="--home", help="The folder of the house.")]
AsFormat = Annotated[Format, Parameter(name="--format", help="Text for people, JSON for programs.")]
At = Annotated[str, Parameter(name="--at", help="As known at this instant (ISO 8601, UTC).")]

app = App(name="psizero", help="Run the business side of a company that sells an API.")
prices = App(name="prices", help="The price book.")
app.command(prices)


def moment(text: str, option: str) -> datetime:
    """Raises Problem naming the option where the text is no instant."""
    try:
        return instant(text)
    except ValueError:
        raise Problem(f"{option} {text!r} is no instant; write 2026-10-16T00:00:00Z") from None


@app.command
def init(
    *,
    home: Home,
    grant: Annotated[tuple[str, ...], Parameter(help="AUTOMATION=LEVEL, may be repeated.")] = (),
    salt: Annotated[str, Parameter(help="Fixes all chance; random when not given.")] = "",
    company: Annotated[str, Parameter(help="The company's name.")] = "My company",
) -> None:
    """Make a home: house.toml, the ledger, the keys. What is not granted is off."""
    levels = {level.value: level for level in Level}
    grants: dict[str, Level] = {}
    for text in grant:
        name, _, level = text.partition("=")
        if level not in levels:
            raise Problem(f"--grant {text}: the level is one of {', '.join(levels)}")
        grants[name] = levels[level]
    create(home, company, salt or new_salt(), grants)
    out.print(f"{home} is ready: house.toml (settings), house.duckdb (ledger)")
    for name, given in grants.items():
        out.print(f"  {name} = {given.value}")
    out.print(f"next: psizero prices apply FILE --home {home}")


@prices.command
def apply(file: Path, /, *, home: Home) -> None:
    """Add the prices of a TOML file to the price book; known versions stay as they are."""
    try:
        document = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"cannot read {file}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{file.name} is no TOML: {error}") from None
    rows = price_rows(document, file.name)
    with opened(home) as house:
        kind = house.members.catalog.kinds["price.set"]
        appended = house.store.append(kind, rows)
        if appended.conflicts.height:
            changed = ", ".join(appended.conflicts["id"].to_list())
            raise Problem(
                f"{file.name}: {changed} is in the price book with other terms",
                "a price is never changed: add a version with a later valid_from",
            )
        out.print(f"{appended.rows} prices added, {appended.duplicates} known already")


@app.command(name="import")
def import_(
    file: Path,
    /,
    *,
    map: Annotated[Path, Parameter(name="--map", help="The import map (TOML).")],
    home: Home,
    format: AsFormat = "text",
) -> None:
    """Bring history in from a CSV, Parquet or NDJSON file through an import map."""
    with opened(home) as house, counting(f"importing {file.name}", "rows") as seen:
        reports = import_file(house, file, map, WallClock().now(), seen)
    report.imported(reports, format)
    if not any(one.taken or one.duplicates for one in reports):
        raise Problem(f"nothing of {file.name} could be taken in", "see: psizero rejected")


@app.command
def fly(
    *,
    home: Home,
    until: Annotated[str, Parameter(help="Last instant of the flight (ISO 8601, UTC).")],
) -> None:
    """Move the house's clock through what was imported, tick by tick."""
    end = moment(until, "--until")
    with opened(home) as house, flying(end) as seen:
        for tick in fly_home(house, end):
            seen(tick)
            report.ticked(tick)


@app.command
def invoices(*, home: Home, format: AsFormat = "text", at: At = "") -> None:
    """Every invoice with its lines; amounts are integer minor units in JSON."""
    with opened(home) as house:
        bill.invoices(house, moment(at, "--at") if at else None, format)


@app.command
def decisions(
    *,
    home: Home,
    format: AsFormat = "text",
    automation: Annotated[str, Parameter(help="Only of this automation.")] = "",
    at: At = "",
) -> None:
    """Every decision with its verdict and what became of it."""
    with opened(home) as house:
        explanation.decisions(house, automation, moment(at, "--at") if at else None, format)


@app.command
def explain(id: str, /, *, home: Home, format: AsFormat = "text") -> None:
    """Why a decision was made: facts, rule, clause, effect. ID may be shortened."""
    with opened(home) as house:
        explanation.explain(house, id, format)


@app.command
def rejected(*, home: Home, format: AsFormat = "text") -> None:
    """Rows that could not be taken in, with reason and line, and conflicting events."""
    with opened(home) as house:
        report.rejected(house, format)


@app.command
def table(
    name: Annotated[str, Parameter(help="A table's name; see `psizero tables`.")],
    /,
    *,
    home: Home,
    at: At = "",
    format: Annotated[FileFormat, Parameter(name="--format")] = "text",
    output: Annotated[Path | None, Parameter(name=["-o", "--output"], help="To a file.")] = None,
) -> None:
    """Any table, now or as it was known at an instant."""
    with opened(home) as house:
        write(house.read(name, moment(at, "--at") if at else None), format, output)


@app.command
def tables(*, format: AsFormat = "text") -> None:
    """Every table of the house and what it holds."""
    report.tables(format)


@app.command
def automations(*, home: Home, format: AsFormat = "text") -> None:
    """Every automation: domain, level, cadence, target of the mission, last measure."""
    with opened(home) as house:
        report.automations(house, format)


@app.command
def gate(*, format: AsFormat = "text") -> None:
    """The clauses that say how far a decision may go, in their order."""
    report.gate(format)


@app.command
def meters(*, home: Home, format: AsFormat = "text") -> None:
    """Every meter: what was recorded, when, and what runs in the open quarter-hour."""
    with opened(home) as house:
        report.meters(house, format)


@app.command
def verify(
    *,
    home: Home,
    head: Annotated[Path | None, Parameter(help="A signed head kept elsewhere.")] = None,
    format: AsFormat = "text",
) -> None:
    """Check every row of the ledger against its digests, the chain and the signed head."""
    with opened(home) as house:
        report.verified(house, head, format)


@app.command
def erase(subject: str, /, *, home: Home) -> None:
    """Destroy a person's or customer's service key: what it protects is gone for good."""
    with opened(home) as house:
        had = house.erase(subject, WallClock().now())
    out.print(f"{subject}: service key destroyed" if had else f"{subject} had no service key")
    note.print("legal data stays unreadable to all but legal duties until the end of its term")


app.command("psizero.cli.demo:demo", help="Run the main job on a small made-up company.")
