"""A kept table is the same however its rows were batched, and whichever way they were folded."""

from collections.abc import Iterator
from contextlib import closing
from unittest.mock import patch

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.tables import Catalog, Column, Fold, Kept, Kind, Type
from psizero.store import folding
from psizero.store.folding import fold, rebuilt_differs
from psizero.store.migration import migrate
from psizero.store.mirror import Ledger, Mirror

KIND = Kind(
    name="door.moved",
    subject="door",
    doc="A door.",
    columns={
        "door": Column(Type.TEXT, "which", required=False),
        "word": Column(Type.TEXT, "said", required=False),
        "count": Column(Type.INTEGER, "how many", required=False),
        "open": Column(Type.BOOLEAN, "whether", required=False),
    },
)
TABLE = Kept(
    name="doors",
    kinds=(KIND.name,),
    key=("door",),
    columns={
        "door": (Type.TEXT, Fold.LATEST),
        "first": (Type.TEXT, Fold.FIRST),
        "last": (Type.TEXT, Fold.LATEST),
        "sum": (Type.INTEGER, Fold.SUM),
        "most": (Type.INTEGER, Fold.MAX),
        "open": (Type.BOOLEAN, Fold.LATEST),
    },
    open_when="open",
    doc="Doors that are open.",
)
SQL = """-- kind: door.moved
select door, word as first, word as last, count as sum, count as most, open, position from batch
"""
CATALOG = Catalog({KIND.name: KIND}, {TABLE.name: TABLE}, {TABLE.name: SQL})
Said = tuple[str, str | None, int | None, bool | None]
Version = tuple[str, str | None, str | None, int | None, int | None, int, int | None]
SAID = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from(["x", "y", None]),
    st.sampled_from([1, 2, None]),
    st.sampled_from([True, False, None]),
)


def by_hand(said: list[Said]) -> list[Version]:
    """Every version of every open door, one row after another."""
    versions: list[Version] = []
    standing: dict[str, list[Said]] = {}
    for place, row in enumerate(said):
        door, spell = row[0], [*standing.get(row[0], []), row]
        if len(spell) == 1 and not row[3]:
            continue
        if len(spell) > 1:
            versions = [(*v[:-1], place) if v[0] == door and v[-1] is None else v for v in versions]
        standing[door] = [] if row[3] is False else spell
        if standing[door]:
            words = [one[1] for one in spell if one[1] is not None]
            counts = [one[2] for one in spell if one[2] is not None]
            worth = (sum(counts), max(counts)) if counts else (None, None)
            ends = (words[0], words[-1]) if words else (None, None)
            versions.append((door, *ends, *worth, place, None))
    return sorted(versions, key=lambda one: (one[5], one[0]))


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect(":memory:")) as made:
        migrate(made, CATALOG)
        yield made


def folded(
    con: duckdb.DuckDBPyConnection, said: list[Said], cuts: set[int], span_rows: int
) -> list[Version]:
    """What stands after folding the rows in batches that end at `cuts`."""
    con.execute("delete from kept.doors; delete from event.door_moved")
    ledger = Ledger(con, CATALOG, Mirror(con))
    moved = [(str(n), *row, n) for n, row in enumerate(said)]
    typed = {"id": pl.String(), "door": pl.String(), "word": pl.String(), "count": pl.Int64()}
    rows = pl.DataFrame(
        moved, {**typed, "open": pl.Boolean(), "position": pl.Int64()}, orient="row"
    )
    con.register("moved", rows)
    con.execute(
        "insert into event.door_moved by name"
        " select 'town' as source, door as subject, id, door, word, count, open, position,"
        " timestamp '2026-01-01' as occurred_at, occurred_at as recorded_at, 'none' as digest"
        " from moved"
    )
    ends = sorted({one for one in cuts if one < len(said)} | {len(said)})
    begin = 0
    with patch.object(folding, "SPAN_ROWS", span_rows):
        for end in ends:
            if end > begin:
                fold(ledger, frozenset({KIND.name}), {"first": begin, "last": end - 1})
                begin = end
    assert rebuilt_differs(con, CATALOG, TABLE) == 0
    found: list[Version] = con.execute(
        "select door, first, last, sum, most, from_position, to_position from kept.doors"
        " order by from_position, door"
    ).fetchall()
    return found


@given(said=st.lists(SAID, max_size=12), cuts=st.sets(st.integers(1, 11)))
@pytest.mark.parametrize("span_rows", [0, 5_000], ids=["sql", "mirror"])
def test_any_batches(
    con: duckdb.DuckDBPyConnection, span_rows: int, said: list[Said], cuts: set[int]
) -> None:
    assert folded(con, said, cuts, span_rows) == by_hand(said)


def test_what_comes_before_it_is_open(con: duckdb.DuckDBPyConnection) -> None:
    """In one batch or in two: a word said of a door that is not open yet counts for nothing."""
    said: list[Said] = [("a", "early", 1, None), ("a", None, 2, True), ("a", "late", None, None)]
    for cuts in (set[int](), {1}, {1, 2}):
        versions = folded(con, said, cuts, 5_000)
        assert versions == [("a", None, None, 2, 2, 1, 2), ("a", "late", "late", 2, 2, 2, None)]
