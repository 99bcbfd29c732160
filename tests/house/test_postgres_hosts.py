"""A house of two hosts: who is erased, stopped or counted on one is so on the other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import levels, stops
from psizero.house.home import House, create, opened
from psizero.house.storage import url_of
from psizero.store.keys import SHOWN_ERASED
from tests.house.flights import say
from tests.store.postgres_server import database, run_sql, settled
from tests.toy.town import BEGIN, END, entered, fly, founded, introduced, take

LEVELS = {"customers.greeting": Level.AUTO}
TOML = '[bindings]\nmessage.send = "outbox"\n'
Two = tuple[House, House]


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two hosts' homes; the first has founded the house, with Ada, Bob and Dan in it."""
    with database() as url:
        store = f'[store]\nurl = "{url}"\n'
        one = founded(tmp_path / "one", LEVELS, TOML + store)
        with entered(one) as house:
            introduced(house)
        yield one, settled(tmp_path / "two", url, TOML)


@pytest.fixture
def two(homes: tuple[Path, Path]) -> Iterator[Two]:
    with entered(homes[0]) as first, entered(homes[1]) as second:
        yield first, second


def names(house: House) -> list[str]:
    """The customers by name, as a door shows them."""
    kind = house.members.catalog.kinds["customer.created"]
    shown = house.keys.decrypt(kind, house.store.everything("customer.created"))
    return sorted(shown["name"].to_list())


def test_erased_on_one_is_erased_on_the_other(two: Two) -> None:
    """The second had read the key, and asks whether it still holds."""
    one, other = two
    assert names(one) == names(other) == ["Ada", "Bob", "Dan"]
    one.erase("ada", END)
    kind = one.members.catalog.kinds["customer.created"]
    for house in two:
        shown = house.keys.decrypt(kind, house.store.everything("customer.created"))
        mails = dict(shown.select("subject", "email").iter_rows())
        assert mails["ada"] == SHOWN_ERASED and mails["bob"] == "bob@town.example"
    row = {"id": "again", "subject": "ada", "occurred_at": BEGIN, "name": "A", "country": "DE"}
    take(other, "customer.created", [row | {"email": "ada@new.example"}])
    for house in two:
        found = house.store.everything("customer.created")
        assert "ada@new.example" not in str(found["email"].to_list())
    assert not other.erase("ada", END)


def test_a_legal_key_lasts_to_the_end_of_its_term(two: Two) -> None:
    one, other = two
    due = one.keys.legal_due("ada", BEGIN)
    assert due == datetime(BEGIN.year + 10, BEGIN.month, BEGIN.day)
    other.erase("ada", END)
    assert names(one) == ["Ada", "Bob", "Dan"]
    assert one.keys.expire(due) != [] and one.keys.expire(due) == []
    assert names(other) == ["Bob", "Dan", SHOWN_ERASED]


def test_two_make_one_key_for_one_person(two: Two) -> None:
    """At once; what either wrote, both read."""

    def born(house: House, number: int) -> None:
        rows = [
            {"id": f"{number} {n}", "subject": f"c{n}", "occurred_at": BEGIN, "country": "DE"}
            | {"name": f"N{n:02}", "email": f"c{n}@town.example", "segment": "", "zone": "UTC"}
            for n in range(30)
        ]
        take(house, "customer.created", rows)

    with ThreadPoolExecutor(2) as both:
        list(both.map(born, two, (1, 2)))
    for house in two:
        found = names(house)
        assert [name for name in found if name[0] == "N"] == sorted(
            [f"N{n:02}" for n in range(30)] * 2
        )


def test_stopped_on_one_is_stopped_on_the_other(two: Two) -> None:
    one, other = two
    levels.stop(one.home, "finance", "anna", "a drill")
    assert not (one.home / "stop").exists()
    assert "finance" in one.halted() & other.halted()
    assert levels.take_stops(other) == 1 and levels.take_stops(one) == 0
    fly(one, END)
    levels.resume(other, "finance", "owner single person")
    fly(one, END.replace(hour=13))
    other.store.follow()
    assert "finance" not in one.halted() | other.halted()


