"""Laws: what is known is cut by position and instant, and stays what it was."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from psizero.core.clock import quarter_hour
from psizero.core.tables import Kept
from psizero.engine.sight import Sight
from psizero.house.home import House
from psizero.store.folding import rebuilt_differs
from tests.laws.population import CATALOG, each_table, grain
from tests.laws.witness import Life

QUARTER_HOUR = timedelta(minutes=15)
KEPT = sorted(name for name, table in CATALOG.tables.items() if isinstance(table, Kept))
EMPTY = ("edits", "intents", "payments_waiting", "undos", "unsettled", "written_off")
"""Kept tables of what is open: nothing is, at the end. Edits are verified in the engine's tests."""
UNFINISHED = "running"
"""The word by which a table says in its doc that it shows periods which still run."""


def latest(frame: pl.DataFrame, column: str) -> datetime:
    """The last instant in a column, or the beginning of time."""
    found = frame[column].max() if column in frame.columns else None
    return found if isinstance(found, datetime) else datetime.min


@each_table
def test_nothing_beyond_through(name: str, life: Life) -> None:
    for seen in life.glimpses:
        frame = seen.tables[name]
        if "position" in frame.columns and frame.height:
            assert frame["position"].max() <= seen.through


@each_table
def test_nothing_later_than_now(name: str, life: Life) -> None:
    for seen in life.glimpses:
        frame = seen.tables[name]
        assert latest(frame, "recorded_at") <= seen.now
        assert latest(frame, "recorded") + QUARTER_HOUR <= max(
            seen.now, datetime.min + QUARTER_HOUR
        )


@each_table
def test_the_finished_house_says_what_was_known(name: str, life: Life, house: House) -> None:
    """As of an older position: exactly the rows that the thinker was given then."""
    for seen in life.glimpses[::2]:
        sight = Sight(house.store, CATALOG, house.keys.read)
        again = sight.facts((name,), (seen.now, seen.through))[name]
        assert again.equals(seen.tables[name]), f"{name} at {seen.now}"


def test_much_was_known_only_later(life: Life, house: House) -> None:
    """Else the law before would hold for a house that cuts nothing."""
    first, grew = life.glimpses[2], 0
    for name, before in first.tables.items():
        now = house.sight.facts((name,), (house.now, None))[name]
        grew += not now.equals(before)
    assert grew > 15


def unfinished(doc: str, frame: pl.DataFrame, now: datetime) -> bool:
    """Whether a table by period shows one that still runs, and does not say so."""
    if UNFINISHED in doc or "period_end" not in frame.columns:
        return False
    return latest(frame, "period_end") > now


@each_table
def test_no_unfinished_period(name: str, life: Life) -> None:
    for seen in life.glimpses:
        assert not unfinished(CATALOG.tables[name].doc, seen.tables[name], seen.now)


@each_table
def test_no_unfinished_quarter_hour(name: str, life: Life) -> None:
    for seen in life.glimpses:
        assert latest(seen.tables[name], "start") <= quarter_hour(seen.now)
        assert latest(seen.tables[name], "recorded") < quarter_hour(seen.now)


def test_an_unfinished_period_is_seen() -> None:
    frame = pl.DataFrame({"period_end": [datetime(2026, 1, 2)]})
    assert unfinished("Usage by period.", frame, datetime(2026, 1, 1))
    assert not unfinished("Usage by period.", frame, datetime(2026, 1, 2))
    assert not unfinished("Usage of the running period.", frame, datetime(2026, 1, 1))


@each_table
def test_one_row_for_each_grain_in_its_order(name: str, house: House) -> None:
    frame, columns = house.read(name), grain(CATALOG.tables[name])
    assert frame.select(columns).is_duplicated().sum() == 0
    assert frame.equals(frame.sort(columns))


def differing(house: House, name: str) -> int:
    """Rows of a kept table that its events do not give, or that it lacks."""
    table = CATALOG.tables[name]
    assert isinstance(table, Kept)
    rows = rebuilt_differs(house.store._con, CATALOG, table)
    house.store._con.execute("select 1").fetchall()
    return rows


@pytest.mark.parametrize("name", KEPT)
def test_kept_equals_its_rebuild(name: str, house: House) -> None:
    assert differing(house, name) == 0
    assert house.read(name).height > 0 or name in EMPTY


def test_a_kept_table_that_was_changed_is_seen(house: House) -> None:
    connection = house.store._con
    connection.execute("begin")
    connection.execute("update kept.subscriptions set plan = 'other' where customer = 'ada'")
    assert differing(house, "subscriptions") > 0
    connection.execute("rollback")
    assert differing(house, "subscriptions") == 0


def test_the_ledger_is_sound(house: House) -> None:
    assert house.verify() == []
