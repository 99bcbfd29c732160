"""A flight of the town in a process of its own: prints what the ledger and every table came to.

python -m tests.laws.flight HOME THREADS
"""

from functools import partial
from hashlib import sha256
from pathlib import Path

import polars as pl

from psizero.core.policy import Level
from psizero.house import home as house_room
from psizero.house.home import House
from psizero.store.duck import DuckStore
from tests.toy.town import LATE_AT, all_at, entered, fly, founded, settled


def digest(frame: pl.DataFrame) -> str:
    """One text for one content: names, types, and every value in its order."""
    body = f"{frame.schema}\n{frame.rechunk().write_csv()}"
    return sha256(body.encode()).hexdigest()[:16]


def told(house: House) -> list[str]:
    """One line for the chain and one for each table."""
    lines = [f"chain {house.store.position.chain}"]
    tables = sorted(house.members.catalog.tables)
    return [*lines, *(f"{name} {digest(house.read(name))}" for name in tables)]


def flown(home: Path, threads: int, output: Path) -> None:
    """Fly to the day on which something comes late, on so many threads, and write it down.

    Without names: their ciphertext is under keys that no other home has (decision 0006).
    """
    house_room.DuckStore = partial(DuckStore, threads=threads)
    founded(home, all_at(Level.AUTO))
    with entered(home) as house:
        settled(house)
        fly(house, LATE_AT)
        output.write_text("\n".join(told(house)))
