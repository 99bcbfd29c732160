"""A door never waits for a tick, and what it shows is a whole committed state."""

import time
from pathlib import Path
from shutil import copytree
from threading import Event

import msgspec
import pytest

from psizero.core.ports import Position
from psizero.house import levels
from psizero.house.reader import Reader
from psizero.house.stops import stops
from tests.api.doors import Town, opened
from tests.house.living import until
from tests.toy.town import END, entered, fly, take, used, wished

SOON_SECONDS = 10.0


class Held:
    """A tick that is computed and not yet committed, for as long as the test wants."""

    def __init__(self) -> None:
        self.begun, self.over = Event(), Event()

    def settle(self, before: Position, after: Position, kinds: frozenset[str]) -> None:
        """Called by the store in the midst of its transaction."""
        self.begun.set()
        assert self.over.wait(60)


def hold(town: Town) -> Held:
    """The next tick stands still just before its commit."""
    held, house = Held(), town.doors.house
    row = wished("gift.send", "ada", END, "held") | {"currency": "EUR"}
    town.doors.life.hand_in(lambda: setattr(house.store, "settle", held.settle)).result(60)
    town.doors.life.hand_in(lambda: take(house, "wish.made", [row], END)).result(60)
    assert held.begun.wait(60)
    return held


@pytest.fixture
def alone(flown: Path, tmp_path: Path) -> Path:
    """A home for one test."""
    copytree(flown, tmp_path / "home")
    return tmp_path / "home"


def test_a_read_answers_in_the_midst_of_a_tick(alone: Path) -> None:
    """Every reading route, and what it shows is the state before; afterwards it is the new one."""
    with opened(alone) as town:
        held = hold(town)
        try:
            began = time.monotonic()
            before = town.doors.life.pulse().position
            page = town.page("tables/wish_made?limit=1000")
            assert page.position == before
            assert all(msgspec.convert(row["position"], int) <= before for row in page.rows)
            for path in ("decisions", "customers/ada", "automations", "entitlements/ada"):
                assert town.ask("olga", "GET", f"/api/v1/{path}").status_code == 200
            assert time.monotonic() - began < SOON_SECONDS
        finally:
            held.over.set()
        until(lambda: town.rows("tables/wish_made?episode=held"))


def test_a_stop_waits_for_no_tick(alone: Path) -> None:
    with opened(alone) as town:
        held = hold(town)
        try:
            began = time.monotonic()
            found = town.post("/api/v1/stop", {"scope": "*", "because": "now"}, "vic")
            assert found.status_code == 403
            assert town.post("/api/v1/stop", {"because": "now"}, "sue").status_code == 200
            assert time.monotonic() - began < SOON_SECONDS
            assert stops(alone)["*"] == {"by": "sue", "because": "now"}
        finally:
            held.over.set()


def test_a_write_waits_for_the_tick_and_is_done_after_it(alone: Path) -> None:
    with opened(alone) as town:
        (first, *_) = town.doors.house.beside().read("pending")["decision"].to_list()
        held = hold(town)
        job = town.doors.life.hand_in(lambda: held.over.is_set())
        time.sleep(0.1)
        assert not job.done()
        held.over.set()
        assert job.result(60)
        body = {"reason": "not_needed"}
        path = f"/api/v1/decisions/{first}/decline"
        assert town.post(path, body, "olga").status_code == 200


def test_a_reading_is_one_state_however_many_questions(alone: Path) -> None:
    """A house that goes on between two questions of one reading does not show."""
    with entered(alone) as house:
        reader = Reader(house)
        with reader.house() as seen:
            before = seen.read("pending").height
            take(house, "wish.made", [wished("gift.send", "ada", house.now, "x")], house.now)
            take(house, "usage.recorded", [used("ada", house.now, "3")], house.now)
            fly(house, house.now.replace(microsecond=0).replace(hour=13))
            assert seen.read("pending").height == before
            assert seen.store.position.last < house.store.position.last
        with reader.house() as seen:
            assert seen.store.position == house.store.position
            for table in ("pending", "wish_made", "run", "decision", "usage_quarter_hour"):
                assert seen.read(table).equals(house.read(table)), table
            assert seen.policy() == house.policy()
        reader.close()


def test_a_reading_keeps_up_with_levels(alone: Path) -> None:
    """What is remembered is read anew when its kind was sealed, also by another connection."""
    with entered(alone) as house:
        reader = Reader(house)
        with reader.house() as seen:
            assert seen.policy().level_of("growth.wishes", "*").value == "approve"
        wish = levels.Wish(automation="growth.wishes", level=levels.Level.SHADOW, by="olga")
        levels.demote(house, wish)
        fly(house, house.now.replace(hour=14))
        for _ in range(3):
            with reader.house() as seen:
                assert seen.policy().level_of("growth.wishes", "*").value == "shadow"
        reader.close()
