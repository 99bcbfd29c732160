"""Time as the house lives it: forward only, whole seconds, nothing missed and nothing twice."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.clock import LiveClock, instant
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.core.ports import Store
from psizero.engine import loop
from psizero.finance.prices import price_rows
from psizero.house import levels, live
from psizero.house.flight import import_as_new, import_file, take_prices
from psizero.house.home import House
from tests.engine.intents import Gone
from tests.house.living import lived, seconds
from tests.toy.town import (
    BEGIN,
    PRICES,
    entered,
    fly,
    founded,
    introduced,
    priced,
    subscribed,
    take,
    used,
    wished,
)

GREETING, ROUNDS, WISHES = "customers.greeting", "operations.rounds", "growth.wishes"
OUTBOX = '[bindings]\nmessage.send = "outbox"\n'
HOUR = timedelta(hours=1)


def runs(house: House, name: str) -> list[datetime]:
    """When an automation thought."""
    return house.read("run").filter(pl.col("subject") == name)["now"].to_list()


def test_a_wall_that_is_set_back_does_not_set_time_back() -> None:
    wall, passed = [BEGIN], [0.0]
    clock = LiveClock(BEGIN - HOUR, lambda: wall[0], lambda: passed[0])
    assert clock.now() == BEGIN
    wall[0], passed[0] = BEGIN - HOUR + seconds(2), 2.0
    assert (clock.now(), clock.behind_seconds()) == (BEGIN + seconds(2), 3600)
    wall[0], passed[0] = BEGIN + 2 * HOUR, 3.0
    assert (clock.now(), clock.behind_seconds()) == (BEGIN + 2 * HOUR, 0)


def test_a_start_is_not_before_the_last_seal() -> None:
    passed = [7.0]
    clock = LiveClock(BEGIN, lambda: BEGIN - HOUR, lambda: passed[0])
    assert clock.now() == BEGIN
    passed[0] = 8.5
    assert clock.now() == BEGIN + seconds(1.5)


@given(st.lists(st.tuples(st.integers(-(10**7), 10**7), st.floats(0, 100)), max_size=30))
def test_whatever_the_wall_does_time_goes_on(steps: list[tuple[int, float]]) -> None:
    """By as much as the machine's seconds at least, and never behind the wall."""
    wall, passed = [BEGIN], [0.0]
    clock = LiveClock(BEGIN, lambda: wall[0], lambda: passed[0])
    before = clock.now()
    for jump, more in steps:
        wall[0], passed[0] = wall[0] + seconds(jump), passed[0] + more
        assert clock.now() >= max(before + seconds(more) - timedelta(microseconds=2), wall[0])
        before = clock.now()


def test_a_leap_second_is_no_instant() -> None:
    with pytest.raises(ValueError, match="second"):
        instant("2016-12-31T23:59:60Z")


@pytest.mark.parametrize("day", [datetime(2026, 3, 29), datetime(2026, 10, 25)])
def test_the_days_on_which_clocks_are_changed(day: datetime, tmp_path: Path) -> None:
    """Seven in Berlin comes once, at its own hour."""
    home = founded(tmp_path / "home", {ROUNDS: Level.AUTO})
    with entered(home) as house:
        lived(house, [day + step * timedelta(minutes=30) for step in range(48)])
        hour = 5 if day.month == 3 else 6
        assert runs(house, ROUNDS) == [day + hour * HOUR]
        assert house.verify() == []


def test_what_was_slept_through_is_thought_once_and_today(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {ROUNDS: Level.AUTO})
    awake = BEGIN + 4 * 24 * HOUR + seconds(7.25)
    with entered(home) as house:
        lived(house, [BEGIN, BEGIN + 6 * HOUR, awake, awake + seconds(1), awake + seconds(2)])
        assert runs(house, ROUNDS) == [BEGIN + 6 * HOUR, awake.replace(microsecond=0)]
        days = house.read("note_written")["text"].to_list()
        assert days == ["day 2026-10-01", "day 2026-10-05"]


