"""On PostgreSQL a door reads the lens of its process, and waits for nobody either."""

from pathlib import Path

import pytest

from psizero.house.reader import Reader
from psizero.store.postgres import PostgresStore
from tests.house.living import seconds
from tests.store.postgres_server import database
from tests.toy.town import BEGIN, entered, fly, founded, priced, subscribed, take, used


def test_a_reading_of_the_lens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with database() as url:
        monkeypatch.setenv("PSIZERO_STORE", url)
        home = founded(tmp_path / "home", {})
        with entered(home) as house:
            assert isinstance(house.store, PostgresStore)
            priced(house)
            take(house, "subscription.started", [subscribed("ada", "daily", BEGIN)])
            fly(house, BEGIN + seconds(2))
            assert house.read("subscriptions").height == 1, house.store.waiting()
            reader = Reader(house)
            with reader.house() as found:
                assert found.read("subscriptions").height == 1
                take(
                    house, "subscription.started", [subscribed("bob", "daily", BEGIN + seconds(5))]
                )
                fly(house, BEGIN + seconds(9))
                assert found.read("subscriptions").height == 1
            with reader.house() as found:
                assert found.read("subscriptions").height == 2
                assert found.store.position == house.store.position
            reader.close()


def test_a_nul_is_refused_and_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL keeps no NUL: the row is rejected with its reason, and the house goes on."""
    with database() as url:
        monkeypatch.setenv("PSIZERO_STORE", url)
        with entered(founded(tmp_path / "home", {})) as house:
            odd = used("bob", BEGIN, "1") | {"meter": "ca\0lls"}
            told = [used("a\0da", BEGIN, "1"), odd, used("cyd", BEGIN, "1")]
            report = take(house, "usage.recorded", told)
            assert (report.taken, report.rejected) == (1, 2)
            fly(house, BEGIN + seconds(2))
            assert set(house.read("row_rejected")["reason"]) == {
                "id holds control characters",
                "meter holds a NUL",
            }
