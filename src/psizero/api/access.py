"""Who may use which route: scopes, what each role has of them, and the guard before every route.

A route says its scope as `scope="read"`; one that says none is refused when the app is made.
"""

from collections.abc import Mapping
from enum import Enum

import msgspec


class Scope(Enum):
    """What a route lets somebody do. `open` needs nobody: health, logging in."""

    OPEN = "open"
    SELF = "self"
    READ = "read"
    PERSONAL = "personal"
    SIMULATE = "simulate"
    AUDIT = "audit"
    STOP = "stop"
    DECIDE = "decide"
    LEVELS = "levels"
    SETTINGS = "settings"
    USERS = "users"
    METRICS = "metrics"
    ENTITLEMENTS = "entitlements"
    INGEST = "ingest"


class Role(Enum):
    """What somebody is at the doors; what a person may approve is said in house.toml [roles]."""

    OWNER = "owner"
    FINANCE = "finance"
    SUPPORT = "support"
    OPERATIONS = "operations"
    GROWTH = "growth"
    VIEWER = "viewer"
    MACHINE = "machine"


_LOOKS = frozenset({Scope.SELF, Scope.READ, Scope.ENTITLEMENTS})
_WORKS = _LOOKS | {Scope.PERSONAL, Scope.SIMULATE, Scope.AUDIT, Scope.STOP, Scope.DECIDE}
RIGHTS: Mapping[Role, frozenset[Scope]] = {
    Role.OWNER: frozenset(Scope) - {Scope.INGEST, Scope.OPEN},
    Role.FINANCE: _WORKS,
    Role.SUPPORT: _WORKS - {Scope.SIMULATE, Scope.AUDIT},
    Role.OPERATIONS: _WORKS | {Scope.LEVELS, Scope.METRICS},
    Role.GROWTH: _WORKS - {Scope.AUDIT},
    Role.VIEWER: _LOOKS,
    Role.MACHINE: frozenset(),
}
"""What people of each role may do; a machine has what its key names."""
GIVEN = tuple(one.value for one in Scope if one not in (Scope.OPEN, Scope.SELF, Scope.USERS))
"""What a key may be given. None makes further keys or users."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: one of [people] in house.toml, or a key, which is nobody there."""

    name: str
    role: Role
    scopes: frozenset[Scope]
    key: str = ""
    csrf: str = ""

    def may(self, scope: Scope) -> bool:
        """Whether the scope is this person's; `open` is everybody's."""
        return scope is Scope.OPEN or scope in self.scopes


NOBODY = Person(name="", role=Role.MACHINE, scopes=frozenset())


def rights(role: Role) -> frozenset[Scope]:
    """What a person of a role may do."""
    return RIGHTS[role]
