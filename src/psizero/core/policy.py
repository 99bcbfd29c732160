"""The owner's rules: levels, caps and bindings. Data, not code."""

from collections.abc import Mapping
from enum import Enum

import msgspec


class Level(Enum):
    """How far an automation may go. Unknown or unreadable means off."""

    OFF = "off"
    SHADOW = "shadow"
    APPROVE = "approve"
    AUTO = "auto"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


def level(text: str) -> Level:
    """Fails closed: anything that is not a level is off."""
    return next((one for one in Level if one.value == text), Level.OFF)


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """Most that one automation may do by itself; what is over waits for a person."""

    actions_per_hour_max: int | None = None
    actions_per_day_max: int | None = None
    money_minor_per_day_max: int | None = None
    money_minor_per_action_max: int | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Levels by automation and scope, caps by automation, connectors by outside verb.

    A scope is a verb, or `*` for all verbs of the automation; the narrower one wins.
    """

    levels: Mapping[tuple[str, str], Level] = {}
    caps: Mapping[str, Caps] = {}
    bindings: Mapping[str, str] = {}
    confidence_min: float = 0.5
    cool_down_hours: int = 24

    def level_of(self, automation: str, verb: str) -> Level:
        everywhere = self.levels.get((automation, "*"), Level.OFF)
        return self.levels.get((automation, verb), everywhere)

    def is_on(self, automation: str) -> bool:
        """False where the automation is off everywhere; such a one is not even thought."""
        return any(
            one is not Level.OFF for (name, _), one in self.levels.items() if name == automation
        )
