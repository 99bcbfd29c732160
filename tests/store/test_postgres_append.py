"""Appending to PostgreSQL beside the same model as to a file, and by several at once."""

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Thread

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.core.events.customer import CUSTOMER_CREATED
from psizero.core.events.usage import USAGE_RECORDED
from psizero.core.tables import schema
from psizero.finance.events import INVOICE_ISSUED
from psizero.store.postgres import PostgresStore
from tests.store.postgres_server import database, store_at
from tests.store.test_append import Known, Row, appended, batches, frame, own
from tests.toy.installed import installed
from tests.toy.town import BEGIN

EXAMPLE = count()
HISTORY_ROWS = 2_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresStore]:
    """A log with some history; every example has sources of its own."""
    with database() as url:
        made = store_at(tmp_path_factory.mktemp("append"), url, installed().catalog)
        history = [
            ("history", f"{n}", 1, BEGIN + timedelta(seconds=n)) for n in range(HISTORY_ROWS)
        ]
        assert made.append(USAGE_RECORDED, frame(history[:9])).rows == 9
        assert made.append(USAGE_RECORDED, frame(history)).duplicates == 9
        yield made
        assert made.faults() == []
        made.close()


@example([([("s", "a", 1, BEGIN)], False), ([("s", "a", 2, BEGIN), ("s", "a", 2, None)], False)])
@settings(max_examples=40)
@given(batches)
def test_as_the_model_says(store: PostgresStore, given: list[tuple[list[Row], bool]]) -> None:
    """The property of tests/store/test_append.py, word for word."""
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


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXTS, st.none() | TEXTS), min_size=1, max_size=5))
def test_any_text_comes_back(store: PostgresStore, texts: list[tuple[str, str | None]]) -> None:
    """Tabs, quotes, backslashes, line ends, what is empty and what is null."""
    source = f"text {next(EXAMPLE)}"
    rows = pl.DataFrame(
        [
            {"source": source, "id": f"{n}", "subject": subject, "country": country}
            for n, (subject, country) in enumerate(texts)
        ],
        schema=schema(CUSTOMER_CREATED),
    )
    assert store.append(CUSTOMER_CREATED, rows).rows == len(texts)
    found = store.everything("customer.created").filter(pl.col("source") == source)
    assert found.select("subject", "country").rows() == texts


def test_a_text_with_a_nul_is_refused(store: PostgresStore) -> None:
    rows = frame([("nul", "a", 1, BEGIN)]).with_columns(subject=pl.lit("a\0b"))
    with pytest.raises(Problem, match="subject holds a NUL"):
        store.append(USAGE_RECORDED, rows)
    assert store.append(USAGE_RECORDED, frame([("nul", "a", 1, BEGIN)])).rows == 1


def test_what_is_missing_is_told(store: PostgresStore) -> None:
    rows = frame([("gone", "a", 1, BEGIN)]).with_columns(subject=pl.lit(None, pl.String))
    for doing in (nullcontext, store.whole):
        with pytest.raises(Problem, match="refuses"), doing():
            store.append(USAGE_RECORDED, rows)
    assert store.append(USAGE_RECORDED, frame([("gone", "a", 1, BEGIN)])).rows == 1


def test_what_was_whole_and_failed_is_not_there(store: PostgresStore) -> None:
    before = store.waiting()
    with pytest.raises(Problem, match="did not work"), store.whole():
        assert store.append(USAGE_RECORDED, frame([("undone", "a", 1, BEGIN)])).rows == 1
        assert store.everything("usage.recorded")["source"].to_list()[-1] == "undone"
        raise Problem("it did not work out")
    assert store.waiting() == before
    assert "undone" not in store.everything("usage.recorded")["source"].to_list()
    again = store.append(USAGE_RECORDED, frame([("undone", "a", 2, BEGIN)]))
    assert (again.rows, again.conflicts.height) == (1, 0)


def test_of_what_is_unique_the_first_stands(store: PostgresStore) -> None:
    """A second invoice of a period is no conflict, and is not taken."""
    given = {"source": "old", "subject": "ada", "subscription": "s1", "period_start": BEGIN}
    rows = [given | {"id": name, "number": number} for number, name in enumerate("abb")]
    found = store.append(INVOICE_ISSUED, pl.DataFrame(rows, schema=schema(INVOICE_ISSUED)))
    assert (found.rows, found.duplicates) == (1, 2)
    assert found.conflicts.rows() == [("old", "b")]
    assert store.everything("invoice.issued")["id"].to_list() == ["a"]


def test_many_at_once(tmp_path: Path) -> None:
    """Four append the same rows in other orders: each row stands once, all are counted."""
    rows = [("gate", f"{n}", 1, BEGIN + timedelta(seconds=n)) for n in range(400)]
    taken: list[int] = []
    with database() as url, ExitStack() as held:
        stores = [store_at(tmp_path / f"{n}", url, installed().catalog) for n in range(4)]
        for one in stores:
            held.callback(one.close)

        def append(number: int) -> None:
            for begin in range(0, 400, 50):
                part = rows[begin : begin + 50][:: -1 if number % 2 else 1]
                taken.append(stores[number].append(USAGE_RECORDED, frame(part)).rows)

        threads = [Thread(target=append, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(taken) == 400
        assert stores[0].waiting() == {"usage.recorded": 400}
        stores[3].seal(BEGIN + timedelta(days=1))
        assert stores[3].position.last == 400
        assert stores[0].follow() and stores[0].position == stores[3].position
