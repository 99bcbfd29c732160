"""The loop: who is due, when, and that stops and deaths change nothing."""

from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house.flight import fly_home
from psizero.house.home import House
from psizero.house.members import members
from tests.toy.town import (
    BEGIN,
    entered,
    fly,
    founded,
    priced,
    subscribed,
    take,
    used,
    wished,
)

GREETING, ROUNDS, WISHES = "customers.greeting", "operations.rounds", "growth.wishes"
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def runs(house: House, name: str) -> list[datetime]:
    """The instants at which an automation thought."""
    return house.read("run").filter(pl.col("subject") == name)["now"].to_list()


@pytest.mark.parametrize(
    ("start", "utc_hours"),
    [(datetime(2026, 3, 27, 12), [6, 5, 5]), (datetime(2026, 10, 23, 12), [5, 6, 6])],
)
def test_a_cadence_keeps_its_hour_on_the_wall(
    tmp_path: Path, start: datetime, utc_hours: list[int]
) -> None:
    """Seven in Berlin, over the nights in which its clocks are changed; one note a local day."""
    home = founded(tmp_path / "home", {ROUNDS: Level.AUTO})
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada", start)], start)
        fly(house, start + 72 * HOUR)
        days = [start.replace(hour=hour) for hour in utc_hours]
        expected = [day + (place + 1) * timedelta(days=1) for place, day in enumerate(days)]
        assert runs(house, ROUNDS) == expected
        notes = house.read("note_written")["text"].to_list()
        assert notes == [f"day {one.date().isoformat()}" for one in expected]


def test_only_what_is_due_thinks(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {GREETING: Level.AUTO, WISHES: Level.AUTO})
    with entered(home) as house:
        priced(house)
        take(house, "subscription.started", [subscribed("ada", "steady", BEGIN + HOUR)])
        take(house, "wish.made", [wished("gift.send", "ada", BEGIN + 2 * HOUR)])
        thought = {tick.now: tick.thought for tick in fly(house, BEGIN + 3 * HOUR)}
    assert thought[BEGIN + HOUR] == (GREETING,)
    assert thought[BEGIN + 2 * HOUR] == (WISHES,)
    assert thought[BEGIN + 3 * HOUR] == ()


