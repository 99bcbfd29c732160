"""Golden cases: `cases.toml` in an automation's folder, which the owner of the business can read.

[[always.prices]]            rows of a table that every case knows
plan = "basic"               an instant is a TOML date-time, a decimal a text, JSON a table

[[case]]
name = "..."                 what happens, in few words
why = "..."                  why the business wants it so
now = 2026-10-08T06:00:00Z   the instant at which it thinks
settings = { grace_hours = 6 }          where they are not the defaults
[[case.tables.billing_calendar]]        rows of a table, instead of those that are always
[[case.expect]]              one for each decision, in any order; none where nothing is decided
verb, subject, episode       which decision
parameters = { ... }         some of them
because = "..."              a part of the sentence
facts = { ... }              some of the evidence
"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.content import canonical
from psizero.core.records import Decision
from psizero.core.tables import Derived, Facts
from psizero.house.charter import settings_of
from psizero.store.duck import DuckStore
from psizero.store.keys import Keys
from tests.laws.population import CATALOG, FOUND, folder, grain

Rows = list[dict[str, object]]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision that a case wants; what it does not name is free."""

    subject: str
    episode: str
    verb: str = ""
    parameters: dict[str, object] = {}
    because: str = ""
    facts: dict[str, object] = {}


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One golden case."""

    name: str
    why: str
    now: datetime
    settings: dict[str, object] = {}
    tables: dict[str, Rows] = {}
    expect: list[Expected] = []


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    case: list[Case]
    always: dict[str, Rows] = {}


def cases_of(automation: str) -> list[Case]:
    """The cases of an automation, with what is always; raises where there is no such file."""
    text = (folder(automation) / "cases.toml").read_text()
    document = msgspec.convert(tomllib.loads(text), _Document, builtin_types=(datetime,))
    return [
        msgspec.structs.replace(case, tables={**document.always, **case.tables})
        for case in document.case
    ]


ALL = [(name, case) for name in sorted(FOUND.automations) for case in cases_of(name)]


@cache
def empty_tables() -> Facts:
    """Every table without a row, so with the types that the store gives it."""
    with TemporaryDirectory() as place:
        store = DuckStore(Path(place) / "empty.duckdb", CATALOG, Keys(Path(place) / "keys"))
        start = datetime(2026, 1, 1)
        plain = [n for n, table in CATALOG.tables.items() if not isinstance(table, Derived)]
        found = {name: store.read(name, start) for name in plain}
        store.close()
    for name, table in CATALOG.tables.items():
        if isinstance(table, Derived):
            found[name] = table.compute({below: found[below] for below in table.reads}, start)
    return found


def facts_of(automation: Automation, case: Case) -> dict[str, pl.DataFrame]:
    """What the automation is given: declared tables alone, typed and ordered as in the house."""
    strange = sorted(set(case.tables) - set(automation.reads))
    if strange:
        raise ValueError(f"case {case.name!r} gives {strange[0]}, which is not read")
    return {name: _frame(name, case.tables.get(name, [])) for name in automation.reads}


def _frame(name: str, rows: Rows) -> pl.DataFrame:
    typed = empty_tables()[name].schema
    for row in rows:
        strange = sorted(set(row) - set(typed))
        if strange:
            raise ValueError(f"table {name} has no column {strange[0]}")
    made = [{n: _value(row.get(n), kept) for n, kept in typed.items()} for row in rows]
    return pl.DataFrame(made, schema=typed).sort(grain(CATALOG.tables[name]))


def _value(said: object, kept: pl.DataType) -> object:
    if isinstance(said, datetime):
        return naive(said)
    if isinstance(said, Mapping):
        return canonical(said)
    return Decimal(str(said)) if said is not None and kept.base_type() is pl.Decimal else said


def naive(said: datetime) -> datetime:
    """A TOML date-time as the house writes instants."""
    return said.astimezone(UTC).replace(tzinfo=None) if said.tzinfo else said


def decide(automation: Automation, case: Case) -> list[Decision]:
    """The decisions that the automation takes in a case."""
    changed = {f"settings.{automation.name}.{k}": v for k, v in case.settings.items()}
    settings = settings_of(automation, changed)
    return list(automation.propose(facts_of(automation, case), settings, naive(case.now)))


def differences(decision: Decision, wanted: Expected) -> list[str]:
    """What a decision has otherwise than a case wants it."""
    found: list[str] = []
    if wanted.verb and decision.verb != wanted.verb:
        found.append(f"verb is {decision.verb}, not {wanted.verb}")
    if wanted.because not in decision.evidence.because:
        found.append(f"because {decision.evidence.because!r} lacks {wanted.because!r}")
    for what, said, want in (
        ("parameter", decision.parameters, wanted.parameters),
        ("fact", decision.evidence.facts, wanted.facts),
    ):
        for key, value in want.items():
            if canonical(said.get(key)) != canonical(_plain(value)):
                found.append(f"{what} {key} is {said.get(key)!r}, not {value!r}")
    return found


def _plain(value: object) -> object:
    return naive(value) if isinstance(value, datetime) else value