def test_only_seconds_at_which_something_is_due_are_ticks(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada", BEGIN + seconds(3.5))])
        ticks = lived(house, [BEGIN + seconds(step + 0.3) for step in range(9)])
        assert [tick.now for tick in ticks] == [BEGIN, BEGIN + seconds(4)]
        assert runs(house, WISHES) == [BEGIN + seconds(4)]


def test_usage_is_rolled_up_when_its_quarter_hour_closes(tmp_path: Path) -> None:
    """Without a tick: metered kinds wake nobody."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        take(house, "usage.recorded", [used("ada", BEGIN + seconds(5), "3")])
        ticks = lived(house, [BEGIN, BEGIN + seconds(6), BEGIN + HOUR / 4, BEGIN + HOUR / 4])
        assert len(ticks) == 1
        assert house.read("usage_quarter_hour")["quantity"].sum() == 3


def test_living_and_flying_come_to_the_same(tmp_path: Path) -> None:
    """A house that lived second by second holds what a flight over the same feed holds."""
    told = []
    for name in ("flown", "lived"):
        home = founded(tmp_path / name, {GREETING: Level.AUTO, WISHES: Level.AUTO})
        with entered(home) as house:
            priced(house)
            take(house, "subscription.started", [subscribed("ada", "daily", BEGIN + seconds(9))])
            take(house, "wish.made", [wished("gift.send", "ada", BEGIN + seconds(31.5))])
            if name == "flown":
                fly(house, BEGIN)
                fly(house, BEGIN + seconds(60))
            else:
                house.take_charter()
                lived(house, [BEGIN + seconds(step) for step in range(61)])
            told.append({one: house.read(one).rows() for one in house.members.catalog.tables})
    assert told[0]["receipt"]
    differing = {one for one in told[0] if told[0][one] != told[1][one]}
    assert differing == set()


def test_old_history_is_flown_through_first(tmp_path: Path) -> None:
    home, wall = founded(tmp_path / "home", {}), BEGIN + 60 * HOUR
    with entered(home) as house:
        take(house, "usage.recorded", [used("ada", BEGIN, "3")])
        with pytest.raises(Problem, match=r"fly --until 2026-10-03T00:00:00Z.*\n.*--as-new"):
            live.awake(house, lambda: wall, print)
        assert house.clock is None
        fly(house, datetime(2026, 10, 3))
        live.awake(house, lambda: wall, print)


def test_a_home_from_the_future_does_not_run(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {})
    with entered(home) as house:
        fly(house, BEGIN + 60 * HOUR)
        with pytest.raises(Problem, match="ahead of the machine"):
            live.awake(house, lambda: BEGIN, print)
        live.awake(house, lambda: BEGIN + 50 * HOUR, print)
        assert house.clock is not None and house.clock.now() >= BEGIN + 60 * HOUR


def intended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail is decided, and the process dies before the hands come."""

    def gone(store: Store, _policy: object, _connectors: object, now: datetime, *_: object) -> int:
        if store.read("intents", now).height:
            raise Gone
        return 0

    founded(home, {GREETING: Level.AUTO}, OUTBOX)
    with entered(home) as house:
        priced(house)
        introduced(house)
        fly(house, BEGIN)
        take(house, "subscription.started", [subscribed("ada", "daily", BEGIN + HOUR)])
        with monkeypatch.context() as patched, pytest.raises(Gone):
            patched.setattr(loop, "perform", gone)
            fly(house, BEGIN + 2 * HOUR)
        assert house.read("intents").height == 1


def test_what_a_dead_process_left_is_sent_at_its_own_instant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    intended(home, monkeypatch)
    with entered(home) as house:
        lived(house, [BEGIN + 5 * HOUR])
    (mail,) = (home / "outbox").iterdir()
    sent = parsedate_to_datetime(message_from_bytes(mail.read_bytes())["Date"])
    assert sent.replace(tzinfo=None) == BEGIN + HOUR


def test_a_stop_holds_what_a_dead_process_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    intended(home, monkeypatch)
    levels.stop(home, "customers", "ann", "enough")
    with entered(home) as house:
        lived(house, [BEGIN + 5 * HOUR])
    assert not (home / "outbox").exists()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Some use of long ago, and its map."""
    (tmp_path / "f.csv").write_text("who,happened\nada,2026-10-01T05:00:00Z\n")
    sql = "select line, who as customer, who as id, happened as occurred_at, 'calls' as meter, \
1 as quantity, '{}' as properties from file"
    text = f'source = "s"\n[[select]]\nkind = "usage.recorded"\nsql = "{sql}"\n'
    (tmp_path / "m.toml").write_text(text)
    return tmp_path / "f.csv", tmp_path / "m.toml"


def test_history_taken_in_as_new_is_known_from_now_on(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    home, wall = founded(tmp_path / "home", {}), BEGIN + 60 * HOUR
    with entered(home) as house:
        import_as_new(house, *files, wall, lambda _: None)
        assert house.store.waiting_since() == wall
        live.awake(house, lambda: wall, print)
        assert lived(house, [wall, wall + HOUR])[0].sealed
        assert house.read("usage_recorded")["events"].sum() == 1


def test_what_comes_to_a_house_that_runs_is_known_when_it_came(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    """Not when its last seal was: at an instant in between nobody knew it."""
    home, wall = founded(tmp_path / "home", {}), BEGIN + 60 * HOUR
    with entered(home) as house:
        lived(house, [BEGIN])
        live.awake(house, lambda: wall, print)
        import_file(house, *files, wall, lambda _: None)
        take_prices(house, price_rows(PRICES, "prices.toml"), "prices.toml")
        for kind in ("usage.recorded", "price.set"):
            assert house.store.everything(kind)["recorded_at"].min() >= wall
