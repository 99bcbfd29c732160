"""Rows that come again, late or not: each row that was read is in exactly one count."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psizero.core.policy import Level
from psizero.house.home import House
from tests.toy.town import BEGIN, END, entered, fly, founded, take, used

Row = tuple[str, int, datetime]  # id, content, instant
NOW = BEGIN + timedelta(days=40)
TOO_LATE, LATE, AHEAD = BEGIN, NOW - timedelta(days=1), NOW + timedelta(days=1)
EXAMPLE = count()

row = st.tuples(
    st.sampled_from("abc"), st.integers(-1, 2), st.sampled_from([TOO_LATE, LATE, LATE, AHEAD])
)
batches = st.lists(st.lists(row, max_size=7), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose clock stands forty days after its beginning."""
    home = founded(tmp_path_factory.mktemp("known") / "home", {"growth.wishes": Level.AUTO})
    with entered(home) as opened:
        fly(opened, NOW)
        assert opened.store.position.sealed_at is not None
        yield opened


def counts(known: dict[str, tuple[int, datetime]], rows: list[Row]) -> dict[str, int]:
    """The model: row by row, what becomes of it; `known` grows.

    What stands already with the same content is a duplicate whatever else is wrong with it.
    """
    found = dict.fromkeys(("taken", "duplicates", "conflicts", "rejected"), 0)
    before = dict(known)
    for name, content, at in rows:
        if before.get(name) == (content, at):
            found["duplicates"] += 1
        elif content < 0 or at == TOO_LATE:
            found["rejected"] += 1
        elif name not in known:
            known[name] = (content, at)
            found["taken"] += 1
        else:
            found["duplicates" if known[name] == (content, at) else "conflicts"] += 1
    return found


# of an id that is known the first row is the same, the second another
@example([[("a", 1, LATE)], [("a", 1, LATE), ("a", 2, LATE)]])
# two rows of one id contradict the one that stands
@example([[("a", 1, AHEAD)], [("a", 2, AHEAD), ("a", 2, AHEAD)]])
@settings(max_examples=30)
@given(batches)
def test_each_in_one_count(house: House, given: list[list[Row]]) -> None:
    known, number = dict[str, tuple[int, datetime]](), next(EXAMPLE)
    for rows in given:
        expected, before = counts(known, rows), conflicting(house)
        said = [
            used("ada", at, str(content)) | {"id": name, "source": f"s{number}"}
            for name, content, at in rows
        ]
        report = take(house, "usage.recorded", said, clock=END + timedelta(days=99))
        assert report.read == len(rows) == sum(expected.values())
        assert {name: getattr(report, name) for name in expected} == expected
        assert conflicting(house) - before <= {(f"s{number}", name) for name, *_ in rows}
        assert (conflicting(house) != before) <= bool(report.conflicts)
    held = house.store.everything("usage.recorded").filter(pl.col("source") == f"s{number}")
    found = held.select("id", pl.col("quantity").cast(pl.Int64), "occurred_at").rows()
    assert {name: (content, at) for name, content, at in found} == known


def conflicting(house: House) -> set[tuple[str, str]]:
    """Source and id of every row that was told to contradict another."""
    rows = house.store.everything("event.conflicted").select("offered_source", "offered_id").rows()
    assert len(set(rows)) == len(rows), "each is told once"
    return set(rows)
