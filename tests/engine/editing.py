"""Houses in which something waits that a person wants otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from psizero.core.policy import Level
from psizero.house.edit import Wanted
from psizero.house.home import House
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, take, wished

WISHES, HOUR, SECOND = "growth.wishes", timedelta(hours=1), timedelta(seconds=1)
PEOPLE = '[people]\nanna = "owner"\nben = "owner"\ndora = "clerk"\n'
PEOPLE += '[roles.clerk]\ndomains = ["finance"]\n'


@contextmanager
def asking(home: Path, toml: str = PEOPLE, level: Level = Level.APPROVE) -> Iterator[House]:
    """A house in which one gift for ada was wished for at the beginning, and an hour has passed."""
    founded(home, {WISHES: level}, BINDINGS + toml)
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada", BEGIN, "e")])
        fly(house, BEGIN + HOUR)
        yield house


def wanted(*changes: str, by: str = "anna", reason: str = "wrong_text") -> Wanted:
    """Another text, where nothing else is said."""
    return Wanted(said=changes or ("text=as I wish",), by=by, reason=reason)


def waits(house: House) -> str:
    """The one decision that waits."""
    (key,) = house.read("pending")["decision"]
    return str(key)
