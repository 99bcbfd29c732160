"""Whatever is done to a record through SQL, `verify` fails and names the place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psizero.core.tables import Type
from psizero.house.home import House, opened
from psizero.store.statement import digest, event_table
from tests.house.flights import copied
from tests.house.meddling import CATALOG, another, edit, faults, insert, meddling, names, place, run

RECORDS = "run decision verdict receipt outcome".split()
EVENTS = """policy.changed price.set customer.created subscription.started usage.recorded
invoice.issued journal.posted""".split()
KINDS = RECORDS + EVENTS
VALUES = [
    (name, column)
    for name in KINDS
    for column in ("source", "id", "subject", "cause", *CATALOG.kinds[name].columns)
]


@pytest.fixture(scope="module")
def house(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A flown home of its own; every test puts back what it changed."""
    with opened(copied(small_home, tmp_path_factory.mktemp("verify") / "home")) as house:
        yield house


def test_sound(house: House) -> None:
    assert faults(house) == [] == house.verify()


@pytest.mark.parametrize(("name", "column"), VALUES)
def test_a_value_edited(house: House, name: str, column: str) -> None:
    kind = CATALOG.kinds[name]
    kept = kind.columns[column].type if column in kind.columns else Type.TEXT
    with meddling(house) as connection:
        position = place(connection, event_table(kind))
        change = another(column, kept)
        edit(connection, event_table(kind), change, position)
        assert faults(house, 1)[0].startswith(f"{name} at position {position} ")


@pytest.mark.parametrize(
    ("name", "column"), [one for one in VALUES if one[0] in ("decision", "verdict", "outcome")]
)
def test_a_value_emptied(house: House, name: str, column: str) -> None:
    """Null where the table allows it; where it was null already, empty text is not the same."""
    kind = CATALOG.kinds[name]
    with meddling(house) as connection:
        position = place(connection, event_table(kind))
        was = f'first("{column}") filter (position = {position}) is null'
        null = run(connection, "place", table=event_table(kind), which=was)[0][0]
        text = column not in kind.columns or kind.columns[column].type is Type.TEXT
        if null and not text:
            return
        value = "''" if null or column in ("source", "id", "subject") else "null"
        edit(connection, event_table(kind), f'"{column}" = {value}', position)
        assert faults(house, 1)[0].startswith(f"{name} at position {position} ")


@pytest.mark.parametrize("name", ["run", "verdict", "usage.recorded", "invoice.issued"])
@pytest.mark.parametrize(
    "change",
    [
        "position = 1000000",
        "position = null",
        "occurred_at = occurred_at + interval 1 microsecond",
        "occurred_at = null",
        "recorded_at = recorded_at - interval 1 microsecond",
        "digest = unhex(sha256('another'))",
    ],
)
def test_a_place_or_stamp_edited(house: House, name: str, change: str) -> None:
    with meddling(house) as connection:
        table = event_table(CATALOG.kinds[name])
        position = place(connection, table)
        edit(connection, table, change, position)
        assert names(faults(house), position)


@pytest.mark.parametrize("name", KINDS)
def test_a_value_edited_with_its_digest(house: House, name: str) -> None:
    """Whoever knows how a digest is made still meets the chain."""
    kind = CATALOG.kinds[name]
    with meddling(house) as connection:
        position = place(connection, event_table(kind))
        edit(connection, event_table(kind), "subject = 'another'", position)
        edit(connection, event_table(kind), f"digest = {digest(kind)}", position)
        assert names(faults(house), position)


@pytest.mark.parametrize("name", KINDS)
def test_a_record_deleted(house: House, name: str) -> None:
    with meddling(house) as connection:
        table = event_table(CATALOG.kinds[name])
        position = place(connection, table)
        run(connection, "remove", table=table, where=f"position = {position}")
        assert names(faults(house, 1), position)


@pytest.mark.parametrize("name", KINDS)
def test_a_record_inserted(house: House, name: str) -> None:
    """A copy under another id, with a digest that fits, at a place that is taken."""
    with meddling(house) as connection:
        position = insert(connection, CATALOG.kinds[name], "position")
        found = faults(house, 1)
        assert names(found, position) and "twice" in found[0]


@pytest.mark.parametrize("name", [*RECORDS, "invoice.issued"])
def test_a_record_inserted_at_the_end(house: House, name: str) -> None:
    last = house.store.position.last
    with meddling(house) as connection:
        insert(connection, CATALOG.kinds[name], last + 1)
        assert names(faults(house, 1), last + 1)


@pytest.mark.parametrize(
    ("one", "other"), [("run", "run"), ("run", "usage.recorded"), ("decision", "verdict")]
)
def test_two_records_swapped(house: House, one: str, other: str) -> None:
    tables = event_table(CATALOG.kinds[one]), event_table(CATALOG.kinds[other])
    with meddling(house) as connection:
        here, there = place(connection, tables[0]), place(connection, tables[1], "min(position)")
        assert here != there
        edit(connection, tables[0], "position = -1", here)
        edit(connection, tables[1], f"position = {here}", there)
        edit(connection, tables[0], f"position = {there}", -1)
        found = faults(house)
        assert names(found, here) and names(found, there)
