"""The log in PostgreSQL between two processes, and between its commit and the lens's."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
import psycopg
import pytest

from psizero.core.errors import Problem
from psizero.core.events.usage import METERED, USAGE_RECORDED
from psizero.core.ports import Position
from psizero.finance.events import JOURNAL_POSTED
from psizero.store import handover, lens, office, postgres
from psizero.store.duck import DuckStore
from psizero.store.keys import Keys
from psizero.store.mirror import Ledger
from psizero.store.postgres import PostgresStore
from psizero.store.server import Connection
from tests.store.postgres_server import database, run_sql, store_at
from tests.store.test_append import Row, frame
from tests.store.test_commit import entries
from tests.toy.installed import installed
from tests.toy.town import BEGIN

HOUR = timedelta(hours=1)
Two = tuple[PostgresStore, PostgresStore]
ROWS: list[Row] = [("gate", f"{n:03}", n, BEGIN + n * timedelta(minutes=7)) for n in range(100)]


@pytest.fixture
def url() -> Iterator[str]:
    with database() as found:
        yield found


@pytest.fixture
def two(url: str, tmp_path: Path) -> Iterator[Two]:
    """Two stores over one log, with some usage in it."""
    with patch.object(postgres, "LEAD_PATIENCE_SECONDS", 0.2):
        one = store_at(tmp_path / "one", url, installed().catalog)
        other = store_at(tmp_path / "other", url, installed().catalog)
    one.append(USAGE_RECORDED, frame(ROWS))
    yield one, other
    one.close()
    other.close()


def usage(store: PostgresStore | DuckStore) -> pl.DataFrame:
    """The roll-up, as known when everything is."""
    return store.read("usage_recorded", BEGIN + 99 * HOUR)


def cut(url: str) -> None:
    """The server loses every connection."""
    with psycopg.connect(url, autocommit=True) as con:
        con.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'psizero' and datname = current_database()"
        )


def test_one_commits_and_the_other_follows(two: Two, tmp_path: Path) -> None:
    one, other = two
    alone = DuckStore(tmp_path / "file.duckdb", installed().catalog, Keys(tmp_path / "keys"))
    alone.append(USAGE_RECORDED, frame(ROWS))
    for store in (one, alone):
        for hours in (2, 2.1, 9):
            store.seal(BEGIN + hours * HOUR)
        store.commit([(JOURNAL_POSTED, entries(4))], BEGIN + 9 * HOUR)
    assert other.follow() and not other.follow()
    assert one.position == other.position == alone.position
    assert usage(one).equals(usage(alone)) and usage(other).equals(usage(alone))
    for store in (one, other):
        assert store.running(USAGE_RECORDED, METERED).equals(alone.running(USAGE_RECORDED, METERED))
        assert store.waiting() == alone.waiting() == {"usage.recorded": 100 - 78}
        assert store.feed_instant(["usage.recorded"]) == alone.feed_instant(["usage.recorded"])
        assert store.faults() == []
    alone.close()


def test_only_one_commits_at_a_time(two: Two) -> None:
    one, other = two
    one.seal(BEGIN + HOUR)
    with pytest.raises(Problem, match=r"process \d+ on .* commits for this house"):
        other.seal(BEGIN + 2 * HOUR)
    one.close()
    other.seal(BEGIN + 2 * HOUR)
    assert other.position.batches == 2


def test_who_was_overtaken_writes_nothing(two: Two, url: str) -> None:
    """The first loses its connection, and with it the office; meanwhile the second commits."""
    one, other = two
    one.seal(BEGIN + HOUR)
    cut(url)
    other.commit([(JOURNAL_POSTED, entries(4))], BEGIN + 2 * HOUR)
    before = other.position
    other.close()
    with (
        patch.object(PostgresStore, "lead"),
        pytest.raises(Problem, match="another process committed for this house in between"),
    ):
        one.commit([(JOURNAL_POSTED, entries(6))], BEGIN + 2 * HOUR)
    assert one.position == before and one.faults() == []
    one.commit([(JOURNAL_POSTED, later(6))], BEGIN + 3 * HOUR)
    assert one.position.last == before.last + 6 and one.faults() == []


def test_an_old_fence_writes_nothing(two: Two, url: str) -> None:
    """Somebody else raised it, while this process still thinks that it commits."""
    one, _ = two
    one.seal(BEGIN + HOUR)
    run_sql(url, "update house.standing set fence = fence + 1")
    with pytest.raises(Problem, match="in between"):
        one.seal(BEGIN + 2 * HOUR)
    assert one.position.batches == 1
    one.seal(BEGIN + 2 * HOUR)
    assert one.position.batches == 2 and one.faults() == []


def later(rows: int) -> pl.DataFrame:
    """Entries that none of the others are."""
    return entries(rows).with_columns(id=pl.format("later-{}", "id"))


def commit(store: PostgresStore) -> None:
    store.commit([(JOURNAL_POSTED, entries(4))], BEGIN + HOUR)


@pytest.mark.parametrize("doing", [lambda store: store.seal(BEGIN + HOUR), commit])
@pytest.mark.parametrize("written", [False, True])
def test_a_death_between_the_two_commits(
    doing: Callable[[PostgresStore], object], written: bool, two: Two, tmp_path: Path, url: str
) -> None:
    """What PostgreSQL has is sealed, whatever became of the lens; what it has not never was."""
    one, _ = two
    real = office.Office.write

    def dying(self: office.Office, *batch: object) -> None:
        if written:
            real(self, *batch)
        raise KeyboardInterrupt

    with patch.object(office.Office, "write", dying), pytest.raises(KeyboardInterrupt):
        doing(one)
    assert one.position == Position()
    one.close()
    again = store_at(tmp_path / "one", url, installed().catalog)
    assert (again.position.last > 0) is written
    if not written:
        doing(again)
    assert again.position.batches == 1 and again.faults() == []
    again.close()


def test_a_commit_whose_answer_is_lost(two: Two) -> None:
    """It was written; the connection is gone before that was said: nothing is written twice."""
    one, other = two
    real, done = handover.hand_over, list[int]()

    def losing(con: Connection, at: Ledger, batch: handover.Batch, months: object) -> None:
        real(con, at, batch, months)
        if not done:
            done.append(batch.after.last)
            con.execute("commit")
            con.close()
            raise psycopg.OperationalError("the server closed the connection")

    with patch.object(handover, "hand_over", losing):
        one.seal(BEGIN + HOUR)
    assert done == [one.position.last] and one.position.batches == 1
    commit(one)
    assert other.follow() and other.position == one.position and one.faults() == []


def test_an_append_whose_answer_is_lost(two: Two) -> None:
    """The rows are there, and they are told as new."""
    one, _ = two
    real, done = one._arrivals._server.patiently, list[str]()

    def losing(work: Callable[[Connection], object]) -> object:
        def lost(con: Connection) -> object:
            found = work(con)
            if not done and "DataFrame" in str(work.__annotations__.get("return")):
                done.append("lost")
                con.close()
                raise psycopg.OperationalError("the server closed the connection")
            return found

        return real(lost)

    with patch.object(one._arrivals._server, "patiently", losing):
        assert one.append(USAGE_RECORDED, frame([("gate", "new", 1, BEGIN)])).rows == 1
    assert done and one.append(USAGE_RECORDED, frame([("gate", "new", 1, BEGIN)])).rows == 0


def test_a_row_that_was_edited_is_found(two: Two, url: str) -> None:
    one, other = two
    one.seal(BEGIN + 5 * HOUR)
    run_sql(url, "update event.usage_recorded set quantity = 999 where position = 7")
    with pytest.raises(Problem, match="batch 1 of the log does not give the digest"):
        other.follow()
    (fault,) = [one for one in one.faults() if "content was changed" in one]
    assert fault.startswith("usage.recorded at position 7 ")


def test_a_log_that_was_set_back_is_told(two: Two, url: str) -> None:
    one, other = two
    one.seal(BEGIN + HOUR)
    other.follow()
    run_sql(url, "delete from house.ledger")
    run_sql(url, "update house.standing set batches = 0, last_position = 0, chain = ''")
    with pytest.raises(Problem, match="holds batch 1, the log ends before it"):
        other.follow()


def test_slices_change_nothing(two: Two) -> None:
    one, other = two
    for minutes in range(0, 500, 11):
        one.seal(BEGIN + timedelta(minutes=minutes))
    with patch.object(lens, "SLICE_POSITIONS", 5), patch.object(lens, "_LINKS_MAX", 4):
        assert other.follow()
    assert other.position == one.position and usage(other).equals(usage(one))


def test_a_lens_that_is_lost_is_made_again(two: Two, tmp_path: Path, url: str) -> None:
    one, other = two
    one.seal(BEGIN + 5 * HOUR)
    other.close()
    for path in (tmp_path / "other").glob("lens-*"):
        path.unlink() if path.is_file() else shutil.rmtree(path)
    again = store_at(tmp_path / "other", url, installed().catalog)
    assert again.position == one.position and usage(again).equals(usage(one))
    again.close()


def test_what_others_sealed_waits_here_no_more(two: Two) -> None:
    """The other had mirrored what waited before the first sealed it."""
    one, other = two
    assert other.waiting_since() == BEGIN
    one.seal(BEGIN + 5 * HOUR)
    assert other.follow() and other.position == one.position
    assert other.waiting_since() == one.waiting_since() and other.waiting() == one.waiting()
    one.close()
    other.seal(BEGIN + 99 * HOUR)
    assert other.position.last == 100 and other.faults() == []


def test_two_have_lenses_of_their_own(url: str, tmp_path: Path) -> None:
    """In one home; the first that is free is taken again."""
    stores = [store_at(tmp_path, url, installed().catalog) for _ in range(2)]
    stores[0].close()
    stores[0] = store_at(tmp_path, url, installed().catalog)
    assert sorted(path.name for path in tmp_path.glob("lens-*.duckdb")) == [
        "lens-1.duckdb",
        "lens-2.duckdb",
    ]
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [("create table mine (a int)", "holds? no log|is no log of a house"), ("", "")],
)
def test_another_database_is_left_alone(words: str, said: str, tmp_path: Path) -> None:
    with database(blank=True) as url:
        if words:
            run_sql(url, words)
            with pytest.raises(Problem, match=said):
                store_at(tmp_path, url, installed().catalog)
        else:
            store_at(tmp_path, url, installed().catalog).close()


def test_who_is_away_is_waited_for(tmp_path: Path) -> None:
    gone = f"postgresql://psizero@/house?host={tmp_path}"
    with (
        patch("psizero.store.server.PATIENCE_SECONDS", 0.3),
        pytest.raises(Problem, match="is away") as caught,
    ):
        store_at(tmp_path, gone, installed().catalog)
    assert str(caught.value).count("\n") == 1