def test_an_event_wakes_at_the_next_whole_second(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    at = BEGIN + timedelta(seconds=5, microseconds=1)
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada", at)])
        ticks = fly(house, BEGIN + HOUR)
        assert runs(house, WISHES) == [BEGIN + 6 * SECOND]
    assert all(tick.now.microsecond == 0 for tick in ticks)


def test_metered_kinds_wake_nobody(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        use = [used("ada", BEGIN + step * timedelta(minutes=7), "1") for step in range(200)]
        take(house, "usage.recorded", use)
        assert len(fly(house, BEGIN + 30 * HOUR)) == 1
        assert house.read("usage_recorded")["events"].sum() == 200


def test_nothing_to_do_writes_nothing(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        fly(house, BEGIN)
        before = house.store.position
        (tick,) = fly(house, BEGIN + HOUR)
        assert (tick.thought, tick.decisions, tick.sealed) == ((), 0, 0)
        assert house.store.position.batches == before.batches


def test_the_end_of_a_flight_belongs_to_it(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        wishes = [wished("gift.send", f"s{step}", BEGIN + step * SECOND) for step in (9, 10, 11)]
        take(house, "wish.made", wishes)
        fly(house, BEGIN + 10 * SECOND)
        assert house.read("decision")["subject"].to_list() == ["s9", "s10"]
        assert house.store.waiting() == {"wish.made": 1}


def test_a_house_s_clock_does_not_go_back(tmp_path: Path) -> None:
    """Rule 64."""
    home = founded(tmp_path / "home", {})
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada", BEGIN + HOUR)])
        fly(house, BEGIN + HOUR)
        with pytest.raises(Problem, match="already"):
            fly(house, BEGIN)


def history(home: Path, stops: list[datetime]) -> Path:
    """A day and a half, flown in one go or with stops."""
    founded(home, {GREETING: Level.AUTO, ROUNDS: Level.AUTO, WISHES: Level.AUTO})
    with entered(home) as house:
        priced(house)
        starts = [subscribed(f"s{step}", "daily", BEGIN + step * 7 * HOUR) for step in range(3)]
        take(house, "subscription.started", starts)
        wishes = [wished("gift.send", "ada", BEGIN + hour * HOUR, str(hour)) for hour in (3, 30)]
        take(house, "wish.made", wishes)
        take(house, "usage.recorded", [used("s0", BEGIN + step * HOUR, "5") for step in range(36)])
    for stop in stops:
        with entered(home) as house:
            fly(house, stop)
    return home


def told(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table with every row, but the chain."""
    with entered(home) as house:
        assert house.verify() == []
        return {name: house.read(name).rows() for name in house.members.catalog.tables}


END = BEGIN + 36 * HOUR


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """All of it in one flight."""
    return told(history(tmp_path_factory.mktemp("loop") / "home", [END]))


def test_stops_change_no_record_and_no_position(
    tmp_path: Path, undisturbed: dict[str, list[tuple[object, ...]]]
) -> None:
    stops = [BEGIN, BEGIN + 3 * HOUR - SECOND, BEGIN + 3 * HOUR, BEGIN + 11 * HOUR + SECOND, END]
    stopped = told(history(tmp_path / "home", stops))
    assert {name for name, rows in stopped.items() if rows != undisturbed[name]} == set()


def test_a_death_at_any_tick_changes_no_record(
    tmp_path: Path, undisturbed: dict[str, list[tuple[object, ...]]]
) -> None:
    """The process is gone after every tick: nothing is in memory that is not in the log."""
    home = history(tmp_path / "home", [])
    flown: list[datetime] = []
    while not flown or flown[-1] < END:
        with entered(home) as house:
            flown += [tick.now for tick in islice(fly_home(house, END), 1)]
        assert len(flown) < 30, "it does not come forward"
    assert len(flown) > 5
    died = told(home)
    assert {name for name, rows in died.items() if rows != undisturbed[name]} == set()


def test_flying_on_without_a_package_ends(tmp_path: Path) -> None:
    """Its decisions wait for an outcome that nobody measures any more; time goes on."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, "")
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada")])
        fly(house, BEGIN + HOUR)
    with entered(home, members()) as house:
        end = BEGIN + 100 * HOUR
        ticks = [tick.now for tick in islice(fly_home(house, end), 20)]
        assert ticks[-1] == end, "it does not come forward"


def test_verifying_without_a_package_is_no_traceback(tmp_path: Path) -> None:
    """Its kinds lie in the ledger, and are of no known shape; every other row can be checked."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, "")
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada")])
        fly(house, BEGIN + HOUR)
    with entered(home, members()) as house:
        assert all("wish" in fault or "position" in fault for fault in house.verify())


def test_a_connector_that_is_gone_can_be_replaced(tmp_path: Path) -> None:
    """The owner binds another one, as the message says; the house does not stay stuck."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada")])
        fly(house, BEGIN + HOUR)
    (home / "house.toml").write_text('[bindings]\nmessage.send = "outbox"\n')
    with entered(home, members()) as house:
        assert fly(house, BEGIN + 2 * HOUR)[-1].now == BEGIN + 2 * HOUR
        assert house.policy().bindings == {"message.send": "outbox"}


def test_a_binding_that_was_refused_leaves_no_trace(tmp_path: Path) -> None:
    """A flight binds nothing that reaches the world, nor remembers that it was asked to."""
    home = founded(tmp_path / "home", {}, '[bindings]\nmessage.send = "gateway"\n')
    with entered(home) as house, pytest.raises(Problem, match="gateway"):
        fly(house, BEGIN)
    (home / "house.toml").write_text("")
    with entered(home) as house:
        fly(house, BEGIN + HOUR)
        assert house.policy().bindings == {}
