"""What is said after a stop is due just after it, and known to the first tick that follows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from psizero.core.clock import MICROSECOND
from psizero.core.policy import Level
from psizero.house.home import House
from tests.toy.town import BEGIN, entered, fly, founded, priced, subscribed, take, used

SECOND = timedelta(seconds=1)
WISHES = "growth.wishes"
STOP = BEGIN + timedelta(days=2)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house in which one subscription started and a day later something was used."""
    with entered(founded(tmp_path / "home", {})) as opened:
        priced(opened)
        take(opened, "subscription.started", [subscribed("ada", "daily")])
        take(opened, "usage.recorded", [used("ada", BEGIN + timedelta(days=1), "3")])
        yield opened


def told(house: House) -> list[datetime]:
    """When what is said now, by the owner and by a late row, is due."""
    house.grant({WISHES: Level.AUTO}, by="owner", because="it did well")
    take(house, "usage.recorded", [used("ada", BEGIN + timedelta(hours=1), "2")])
    return stamps(house)


def stamps(house: House) -> list[datetime]:
    """The instants of the last two rows, the owner's and the late one."""
    last = [house.store.everything(name)[-1] for name in ("policy.changed", "usage.recorded")]
    return [row["recorded_at"][0] for row in last]


@pytest.mark.parametrize("stop", [STOP, STOP + timedelta(minutes=7, seconds=3)])
def test_due_just_after_the_stop(house: House, stop: datetime) -> None:
    """Though nothing was sealed at the stop itself: a quarter-hour was closed there."""
    fly(house, stop)
    assert house.store.position.sealed_at != stop
    due = house.store.floor + MICROSECOND
    assert told(house) == [due, due]
    assert due > (house.store.position.sealed_at or stop)


def test_known_to_the_first_tick_after_it(house: House) -> None:
    """A second flight to the stop knows nothing new; one that ends a second later does."""
    stop = BEGIN + timedelta(days=1)
    fly(house, stop)
    assert house.store.position.sealed_at == stop
    assert told(house) == [stop + MICROSECOND] * 2
    fly(house, stop)
    assert house.store.waiting() == {"policy.changed": 1, "usage.recorded": 1}
    (first,) = [tick.now for tick in fly(house, stop + timedelta(minutes=1)) if tick.sealed]
    assert first == stop + SECOND
    assert house.store.waiting() == {} and stamps(house) == [stop + MICROSECOND] * 2