def test_stopped_while_postgres_is_away(homes: tuple[Path, Path], tmp_path: Path) -> None:
    """This host stands still at once, the others as soon as they can be told."""
    one, other = homes
    said = (one / "house.toml").read_text()
    (one / "house.toml").write_text(said.replace("host=", "host=/nowhere"))
    with (
        patch.object(stops, "REACH_SECONDS", 0.2),
        pytest.raises(Problem, match="it stands still here; other hosts do not know yet"),
    ):
        levels.stop(one, "*", "anna", "fire")
    assert stops.stops(one) == {"*": {"by": "anna", "because": "fire"}}
    (one / "house.toml").write_text(said)
    with entered(one) as first, entered(other) as second:
        assert "*" not in second.halted()
        assert "*" in first.halted() & second.halted()
        assert stops.stops(other) == {"*": {"by": "anna", "because": "fire"}}


def test_two_count_on_without_a_gap(two: Two) -> None:
    """What counts up is counted by one at a time: nobody's word is lost."""

    def said(house: House, word: str) -> int:
        for _ in range(6):
            house.grant({"finance.invoicing": Level.SHADOW}, by=word, because="because")
        return 6

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(said, two, ("anna", "berta"))) == [6, 6]
    found = two[0].store.everything("policy.changed")
    mine = found.filter(found["by"].is_in(["anna", "berta"]))
    assert mine.height == 12 and mine["id"].n_unique() == 12


def test_a_house_is_founded_once_and_joined(tmp_path: Path) -> None:
    with database(blank=True) as url:
        home, other = (settled(tmp_path / name, url) for name in ("one", "two"))
        with pytest.raises(Problem, match="is no home"), opened(home):
            pass
        create(home, "Town", "salt", LEVELS_OURS)
        with pytest.raises(Problem, match="is a home already"):
            create(home, "Town", "salt", {})
        with pytest.raises(Problem, match="this house is founded"):
            create(other, "Village", "salt", LEVELS_OURS)
        create(other, "Village", "other salt", {})
        with opened(home) as one, opened(other) as two:
            assert one.store.everything("house.founded")["company"].to_list() == ["Town"]
            assert two.store.everything("house.founded").height == 1
            assert two.said_policy().level_of("finance.invoicing", "*") is Level.AUTO


LEVELS_OURS = {"finance.invoicing": Level.AUTO}


def test_where_the_log_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says it, then house.toml; a home with a log of its own keeps that."""
    monkeypatch.setenv("PSIZERO_STORE", "")
    home = settled(tmp_path / "home", "postgresql://a@b/c")
    assert url_of(home) == "postgresql://a@b/c"
    monkeypatch.setenv("PSIZERO_STORE", "postgresql://d@e/f")
    assert url_of(home) == "postgresql://d@e/f"
    (home / "house.duckdb").touch()
    assert url_of(home) == ""
    (home / "house.duckdb").unlink()
    monkeypatch.setenv("PSIZERO_STORE", "mysql://d@e/f")
    with pytest.raises(Problem, match="the store 'mysql' is none"):
        url_of(home)
    monkeypatch.setenv("PSIZERO_STORE", "")
    (home / "house.toml").write_text("[store]\nuri = 'postgresql://a@b/c'\n")
    with pytest.raises(Problem, match=r"\[store\] has url alone"):
        url_of(home)


def test_the_password_is_told_to_nobody(tmp_path: Path) -> None:
    home = settled(tmp_path / "home", f"postgresql://a:hidden@/c?host={tmp_path}")
    (home / "ledger.head").touch()
    with (
        patch("psizero.store.server.PATIENCE_SECONDS", 0.1),
        pytest.raises(Problem, match="is away") as caught,
    ):
        say("decisions", "--home", home)
    assert "hidden" not in str(caught.value)


def test_a_database_that_refuses(homes: tuple[Path, Path]) -> None:
    """In one line of its own words, and the house goes on where it stands."""
    with entered(homes[0]) as house:
        url = url_of(homes[0])
        run_sql(url, "alter table inbox.lead_captured rename to gone")
        row = {"id": "x", "subject": "x", "occurred_at": BEGIN, "channel": "web"}
        with pytest.raises(Problem, match=r"refuses: .*does not exist"):
            take(house, "lead.captured", [row])
