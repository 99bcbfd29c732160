"""`verify` holds the ledger's own rows, the kept tables and the roll-ups to the events."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from psizero.core.errors import Problem
from psizero.core.tables import Kept, Type
from psizero.house.home import House, opened
from psizero.store.statement import kept_table, rollup_table
from tests.house.flights import copied
from tests.house.meddling import CATALOG, another, cut, edit, faults, invent, meddling, run

KEPT = [
    (name, column)
    for name, table in CATALOG.tables.items()
    if isinstance(table, Kept)
    for column in [table.key[-1], list(table.columns)[-1], "from_position", "to_position"]
]
LAST = "rowid = (select max(rowid) from {0})"


@pytest.fixture(scope="module")
def house(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A flown home of its own; every test puts back what it changed."""
    with opened(copied(small_home, tmp_path_factory.mktemp("verify") / "home")) as house:
        yield house


@pytest.mark.parametrize(("name", "column"), KEPT)
def test_a_kept_table_edited(house: House, name: str, column: str) -> None:
    """A row of another value, or, where nothing happened that it keeps, a row that is made up."""
    table = CATALOG.tables[name]
    assert isinstance(table, Kept)
    kept = table.columns[column][0] if column in table.columns else Type.INTEGER
    with meddling(house) as connection:
        stored = kept_table(table)
        if run(connection, "place", table=stored, which="count(*)")[0][0]:
            edit(connection, stored, another(column, kept), LAST.format(stored))
        else:
            invent(connection, stored)
        assert any(f"table {name}" in line for line in faults(house))


@pytest.mark.parametrize("change", ["quantity = quantity + 1", "customer = 'c99'", "events = 0"])
def test_a_roll_up_edited(house: House, change: str) -> None:
    """Invoices are made of it, so it has to be as sound as the events."""
    stored = rollup_table(CATALOG.kinds["usage.recorded"])
    with meddling(house) as connection:
        edit(connection, stored, change, LAST.format(stored))
        assert any("usage_recorded" in line for line in faults(house))


def test_a_roll_up_row_deleted(house: House) -> None:
    stored = rollup_table(CATALOG.kinds["usage.recorded"])
    with meddling(house) as connection:
        run(connection, "remove", table=stored, where=LAST.format(stored))
        assert any("usage_recorded" in line for line in faults(house))


@pytest.mark.parametrize(
    "change",
    [
        "first_position = first_position + 1",
        "last_position = last_position - 1",
        "kinds = list_append(kinds, 'another')",
        "kinds = kinds[2:]",
        "chunks = list_prepend('another', chunks[2:])",
        "chunks = list_append(chunks, 'another')",
        "digest = 'another'",
        "chain = 'another'",
        "batch = 1000",
    ],
)
def test_a_row_of_the_ledger_edited(house: House, change: str) -> None:
    with meddling(house) as connection:
        batch = house.store.position.batches // 2
        edit(connection, "ledger", change, f"batch = {batch}")
        assert any(re.search(rf"batch ({batch}|{batch + 1}|1000)\b", one) for one in faults(house))


@pytest.mark.parametrize("batch", [1, 5, 0])
def test_a_row_of_the_ledger_deleted(house: House, batch: int) -> None:
    """0 is the last one."""
    with meddling(house) as connection:
        gone = batch or house.store.position.batches
        run(connection, "remove", table="ledger", where=f"batch = {gone}")
        assert any("batch" in line for line in faults(house))


@pytest.mark.parametrize(
    "change", ["last_position = last_position + 1", "batches = batches - 1", "chain = 'another'"]
)
def test_where_the_ledger_stands_edited(house: House, change: str) -> None:
    with meddling(house) as connection:
        edit(connection, "standing", change)
        assert any("chain ends" in line for line in faults(house))


@pytest.mark.parametrize("batches", [1, 4])
def test_the_tail_cut_off(small_home: Path, tmp_path: Path, batches: int) -> None:
    """Nothing in the file itself can show it; the signed head does, again and again."""
    home = copied(small_home, tmp_path / "home")
    elsewhere = tmp_path / "ledger.head"
    elsewhere.write_bytes((home / "ledger.head").read_bytes())
    cut(home, batches)
    for _ in range(2):
        with opened(home) as house:
            assert house.store.faults() == []
            assert any("cut off" in line for line in house.verify(elsewhere))
    with opened(home) as house:
        assert any("cut off" in line for line in house.verify()), "it signed its own head anew"


def test_the_head_missing_or_forged(small_home: Path, tmp_path: Path) -> None:
    home = copied(small_home, tmp_path / "home")
    (home / "ledger.head").unlink()
    with opened(home) as house:
        assert any("missing" in line for line in house.verify())
    strange = msgspec.json.encode({"head": {}, "signature": "", "public_key": ""})
    (home / "ledger.head").write_bytes(strange)
    with opened(home) as house, pytest.raises(Problem):
        house.verify()
