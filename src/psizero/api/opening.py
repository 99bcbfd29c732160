"""Opening the doors of a house that lives: what they need is made, and let go at the end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from psizero.api.doors import Doors
from psizero.api.limits import Limits
from psizero.api.once import Once
from psizero.api.trials import Trials
from psizero.api.users import Users
from psizero.house.home import House
from psizero.house.live import Life, Log
from psizero.house.reader import Reader


@contextmanager
def opening(
    house: House, life: Life, now: Callable[[], datetime], log: Log, public: str = ""
) -> Iterator[Doors]:
    """The doors, from the thread of the house and before it runs."""
    with ExitStack() as stack:
        reader = Reader(house)
        stack.callback(reader.close)
        limits = Limits(house)
        stack.callback(limits.end)
        trials = Trials(reader.another)
        stack.callback(trials.end)
        yield Doors(
            home=house.home,
            house=house,
            life=life,
            reader=reader,
            users=Users(house.home, now),
            now=now,
            limits=limits,
            trials=trials,
            once=Once(now),
            log=log,
            public=public,
        )
