"""What each command prints, as text for people and as stable JSON for programs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import polars as pl

from psizero.cli.show import Format, give, hint, say, text
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.core.events.usage import METERED, USAGE_RECORDED
from psizero.engine.gate import CLAUSES
from psizero.engine.intake import Report
from psizero.engine.loop import Tick
from psizero.house.home import House
from psizero.house.members import members
from psizero.house.rows import objects
from psizero.house.story import roster


def emit(value: object) -> None:
    """One JSON document on stdout, indented, in the order given."""
    body = msgspec.json.format(msgspec.json.encode(value), indent=2)
    give(body.decode())


def imported(reports: list[Report], format: Format) -> None:
    """What an import took in, by kind."""
    rows = [msgspec.to_builtins(one) for one in reports]
    if format == "json":
        emit(rows)
    else:
        text(pl.DataFrame(rows))
    if any(one.rejected or one.conflicts for one in reports):
        hint("rejected and conflicting rows: psizero rejected")


def unheard(found: Mapping[str, Sequence[str]]) -> None:
    """A line for each verb that no connector carries out, and whose decisions it leaves undone."""
    for verb, names in found.items():
        what = ", ".join(names)
        hint(
            f"{verb} is bound to no connector: what {what} decides has no effect; "
            "house.toml, [bindings]"
        )


def ticked(tick: Tick) -> None:
    """One line for a tick in which something thought; the others are many, and say nothing."""
    if not tick.thought:
        return
    thought = ", ".join(tick.thought)
    made = f"{tick.decisions:,} decisions ({tick.automatic:,} auto)" if tick.decisions else ""
    say(f"{iso(tick.now)}  sealed {tick.sealed:>9,}  {thought}  {made}".rstrip())


def rejected(house: House, format: Format) -> None:
    """Rejected rows and conflicts, those that still wait for their seal included."""
    rejects = house.store.everything("row.rejected").select(
        kind="subject", origin="origin", line="line", reason="reason"
    )
    conflicts = house.store.everything("event.conflicted").select(
        kind="subject",
        origin="origin",
        line=pl.lit(None, pl.Int64),
        reason=pl.format(
            "source {} id {} is known with other content", "offered_source", "offered_id"
        ),
    )
    frame = pl.concat([rejects, conflicts]).sort("kind", "origin", "line", "reason")
    if format == "json":
        emit(objects(frame))
    else:
        text(frame)
        say(f"{rejects.height:,} rows rejected, {conflicts.height:,} conflicts")


def tables(format: Format) -> None:
    """Every table with its form and what it holds."""
    rows = [
        {"table": name, "form": type(table).__name__, "doc": table.doc}
        for name, table in sorted(members().catalog.tables.items())
    ]
    emit(rows) if format == "json" else text(pl.DataFrame(rows), len(rows))


def automations(house: House, format: Format) -> None:
    """Every automation with its level, what wakes it, its target and last measure."""
    rows = roster(house)
    emit(rows) if format == "json" else text(pl.DataFrame(rows))


def gate(format: Format) -> None:
    """The clauses in their order."""
    rows = [
        {"order": number, "clause": one.name, "verdict": one.level, "means": one.doc}
        for number, one in enumerate(CLAUSES, start=1)
    ]
    emit(rows) if format == "json" else text(pl.DataFrame(rows))


def meters(house: House, format: Format) -> None:
    """Every meter over closed quarter-hours, with the running one beside it."""
    rows = (
        house.read("usage_recorded")
        .group_by("meter")
        .agg(
            customers=pl.col("customer").n_unique(),
            events=pl.col("events").sum(),
            quantity=pl.col("quantity").sum(),
            first=pl.col("start").min(),
            last=pl.col("start").max(),
        )
    )
    running = (
        house.store.running(USAGE_RECORDED, METERED)
        .group_by("meter")
        .agg(running_quantity=pl.col("quantity").sum())
    )
    invoiced = house.read("invoiced_usage").select("meter", invoiced_quantity="quantity")
    frame = (
        rows.join(running, on="meter", how="full", coalesce=True)
        .join(invoiced, on="meter", how="left")
        .with_columns(pl.col("invoiced_quantity", "running_quantity").fill_null(0))
        .with_columns(
            not_invoiced_quantity=pl.col("quantity").fill_null(0) - pl.col("invoiced_quantity")
        )
        .sort("meter")
    )
    emit(objects(frame)) if format == "json" else text(frame)
    waiting = house.store.waiting().get("usage.recorded", 0)
    if waiting:
        hint(f"{waiting:,} usage events wait for the house's clock to reach them")


def verified(house: House, head: Path | None, format: Format) -> None:
    """Raises Problem with the first places found when the ledger is not sound."""
    found = house.verify(head)
    position = house.store.position
    if format == "json":
        emit({"sound": not found, "rows": position.last, "chain": position.chain, "faults": found})
    elif not found:
        say(f"sound: {position.last:,} rows in {position.batches:,} batches")
        say(f"chain {position.chain}")
    if found:
        more = f"and {len(found) - 2} more places" if len(found) > 2 else ""
        raise Problem(*found[:2], *([more] if more else []))
