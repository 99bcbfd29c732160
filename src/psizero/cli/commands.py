"""The commands of `psizero`, in the order in which a newcomer meets them."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from psizero.cli import authority, bill, explanation, report
from psizero.cli.app import AsFormat, At, Home, app, moment, prices
from psizero.cli.progress import counting, flying
from psizero.cli.show import FileFormat, hint, say, write
from psizero.core.chance import new_salt
from psizero.core.clock import WallClock
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.finance.prices import price_rows
from psizero.house.charter import document_of, read_text
from psizero.house.flight import (
    check_begun,
    fly_home,
    import_as_new,
    import_file,
    take_prices,
    unbound,
)
from psizero.house.home import create, opened
from psizero.house.storage import log_of


@app.command
def init(
    *,
    home: Home,
    grant: Annotated[tuple[str, ...], Parameter(help="AUTOMATION=LEVEL, may be repeated.")] = (),
    salt: Annotated[str, Parameter(help="Fixes all chance; random when not given.")] = "",
    company: Annotated[str, Parameter(help="The company's name.")] = "My company",
) -> None:
    """Make a home: house.toml, the ledger, the keys. What is not granted is off."""
    if not company.strip():
        raise Problem("--company: the name is empty")
    levels = {level.value: level for level in Level}
    grants: dict[str, Level] = {}
    for text in grant:
        name, _, level = text.partition("=")
        if level not in levels:
            raise Problem(f"--grant {text}: the level is one of {', '.join(levels)}")
        grants[name] = levels[level]
    create(home, company, salt or new_salt(), grants)
    say(f"{home} is ready: house.toml (settings), {log_of(home)} (ledger)")
    for name, given in grants.items():
        say(f"  {name} = {given.value}")
    say(f"next: psizero prices apply FILE --home {home}")


@prices.command
def apply(file: Path, /, *, home: Home) -> None:
    """Add the prices of a TOML file to the price book; known versions stay as they are."""
    rows = price_rows(document_of(file, read_text(file)), file.name)
    with opened(home) as house:
        appended = take_prices(house, rows, file.name)
    say(f"{appended.rows} prices added, {appended.duplicates} known already")


@app.command(name="import")
def import_(
    file: Path,
    /,
    *,
    map: Annotated[Path, Parameter(name="--map", help="The import map (TOML).")],
    home: Home,
    as_new: Annotated[
        bool, Parameter(help="All of it is known from now on: nothing to fly through.", negative="")
    ] = False,
    format: AsFormat = "text",
) -> None:
    """Bring history in from a CSV, Parquet or NDJSON file through an import map."""
    bring = import_as_new if as_new else import_file
    with opened(home) as house, counting(f"importing {file.name}", "rows") as seen:
        reports = bring(house, file, map, WallClock().now(), seen)
    report.imported(reports, format)
    if not reports:
        raise Problem(f"{file.name}: the map finds no rows in it")
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
        check_begun(house, end)
        report.unheard(unbound(house))
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
    say(f"{subject}: service key destroyed" if had else f"{subject} had no service key")
    hint("legal data stays unreadable to all but legal duties until the end of its term")


for command in (
    authority.pending,
    authority.approve,
    authority.decline,
    authority.edit,
    authority.override,
    authority.settle,
    authority.undo,
    authority.promote,
    authority.demote,
    authority.resume,
    authority.apply,
):
    app.command(command)
app.command("psizero.cli.briefing:briefing", help="The morning briefing of a role, as of now.")
app.command("psizero.cli.paper:invoice", help="One invoice as text, or as PDF.")
app.command("psizero.cli.quote:quote", help="What any use would cost, with every step.")
app.command("psizero.cli.live:run", help="Run the house on the real clock until told to end.")
app.command("psizero.cli.work:work", help="Run a house of many hosts, or wait to take it over.")
app.command("psizero.cli.serve:serve", help="Run the house, and open its doors to others.")
app.command("psizero.cli.serve:key", name="key", help="Keys by which programs come in.")
app.command("psizero.cli.serve:user", name="user", help="People who log in.")
app.command("psizero.cli.live:stop", help="Stop everything, a domain or an automation, at once.")
app.command("psizero.cli.live:alive", help="Fail where the autopilot gives no sign of life.")
app.command(
    "psizero.cli.scorecard:scorecard", help="Every target of the mission, and what is measured."
)
app.command("psizero.cli.support:support", name="support", help="Triage and answers, tried out.")
app.command("psizero.cli.twin:twin", name="twin", help="A synthetic company to try a policy in.")
app.command("psizero.cli.books:books", help="The journal for Beancount, or as CSV.")
app.command("psizero.cli.store:export", help="The whole log as Parquet, to move or back it up.")
app.command("psizero.cli.store:load", help="Make a home of an exported log, in either store.")
app.command("psizero.cli.store:snapshot", help="What a new host's lens on PostgreSQL begins with.")
app.command("psizero.cli.replay:replay", help="Try settings on the house's own history.")
app.command("psizero.cli.assistant:mcp", help="Serve the house to an assistant; it only reads.")
app.command("psizero.cli.demo:demo", help="Run the main job on a small made-up company.")

__all__ = ["app"]
