"""Bringing history in, and moving the virtual clock over it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from psizero.connectors.files import parse_map, read_file
from psizero.core.clock import VirtualClock, iso
from psizero.core.errors import Problem
from psizero.engine import loop
from psizero.engine.intake import Report, take_in
from psizero.house.home import House

FLYING = ("outbox", "twin", "recorded")
"""Connectors that a flight may bind: none of them reaches anybody."""


def import_file(
    house: House, path: Path, map_path: Path, clock: datetime, seen: Callable[[int], None]
) -> list[Report]:
    """Take in a file through a map, wholly or not at all; `seen` is told the rows read so far.

    Returns one report per kind. Raises Problem where file or map cannot be read.
    """
    kinds = {name: k for name, k in house.members.catalog.kinds.items() if not k.ours}
    try:
        text = map_path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"cannot read the map {map_path}: {error}") from None
    import_map = parse_map(text, map_path.name, kinds)
    reports: dict[str, Report] = {}
    read = 0
    with house.store.whole():
        for batch in read_file(path, import_map, kinds):
            report = take_in(house.store, kinds[batch.kind], batch, clock)
            reports[batch.kind] = _added(reports.get(batch.kind, Report(batch.kind)), report)
            read += report.read
            seen(read)
    return list(reports.values())


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
    said = {str(v) for k, v in house.said.items() if k.startswith("bindings.")}
    outside = sorted(said - set(FLYING))
    if outside:
        raise Problem(
            f"house.toml binds the connector {outside[0]!r}, which reaches the world",
            f"a flight may bind only {', '.join(FLYING)}",
        )
    house.take_charter()
    for tick in loop.fly(house.crew(VirtualClock(datetime.min)), until):
        house.sign()
        yield tick
