"""`--at T` shows what the tables of a house flown only until T showed, whatever came later."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from psizero.core.chance import draw
from psizero.core.tables import Derived, View
from psizero.house.home import House, opened
from psizero.house.members import members
from tests.house.company import BEGIN
from tests.house.flights import bring, filled, fly
from tests.house.killing import STOPS

SPAN = STOPS[1] - BEGIN
CLOSE = BEGIN + timedelta(days=7, hours=6)
DRAWN = sorted(
    BEGIN + timedelta(seconds=int(draw("as of", BEGIN, str(n)) * SPAN.total_seconds()))
    for n in range(2)
)
# A row due at T is stamped T, and what its tick wrote T + 1 us: so just after BEGIN, not at it.
INSTANTS = sorted(
    {*DRAWN, BEGIN + timedelta(seconds=1), CLOSE, CLOSE + timedelta(seconds=1), STOPS[0]}
)
TABLES = {n: t for n, t in members().catalog.tables.items() if not isinstance(t, Derived)}
Tables = dict[str, pl.DataFrame]


def tables(house: House, at: datetime | None) -> Tables:
    return {name: house.read(name, at) for name in TABLES}


def test_as_it_was_known_then(small_files: Path, tmp_path: Path) -> None:
    """Tables of a house flown until an instant and no further, and seen again from the end."""
    home, then = filled(tmp_path / "home", small_files), {}
    for instant in INSTANTS:
        fly(home, instant)
        with opened(home) as house:
            views = {n: house.read(n, instant) for n, t in TABLES.items() if isinstance(t, View)}
            then[instant] = tables(house, None) | views
        if instant == STOPS[0]:
            bring(home, small_files / "late-1.csv.gz", small_files / "usage.toml")
    fly(home, STOPS[1])
    with opened(home) as house:
        now = {instant: tables(house, instant) for instant in INSTANTS}
    differing = [
        f"{name} at {instant}"
        for instant in INSTANTS
        for name, frame in then[instant].items()
        if not frame.equals(now[instant][name])
    ]
    assert differing == []
    assert {frame.height for frame in now[STOPS[0]].values()} > {0, 1}
