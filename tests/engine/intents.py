"""Homes with intents: decided, in flight when a process died, or carried out."""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.core.records import Action, Receipt
from psizero.engine import loop
from psizero.house.home import House
from tests.toy.town import BEGIN, entered, fly, take, wished

WISHES = "growth.wishes"
LATER = BEGIN + timedelta(hours=2)
AUTO = {WISHES: Level.AUTO}


class Gone(Exception):
    """The process dies here, as far as a test can say it."""


def wishing(home: Path, *subjects: str, verb: str = "gift.send", **more: object) -> None:
    """Take wishes in."""
    with entered(home) as house:
        take(house, "wish.made", [wished(verb, subject, **more) for subject in subjects])


def flown(home: Path, until: datetime = LATER) -> None:
    """Fly, and close the home whatever happens."""
    with entered(home) as house:
        fly(house, until)


def flown_or_told(home: Path, output: Path) -> None:
    """The same, for a process of its own that writes down why it could not."""
    try:
        flown(home)
    except Problem as problem:
        output.write_text(str(problem))


def receipts(home: Path, subject: str = "ada") -> list[str]:
    """What became of a subject's action, state by state."""
    with entered(home) as house:
        found = house.store.everything("receipt").filter(pl.col("subject") == subject)
        assert house.store.faults() == []
        return found["state"].to_list()


def intended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decide, and die before the hands come."""

    def gone(*given: object) -> int:
        raise Gone

    with monkeypatch.context() as patched, pytest.raises(Gone):
        patched.setattr(loop, "perform", gone)
        flown(home)


class Looking(msgspec.Struct):
    """A connector that looks into the log while it is called."""

    house: House
    seen: list[tuple[str, list[str]]] = msgspec.field(default_factory=list)
    name: str = "recorded"
    settle: str = "ask"
    verbs: tuple[str, ...] = ("gift.send",)

    def perform(self, action: Action) -> Receipt:
        """What the log says of this very action right now."""
        rows = self.house.store.everything("receipt")
        mine = rows.filter((pl.col("decision") == action.key) & pl.col("position").is_not_null())
        self.seen.append((action.key, mine["state"].to_list()))
        return Receipt("done")

    def ask(self, key: str) -> Receipt | None:
        """Nothing is known."""
        return None
