"""The track: what a new customer is shown, by what it is for and by what it programs in."""

from collections.abc import Mapping
from importlib.resources import files

import msgspec

from psizero.customers.onboarding import Row


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a milestone is called, how it is reached, and what is said when it is."""

    name: str
    how: str
    praise: str


class UseCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one begins with, and where to read on."""

    first: str
    paths: tuple[str, ...]


class Shelf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file onboarding.toml."""

    industries: Mapping[str, str]
    use_cases: Mapping[str, UseCase]
    examples: Mapping[str, str]
    milestones: Mapping[str, Words]


SHELF = msgspec.toml.decode(
    (files("psizero.customers") / "onboarding.toml").read_text(encoding="utf-8"), type=Shelf
)


def track(row: Row) -> tuple[str, str, str]:
    """Industry, use case and programming language for which the words are chosen."""
    industry = str(row["industry"] or "other").lower()
    usual = SHELF.industries.get(industry, SHELF.industries["other"])
    wanted = str(row["use_case"] or "").lower().replace("iz", "is")
    technology = str(row["technology"] or "").lower()
    known = {"js": "javascript", "node": "javascript", "typescript": "javascript"}
    technology = known.get(technology, technology)
    return (
        industry,
        wanted if wanted in SHELF.use_cases else usual,
        technology if technology in SHELF.examples else "curl",
    )
