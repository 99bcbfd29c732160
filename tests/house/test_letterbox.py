"""The letterbox by itself: what lies there outlives everything but its own taking in."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from msgspec import structs

from psizero.core.arrival import Terms, batched
from psizero.core.ports import Batch
from psizero.house import letterbox
from psizero.house.home import House, create, opened
from psizero.house.letterbox import FOLDER, Letterbox, parcel, taken_in
from tests.api.pushing import letters, present

NAME = "Zdenka Quillfeather"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    create(tmp_path / "home", "Letters", "salt", {})
    with opened(tmp_path / "home") as found:
        yield found


def customer(house: House, name: str) -> Batch:
    """One customer."""
    at = present()
    row = {"id": f"{name} {at}", "subject": name, "occurred_at": at, "name": NAME}
    row["email"] = f"{name}@quillfeather.example"
    return batched(Terms(house.members.catalog.kinds), "customer.created", [row], "test")


def put(house: House, *names: str) -> None:
    """A letter for each."""
    box = Letterbox(house.home, house.keys)
    for name in names:
        assert box.put([parcel(customer(house, name), present())])


def test_modes_and_order(house: House) -> None:
    """Nobody else may read it; what was put in first is taken in first; then it is empty."""
    put(house, "ada", "bob")
    put(house, "cyd")
    assert [path.stat().st_mode & 0o777 for path in letters(house.home)] == [0o600] * 3
    assert (house.home / FOLDER).stat().st_mode & 0o777 == 0o700
    assert [path.stem[-1] for path in letters(house.home)] == ["1", "2", "3"]
    assert not [p for p in house.home.rglob("*") if p.is_file() and b"Zdenka" in p.read_bytes()]
    (report,) = taken_in(house)
    assert (report.taken, letters(house.home), taken_in(house)) == (3, [], [])
    assert list(house.store.everything("customer.created")["subject"]) == ["ada", "bob", "cyd"]


def test_erased_with_what_lies_there(house: House) -> None:
    """What was acknowledged and not taken in is erased too, and so is what comes later."""
    put(house, "ada", "bob")
    assert house.erase("ada", present())
    assert letters(house.home) == []
    put(house, "ada")
    taken_in(house)
    kind = house.members.catalog.kinds["customer.created"]
    rows = house.keys.decrypt(kind, house.store.everything("customer.created"))
    shown = [(row["subject"], row["email"]) for row in rows.iter_rows(named=True)]
    assert sorted(shown) == [
        ("ada", "[erased]"),
        ("ada", "[erased]"),
        ("bob", "bob@quillfeather.example"),
    ]


def test_damaged(house: House) -> None:
    """Cut, changed, of another name, or of a kind that is gone: set aside, and the others go on."""
    put(house, "ada", "bob", "cyd", "dan", "eve")
    cut, changed, named, _, kept = letters(house.home)
    cut.write_bytes(cut.read_bytes()[:-20])
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    named.rename(named.with_stem("0000000000000099"))
    gone = Batch("no.such", customer(house, "fay").frame, "test")
    assert Letterbox(house.home, house.keys).put([parcel(gone, present())])
    (report,) = taken_in(house)
    assert report.taken == 2 and not kept.exists()
    assert len(list((house.home / FOLDER).glob("*.damaged"))) == 4
    put(house, "gil")
    assert taken_in(house)[0].taken == 1


def test_poisoned(house: House) -> None:
    """A frame that is none, and one that lacks what the intake needs: aside, and none is lost."""
    put(house, "ada")
    whole = parcel(customer(house, "ada"), present())
    lacking = Batch("customer.created", pl.DataFrame({"id": ["1"]}), "test")
    box = Letterbox(house.home, house.keys)
    assert box.put([structs.replace(whole, frame=b"no Arrow")])
    assert box.put([parcel(lacking, present())])
    put(house, "bob")
    told = list[str]()
    assert [one.taken for one in taken_in(house, aside=told.append)] == [1, 1]
    assert told == ["0000000000000002.damaged", "0000000000000003.damaged"]
    assert list(house.store.everything("customer.created")["subject"]) == ["ada", "bob"]


def test_full_and_torn(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full is said and nothing is lost; a letter that was never named was never acknowledged."""
    put(house, "ada")
    torn = house.home / FOLDER / "0000000000000002.letter.new"
    torn.write_bytes(b"half")
    monkeypatch.setattr(letterbox, "BYTES_MAX", 10)
    box = Letterbox(house.home, house.keys)
    assert not torn.exists()
    box._full = True
    assert not box.put([parcel(customer(house, "bob"), present())])
    taken_in(house)
    assert box.put([parcel(customer(house, "bob"), present())])


def test_in_turns(house: House) -> None:
    """A long heap is taken in by parts, so that a tick comes between."""
    put(house, "ada", "bob", "cyd")
    assert [taken_in(house, 1)[0].taken for _ in range(3)] == [1, 1, 1]
