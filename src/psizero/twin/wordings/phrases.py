"""The phrases as they lie in the TOML files, and which intents a label may choose from."""

from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec

from psizero.core.content import canonical

LANGUAGES = ("en", "de", "fr", "es", "ja")
PRIORITIES = ("critical", "high", "medium", "low")
OCCASIONS = ("chance", "failing", "owing", "starting")
"""Why somebody asks: no reason known, calls that fail, an open bill, being new."""

Form = TypeVar("Form", bound=msgspec.Struct)
Pool = tuple[str, ...]


class Intent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question that is asked again and again; `what` is the mission's word for it."""

    category: str
    what: str
    answerable: bool
    occasions: tuple[str, ...] = ()
    paste: str = ""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an intent is put in one language."""

    subjects: Pool
    texts: Pool


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mail that asks nothing."""

    subject: str
    text: str


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language: phrases by tone, by part of a letter, by reaction; its own fillings."""

    greetings: dict[str, Pool]
    closings: dict[str, Pool]
    feelings: dict[str, Pool]
    parts: dict[str, Pool]
    reactions: dict[str, Pool]
    values: dict[str, Pool]
    noise: dict[str, tuple[Mail, ...]]
    intents: dict[str, Question]


class Intents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be asked, and the priority of each of the mission's words."""

    priorities: dict[str, str]
    intents: dict[str, Intent]


class Values(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What fills the gaps in every language, what is pasted, and headers by shape."""

    values: dict[str, Pool]
    pastes: dict[str, Pool]
    headers: dict[str, tuple[dict[str, str], ...]]


@cache
def words(language: str) -> Words:
    """The phrases of one of LANGUAGES."""
    return _read(language, Words)


@cache
def intents() -> Intents:
    """Every intent, by its name, which is also the id of the question."""
    return _read("intents", Intents)


@cache
def values() -> Values:
    """What every language shares."""
    return _read("values", Values)


@cache
def headers(shape: str) -> Pool:
    """The headers that a mail of this shape may have, as canonical JSON."""
    known = values().headers
    return tuple(canonical(one) for one in known.get(shape, known["person"]))


def priority(intent: str) -> str:
    """The priority of a question by the mission's own definitions."""
    known = intents()
    return known.priorities[known.intents[intent].what]


@cache
def choices(language: str, occasion: str, category: str, level: str) -> Pool:
    """The intents of a category and priority that a language has, those of the occasion first.

    Where none is of the occasion, all are: a label always finds its words.
    """
    known = intents().intents
    fitting = tuple(
        name
        for name in words(language).intents
        if known[name].category == category and priority(name) == level
    )
    return tuple(name for name in fitting if occasion in known[name].occasions) or fitting


@cache
def beside(language: str, level: str) -> Pool:
    """The intents that may stand beside a question of this priority without raising it."""
    below = PRIORITIES[PRIORITIES.index(level) :]
    return tuple(name for name in words(language).intents if priority(name) in below)


def _read(name: str, form: type[Form]) -> Form:
    text = (files("psizero.twin.wordings") / f"{name}.toml").read_bytes()
    return msgspec.toml.decode(text, type=form)
