"""The owner's rules: levels, caps, bindings, people and switches. Data, not code."""

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
    """Most that one automation may do by itself; what is over waits for a person.

    `customers_share_per_day_max`: of all customers, 0 to 1, how many it may touch in a UTC day.
    `approvals_min`: how many different people have to agree where one asks.
    """

    actions_per_hour_max: int | None = None
    actions_per_day_max: int | None = None
    money_minor_per_day_max: int | None = None
    money_minor_per_action_max: int | None = None
    customers_share_per_day_max: float | None = None
    approvals_min: int | None = None


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What people of a role may approve: domains (`*` is all), and up to how much money."""

    domains: tuple[str, ...] = ()
    money_minor_max: int | None = None


OWNER = "owner"
ANY = "*"
_OWNERS = Role(domains=(ANY,))


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be on record since the last change of level before the next rung.

    `share_min` is held against the lower bound of a 90 % Wilson interval: of good outcomes in
    shadow, of agreement by people at approve.
    """

    decisions_min: int = 20
    days_min: int = 7
    share_min: float = 0.8


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """When an automation loses the level auto by itself.

    Its share of bad outcomes, a missing one being bad, is shown to lie over `bad_share_max`.
    """

    bad_share_max: float = 0.2
    outcomes_min: int = 10


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """When and how often people outside are reached with what they are not owed.

    Hours are of the person's own day; where nobody knows its zone, of the company's `zone`. The
    share held out is never contacted, so that what contact adds can be measured.
    """

    quiet_from_hour: int = 21
    quiet_until_hour: int = 8
    messages_per_day_max: int = 1
    messages_per_week_max: int = 3
    holdout_share: float = 0.05
    zone: str = "UTC"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Levels by automation and scope, caps by automation, connectors by outside verb.

    `seconds`: by verb, the connector that gets what the first refused for one of our people.

    A scope is a verb, or `*` for all verbs of the automation; the narrower one wins. `people`
    are names with their role; a house that names nobody has one person, the owner. `stopped`
    holds what the owner switched off: `*`, a domain, or an automation. `restarts`: positions up
    to which what began in shadow begins again, by automation.
    """

    levels: Mapping[tuple[str, str], Level] = {}
    caps: Mapping[str, Caps] = {}
    bindings: Mapping[str, str] = {}
    seconds: Mapping[str, str] = {}
    people: Mapping[str, str] = {}
    roles: Mapping[str, Role] = {}
    stopped: frozenset[str] = frozenset()
    restarts: Mapping[str, int] = {}
    promotion: Promotion = Promotion()
    guardrail: Guardrail = Guardrail()
    contact: Contact = Contact()
    confidence_min: float = 0.5
    cool_down_hours: int = 24
    approval_hours: int = 72
    review_share: float = 0.03

    def level_of(self, automation: str, verb: str) -> Level:
        everywhere = self.levels.get((automation, ANY), Level.OFF)
        return self.levels.get((automation, verb), everywhere)

    def is_on(self, automation: str) -> bool:
        """False where the automation is off everywhere; such a one is not even thought."""
        return any(
            one is not Level.OFF for (name, _), one in self.levels.items() if name == automation
        )

    def channels(self) -> list[str]:
        """Every connector that a verb may go through, by name."""
        return sorted({*self.bindings.values(), *self.seconds.values()})

    def known_people(self) -> Mapping[str, str]:
        """Everybody who may say something, with the role."""
        return self.people or {OWNER: OWNER}

    def objection(self, person: str, automation: str, money_minor: int) -> str:
        """Why this person may not approve that; empty where he may."""
        role = self.known_people().get(person)
        if role is None:
            return f"{person} is nobody in this house"
        rights = self.roles.get(role, _OWNERS if role == OWNER else Role())
        domain = automation.partition(".")[0]
        if not {ANY, domain}.intersection(rights.domains):
            return f"the role {role} does not decide about {domain}"
        if rights.money_minor_max is not None and money_minor > rights.money_minor_max:
            return f"the role {role} decides up to {rights.money_minor_max:,} minor units"
        return ""


def halts(stopped: frozenset[str], automation: str) -> bool:
    """Whether a switch stops the automation: its own, its domain's, or the house's."""
    return not stopped.isdisjoint({ANY, automation.partition(".")[0], automation})
