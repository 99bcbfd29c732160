"""The mission in numbers, read from mission.toml: what is to be reached, in its own words."""

import re
import tomllib
from enum import Enum
from importlib.resources import files

import msgspec


class Side(Enum):
    """On which side of its target a measure has to lie."""

    OVER = ">"
    UNDER = "<"
    LEAST = ">="


class Capability(msgspec.Struct, frozen=True):
    """One numbered opportunity of a domain; `potential` is the share that can be automated."""

    name: str
    potential: float
    wording: str


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One success metric. `metric` is the key under which a table measures it; the mission gives
    some metrics twice: for the domain, and (`inner`) for the capability.

    Units: share (0 to 1), gain (a share of what was before), points, of 5, seconds, hours.
    """

    metric: str
    name: str
    side: Side
    value: float
    unit: str
    capability: str
    wording: str
    inner: bool = False


class Domain(msgspec.Struct, frozen=True):
    """One domain: the house's name, the mission's title, and the share to be automated."""

    name: str
    title: str
    rate: float
    wording: str
    capabilities: tuple[Capability, ...]
    targets: tuple[Target, ...]


class _Mission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    domain: tuple[Domain, ...]


DOMAINS = msgspec.convert(
    tomllib.loads((files(__package__ or "") / "mission.toml").read_text("utf-8")), _Mission
).domain
METRICS = frozenset(target.metric for domain in DOMAINS for target in domain.targets)

_HEAD = re.compile(r"[:(<>\d]")


def named_by(target: str) -> str | None:
    """What the text `target` of an automation begins with: a capability's name, which is given
    back, or a domain's title (empty). None where it begins with neither.

    A capability is also named by its first part (before `&`) and by any of its metrics.
    """
    head = _plain(_HEAD.split(target, maxsplit=1)[0])
    return _NAMES.get(head)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("&", "and").split()).rstrip(" ,.")


def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for domain in DOMAINS:
        found[_plain(domain.title)] = ""
        for one in domain.capabilities:
            found[_plain(one.name)] = one.name
            found[_plain(one.name.partition("&")[0])] = one.name
        for target in domain.targets:
            if not target.inner:
                found[_plain(target.wording.partition(":")[0])] = target.capability
    return found


_NAMES = _names()
