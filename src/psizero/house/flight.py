"""Bringing history in, and moving the virtual clock over it."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import polars as pl

from psizero.connectors.files import parse_map, read_file
from psizero.core.clock import VirtualClock, iso
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.core.ports import Appended
from psizero.engine import loop
from psizero.engine.intake import Report, take_in
from psizero.house import charter
from psizero.house.home import House
from psizero.house.proof import prove

FLYING = ("outbox", "twin", "recorded")
"""Connectors that a flight may bind: none of them reaches anybody."""


def import_file(
    house: House, path: Path, map_path: Path, clock: datetime, seen: Callable[[int], None]
) -> list[Report]:
    """Take in a file through a map, wholly or not at all; `seen` is told the rows read so far.

    Returns one report per kind. Raises Problem where file or map cannot be read.
    """
    return _taken(house, (path, map_path), clock, seen, as_new=False)


def import_as_new(
    house: House, path: Path, map_path: Path, clock: datetime, seen: Callable[[int], None]
) -> list[Report]:
    """The same, with all of it known from `clock` on: no flight goes through it first."""
    return _taken(house, (path, map_path), clock, seen, as_new=True)


def _taken(
    house: House,
    paths: tuple[Path, Path],
    clock: datetime,
    seen: Callable[[int], None],
    as_new: bool,
) -> list[Report]:
    path, map_path = paths
    if house.clock is not None:  # what comes to a house that runs is known when it came
        clock, as_new = house.clock.now(), True
    known = house.members.catalog.kinds
    kinds = {name: kind for name, kind in known.items() if not kind.ours}
    import_map = parse_map(charter.read_text(map_path), map_path.name, kinds)
    reports: dict[str, Report] = {}
    read = 0
    with house.store.whole():
        for batch in read_file(path, import_map, kinds):
            report = take_in(house.store, kinds[batch.kind], batch, clock, as_new)
            reports[batch.kind] = _added(reports.get(batch.kind, Report(batch.kind)), report)
            read += report.read
            seen(read)
    return list(reports.values())


def take_prices(house: House, rows: pl.DataFrame, origin: str) -> Appended:
    """Add rows of price.set to the price book, wholly or not at all.

    Raises Problem where a version is known with other terms, or changes what another one says
    for the same start or for periods that have begun: late usage is still rated by it.
    """
    known = house.store.everything("price.set").with_columns(billed=pl.lit(True))
    fresh = rows.join(known, on="id", how="anti").with_columns(billed=pl.lit(False))
    columns = ["subject", "version", "valid_from", "billed"]
    book = pl.concat([known.select(columns), fresh.select(columns)])
    begins, other = pl.col("valid_from"), pl.col("valid_from_other")
    replaced = fresh.join(book, on="subject", suffix="_other").filter(
        ((begins == other) & (pl.col("version") > pl.col("version_other")))
        | ((begins > other) & (begins < house.now) & pl.col("billed_other"))
    )
    changes = replaced.select("subject", "version", "valid_from", "version_other")
    for plan, version, at, before in changes.sort("subject", "version").iter_rows():
        raise Problem(
            f"{origin}: {plan}@{version} would change what {plan}@{before} says since {iso(at)}",
            "a price is never changed: give the new version a later valid_from",
        )
    if house.clock is not None:
        rows = rows.with_columns(recorded_at=pl.lit(house.clock.now(), pl.Datetime("us")))
    with house.store.whole():
        appended = house.store.append(house.members.catalog.kinds["price.set"], rows)
        if appended.conflicts.height:
            changed = ", ".join(appended.conflicts["id"].to_list())
            raise Problem(
                f"{origin}: {changed} is in the price book with other terms",
                "a price is never changed: add a version with a later valid_from",
            )
    return appended


def _added(one: Report, other: Report) -> Report:
    counts = {
        name: getattr(one, name) + getattr(other, name)
        for name in Report.__struct_fields__
        if name != "kind"
    }
    return msgspec.structs.replace(one, **counts)


def fly_home(house: House, until: datetime) -> Iterator[loop.Tick]:
    """The loop on a virtual clock through what waits, up to `until`.

    Raises Problem where the policy binds a connector that reaches the world, or where the
    house's clock is past `until`.
    """
    if until.microsecond:
        raise Problem("a flight ends at a whole second")
    if house.store.position.sealed_at is not None and until < house.now.replace(microsecond=0):
        raise Problem(f"the house's clock is at {iso(house.now)} already, past {iso(until)}")
    check_bindings(house, FLYING, "a flight")
    prove(house)
    house.take_charter()
    for tick in loop.fly(house.crew(VirtualClock(datetime.min)), until):
        house.sign()
        yield tick


def check_begun(house: House, until: datetime) -> None:
    """Raises Problem where a new house would be founded before anything has happened."""
    first = house.store.waiting_since()
    if house.store.position.sealed_at is None and first is not None and until < first:
        raise Problem(f"nothing has happened by {iso(until)}: the history begins at {iso(first)}")


def unbound(house: House) -> dict[str, list[str]]:
    """Automations at auto or approve by outside verb that no connector carries out."""
    policy, found = house.said_policy(), dict[str, list[str]]()
    for name, automation in sorted(house.members.automations.items()):
        for verb in automation.verbs:
            acts = policy.level_of(name, verb) in (Level.AUTO, Level.APPROVE)
            if acts and not house.members.verbs[verb].internal and verb not in policy.bindings:
                found.setdefault(verb, []).append(name)
    return found


def check_bindings(house: House, may: Collection[str], what: str) -> None:
    """Raises Problem naming key and line of a binding to none of the connectors in `may`."""
    path = house.home / "house.toml"
    verbs = house.members.verbs
    outside = sorted(name for name, verb in verbs.items() if not verb.internal)
    for key, value in house.said.items():
        section, _, verb = key.partition(".")
        if section != "bindings":
            continue
        names = charter.connectors(value)
        strange = [one for one in names if one not in may]
        if verb in outside and not strange and (len(names) == 1 or verbs[verb].recipient):
            continue
        where = f"house.toml line {charter.line_of(charter.read_text(path), key)}: {key}"
        if verb not in outside:
            raise Problem(f"{where}: there is no outside verb {verb!r}", f"known: {outside}")
        if not strange:
            raise Problem(f"{where}: only what has a recipient may have a second connector")
        raise Problem(
            f"{where} is the connector {strange[0]!r}, which {what} cannot use",
            f"{what} may bind only {', '.join(sorted(may))}",
        )
