"""Appending beside an obvious model: a dictionary, row by row."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.core.events.usage import USAGE_RECORDED
from psizero.core.tables import schema
from psizero.store.duck import DuckStore
from psizero.store.keys import Keys
from tests.toy.installed import installed
from tests.toy.town import BEGIN

Row = tuple[str, str, int, datetime | None]  # source, id, content, instant
Known = dict[tuple[str, str], tuple[int, datetime | None]]
FAR = BEGIN + timedelta(days=9)
EXAMPLE = count()
HISTORY_ROWS = 130_000  # more than a row group

row = st.tuples(
    st.sampled_from("st"),
    st.sampled_from("abc"),
    st.integers(1, 2),
    st.sampled_from([BEGIN, BEGIN, BEGIN, FAR, None]),
)
batches = st.lists(st.tuples(st.lists(row, max_size=7), st.booleans()), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckStore]:
    """A ledger with some history; every example has sources of its own."""
    folder = tmp_path_factory.mktemp("append")
    made = DuckStore(folder / "log.duckdb", installed().catalog, Keys(folder / "keys"))
    history = [("history", f"{n}", 1, BEGIN + timedelta(seconds=n)) for n in range(HISTORY_ROWS)]
    assert made.append(USAGE_RECORDED, frame(history[:9])).rows == 9
    assert made.append(USAGE_RECORDED, frame(history)).duplicates == 9
    yield made
    assert made.faults() == []
    made.close()


def frame(rows: list[Row]) -> pl.DataFrame:
    """Usage as the store wants it; its quantity is its content."""
    parts = list(zip(*rows, strict=True)) or [()] * 4
    named = dict(zip(("source", "id", "quantity", "occurred_at"), parts, strict=True))
    typed = {name: kept for name, kept in schema(USAGE_RECORDED).items() if name in named}
    return (
        pl.DataFrame({**named, "quantity": list(map(Decimal, named["quantity"]))}, schema=typed)
        .with_columns(
            recorded_at=pl.col("occurred_at"),
            subject=pl.lit("ada"),
            cause=pl.lit(None, pl.String),
            meter=pl.lit("calls"),
            properties=pl.lit("{}"),
        )
        .select(schema(USAGE_RECORDED).keys())
    )


def appended(known: Known, rows: list[Row]) -> tuple[list[Row], list[tuple[str, str]]]:
    """The model: what is new, and what is known with other content; `known` grows."""
    fresh, conflicts = list[Row](), list[tuple[str, str]]()
    for one in rows:
        source, name, content, at = one
        if (source, name) not in known:
            known[source, name] = (content, at)
            fresh.append(one)
            continue
        stands, stands_at = known[source, name]
        if content != stands or (at is not None and stands_at is not None and at != stands_at):
            conflicts.append((source, name))
    return fresh, conflicts


def own(rows: list[Row], number: int) -> list[Row]:
    """The same rows under sources that no other example has."""
    return [(f"{number}{source}", *rest) for source, *rest in rows]


# the second is compared with what is known, not with the first of its batch
@example([([("s", "a", 1, BEGIN)], False), ([("s", "a", 2, BEGIN), ("s", "a", 2, None)], False)])
@settings(max_examples=40)
@given(batches)
def test_as_the_model_says(store: DuckStore, given: list[tuple[list[Row], bool]]) -> None:
    """One batch after the other, some of them in a transaction of their own."""
    known, number, expected = Known(), next(EXAMPLE), list[Row]()
    before = store.waiting()["usage.recorded"]
    for batch, whole in given:
        rows = own(batch, number)
        which = [
            known.get((source, name)) == (content, at) and at is not None
            for source, name, content, at in rows
        ]
        assert store.known(USAGE_RECORDED, frame(rows)).to_list() == which
        fresh, conflicts = appended(known, rows)
        with store.whole() if whole else nullcontext():
            found = store.append(USAGE_RECORDED, frame(rows))
        assert (found.rows, found.duplicates) == (len(fresh), len(rows) - len(fresh))
        assert found.conflicts.rows() == conflicts
        expected += fresh
    mine = store.everything("usage.recorded").tail(len(expected))
    held = mine.select("source", "id", pl.col("quantity").cast(pl.Int64), "occurred_at").rows()
    assert held == expected
    assert store.waiting()["usage.recorded"] == before + len(expected)


@pytest.mark.parametrize(("again", "whole"), [(0, True), (1, False), (HISTORY_ROWS - 1, False)])
def test_of_a_large_batch_the_first_of_an_id_stands(
    again: int, whole: bool, store: DuckStore, tmp_path: Path
) -> None:
    """Over more rows than a row group holds, and with one that is known from long ago."""
    source = f"large {again} {whole}"
    rows = [(source, f"{n % 99_000}", n // 99_000, BEGIN) for n in range(2 * 99_000)]
    rows[50_000] = ("history", f"{again}", 1, BEGIN + timedelta(seconds=again))
    with store.whole() if whole else nullcontext():
        found = store.append(USAGE_RECORDED, frame(rows))
    assert found.rows == 99_000  # of the id at 50,000 the second is now the first
    assert found.conflicts.height == 98_999
    mine = store.everything("usage.recorded").filter(pl.col("source") == source)
    assert mine.filter(pl.col("quantity") == 1)["id"].to_list() == ["50000"]


def test_what_is_missing_is_told(store: DuckStore) -> None:
    """A row that no table can hold is an error, not a row that is skipped."""
    rows = frame([("gone", "a", 1, BEGIN)]).with_columns(subject=pl.lit(None, pl.String))
    for doing in (nullcontext, store.whole):
        with pytest.raises(duckdb.ConstraintException), doing():
            store.append(USAGE_RECORDED, rows)
    assert store.append(USAGE_RECORDED, frame([("gone", "a", 1, BEGIN)])).rows == 1


def test_what_was_whole_and_failed_is_not_there(store: DuckStore) -> None:
    before = store.waiting()
    with pytest.raises(Problem), store.whole():
        assert store.append(USAGE_RECORDED, frame([("undone", "a", 1, BEGIN)])).rows == 1
        raise Problem("it did not work out")
    assert store.waiting() == before
    again = store.append(USAGE_RECORDED, frame([("undone", "a", 2, BEGIN)]))
    assert (again.rows, again.conflicts.height) == (1, 0)
