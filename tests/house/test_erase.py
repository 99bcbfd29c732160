"""No plain personal byte is ever in a home; what is erased is gone for good, and the log sound."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from psizero.core.clock import WallClock
from psizero.house.flight import import_file
from psizero.house.home import House, opened
from tests.house.flights import PEOPLE, bring, copied, fly, founded, objects, say
from tests.house.killing import STOPS, Kill, commands, run, small_company

PERSONS = small_company("small").customers
WORDS = [b"Zdenka", b"Quillfeather", b"plumage", *(one.email.encode() for one in PERSONS)]


def plain(home: Path) -> list[str]:
    """Files of a home in which a name or an address stands, whatever the file."""
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if any(word in path.read_bytes() for word in WORDS)]


def shown(house: House) -> dict[str, tuple[str, str]]:
    """Name and address of every customer, as whoever has the keys reads them."""
    kind = house.members.catalog.kinds["customer.created"]
    rows = house.keys.decrypt(kind, house.read("customer_created"))
    return {row["subject"]: (row["name"], row["email"]) for row in rows.iter_rows(named=True)}


@pytest.fixture
def home(small_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A flown home of one's own."""
    yield copied(small_home, tmp_path / "home")


def test_while_open_and_after(small_files: Path, tmp_path: Path) -> None:
    """The write-ahead log of an open home, a home at rest, a flown one."""
    home = founded(tmp_path / "home", small_files)
    paths = [small_files / name for name in PEOPLE]
    assert any(word in paths[0].read_bytes() for word in WORDS)
    with opened(home) as house:
        import_file(house, *paths, WallClock().now(), lambda _: None)
        assert plain(home) == []
        assert (home / "house.duckdb.wal").stat().st_size > 0
    assert plain(home) == []
    fly(home, STOPS[0])
    assert plain(home) == []
    with opened(home) as house:
        assert shown(house) == {one.id: (one.name, one.email) for one in PERSONS}
    assert "Zdenka" not in say("table", "customer_created", "--home", home, "--format", "csv")


def test_killed_in_the_midst(small_files: Path, tmp_path: Path) -> None:
    home = founded(tmp_path / "home", small_files)
    words = commands(home, small_files)[0]
    for delay_seconds in (0.02, 0.05, 0.1, 0.15, 0.2, 0.3):
        run(words, Kill(0, delay_seconds, False))
        assert plain(home) == []
    assert run(words) == 0
    with opened(home) as house:
        assert house.verify() == []
    fly(home, STOPS[0])
    with opened(home) as house:
        assert shown(house) == {one.id: (one.name, one.email) for one in PERSONS}


def test_bad_rows_show_nothing(small_files: Path, tmp_path: Path) -> None:
    """A row may be no row, have no id, or have its columns shifted."""
    home = founded(tmp_path / "home", small_files)
    file = tmp_path / "people.csv"
    person = PERSONS[0]
    rows = [
        "id,name,email,country,since",
        f"c1,{person.name},{person.email},NZ,2026-01-05T00:00:00Z,too,many",
        f",{person.name},{person.email},NZ,2026-01-05T00:00:00Z",
        f"c2,{person.name},{person.email},NZ,no instant",
        f"c3,NZ,,{person.name},{person.email}",
        "c4,Somebody,else@example.org,NZ,2026-01-05T00:00:00Z",
        f'c5,"{person.name},{person.email},NZ,2026-01-05T00:00:00Z',
    ]
    file.write_text("\n".join(rows) + "\n")
    with opened(home) as house:
        import_file(house, file, small_files / PEOPLE[1], WallClock().now(), lambda _: None)
    lines = {row["line"] for row in objects("rejected", "--home", home)}
    assert lines >= {2, 3, 4, 5} and 6 not in lines
    assert plain(home) == []


def test_erased(home: Path) -> None:
    """The service key goes at once, the legal one stays; nobody else is touched."""
    person = PERSONS[0]
    before = shown_of(home)
    say("erase", person.id, "--home", home)
    assert shown_of(home) == before | {person.id: (person.name, "[erased]")}
    assert plain(home) == []
    assert say("verify", "--home", home).startswith("sound: ")
    fly(home, STOPS[1].replace(day=STOPS[1].day + 1))
    assert say("verify", "--home", home).startswith("sound: ")
    assert objects("table", "subject_erased", "--home", home)[0]["subject"] == person.id


def shown_of(home: Path) -> dict[str, tuple[str, str]]:
    with opened(home) as house:
        return shown(house)


def test_legal_until_its_term(home: Path) -> None:
    person = PERSONS[0]
    with opened(home) as house:
        house.erase(person.id, datetime(2026, 6, 1))
        house.keys.expire(datetime(2036, 1, 4))
    assert shown_of(home)[person.id] == (person.name, "[erased]")
    with opened(home) as house:
        house.keys.expire(datetime(2036, 1, 6))
    assert shown_of(home)[person.id] == ("[erased]", "[erased]")
    assert shown_of(home)[PERSONS[1].id] == (PERSONS[1].name, PERSONS[1].email)
    with opened(home) as house:
        assert house.verify() == []


def test_erased_for_good(home: Path, small_files: Path) -> None:
    """The same file again does not bring it back."""
    person = PERSONS[0]
    say("erase", person.id, "--home", home)
    bring(home, small_files / PEOPLE[0], small_files / PEOPLE[1])
    assert shown_of(home)[person.id][1] == "[erased]"
    assert plain(home) == []
    with opened(home) as house:
        assert house.verify() == []
        rows = house.store.everything("customer.created").filter(pl.col("subject") == person.id)
        assert rows.height == 1


def test_erased_although_it_died_midway(home: Path) -> None:
    """The key is gone, the row that says so was not yet written: asking again writes it."""
    with opened(home) as house:
        house.keys.destroy(PERSONS[0].id, datetime(2026, 6, 1))
    say("erase", PERSONS[0].id, "--home", home)
    with opened(home) as house:
        assert house.store.everything("subject.erased")["subject"].to_list() == [PERSONS[0].id]
