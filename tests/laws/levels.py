"""Connectors that must not be called, and members whose thinking must not begin."""

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import msgspec

from psizero.core.records import Action, Receipt
from psizero.house.members import Members
from tests.laws.population import FOUND


class Called(Exception):
    """A connector was reached at a level that forbids it."""


class Forbidden(msgspec.Struct):
    """Counts what happened: calls of connectors, and thoughts by automation."""

    calls: int = 0
    thoughts: dict[str, int] = {}
    name: str = "recorded"
    settle: str = "ask"
    verbs: tuple[str, ...] = tuple(sorted(FOUND.verbs))

    def perform(self, action: Action) -> Receipt:
        """Nobody comes here."""
        self.calls += 1
        raise Called(action.verb)

    def ask(self, key: str) -> Receipt | None:
        """Nobody asks either."""
        self.calls += 1
        raise Called(key)

    def connect(self, folder: Path, clock: object, resolve: object) -> "Forbidden":
        """The one and only."""
        return self


def forbidding() -> tuple[Members, Forbidden]:
    """The members with every connector forbidden and every thought counted."""
    forbidden = Forbidden()
    door = SimpleNamespace(connect=forbidden.connect)

    def counted(name: str) -> object:
        one = FOUND.automations[name]

        def propose(facts: object, settings: object, now: datetime) -> object:
            forbidden.thoughts[name] = forbidden.thoughts.get(name, 0) + 1
            return one.propose(facts, settings, now)

        return msgspec.structs.replace(one, propose=propose)

    automations = {name: counted(name) for name in FOUND.automations}
    connectors = dict.fromkeys(FOUND.connectors, door)
    members = msgspec.structs.replace(FOUND, automations=automations, connectors=connectors)
    return members, forbidden
