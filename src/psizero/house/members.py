"""Who lives in the house: found by walking the packages and the entry points, never listed."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from types import ModuleType
from typing import TypeVar

import msgspec

from psizero.core.automation import Automation, Verb
from psizero.core.errors import Problem
from psizero.core.records import RECORD_KINDS
from psizero.core.tables import Catalog, EventTable, Kind, Table
from psizero.house.code import digest

DOMAINS = ("customers", "finance", "operations", "growth", "intelligence")


Member = TypeVar("Member")


class Members(msgspec.Struct, frozen=True):
    """Kinds and tables in one catalog, verbs and automations by name, code hashes beside them."""

    catalog: Catalog
    verbs: Mapping[str, Verb]
    automations: Mapping[str, Automation]
    codes: Mapping[str, str]
    connectors: Mapping[str, ModuleType]


@cache
def members() -> Members:
    """Ours by package walk, those of packages beside ours by entry point.

    Raises Problem where two members have one name: a package may add, never replace.
    """
    kinds: dict[str, Kind] = {kind.name: kind for kind in RECORD_KINDS}
    tables: dict[str, Table] = {}
    sql: dict[str, str] = {}
    for module in _modules("events"):
        for kind in module.KINDS:
            _add(kinds, kind.name, kind, "kind")
    for module in _modules("tables"):
        for table in module.TABLES:
            _add(tables, table.name, table, "table")
            text = files(module.__package__ or "") / "sql" / f"{table.name}.sql"
            if text.is_file():
                sql[table.name] = text.read_text()
    for kind in kinds.values():
        tables.setdefault(kind.table, EventTable(name=kind.table, kind=kind.name, doc=kind.doc))
    verbs: dict[str, Verb] = {}
    for verb in (verb for module in _modules("verbs") for verb in module.VERBS):
        _add(verbs, verb.name, verb, "verb")
    automations: dict[str, Automation] = {}
    codes: dict[str, str] = {}
    for module in _modules("automations"):
        _add(automations, module.AUTOMATION.name, module.AUTOMATION, "automation")
        codes[module.AUTOMATION.name] = digest(module, module.AUTOMATION, tables, sql)
    connectors: dict[str, ModuleType] = {}
    for module in _modules("connectors"):
        _add(connectors, module.__name__.split(".")[-1], module, "connector")
    found = dict(sorted(automations.items()))
    return Members(Catalog(kinds, tables, sql), verbs, found, codes, connectors)


def _add(known: dict[str, Member], name: str, one: Member, what: str) -> None:
    if name in known:
        raise Problem(f"two packages bring the {what} {name!r}", "a package adds, never replaces")
    known[name] = one


def _modules(group: str) -> Iterator[ModuleType]:
    """The modules of one group: ours in their rooms, others by `psizero.<group>`."""
    places: dict[str, Callable[[], Iterator[ModuleType]]] = {
        "events": lambda: _either("psizero.core.events", "events"),
        "verbs": lambda: _children("psizero.core.verbs"),
        "tables": lambda: _named("tables", "psizero.engine"),
        "connectors": lambda: _children("psizero.connectors"),
        "automations": _automations,
    }
    yield from places[group]()
    for point in sorted(entry_points(group=f"psizero.{group}"), key=lambda point: point.name):
        yield point.load()


def _children(package: str) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
        yield importlib.import_module(f"{package}.{found.name}")


def _domains() -> Iterator[str]:
    ours = {
        found.name for found in pkgutil.iter_modules(importlib.import_module("psizero").__path__)
    }
    yield from (f"psizero.{domain}" for domain in DOMAINS if domain in ours)


def _named(name: str, *more: str) -> Iterator[ModuleType]:
    for package in (*more, *_domains()):
        inside = pkgutil.iter_modules(importlib.import_module(package).__path__)
        if any(found.name == name for found in inside):
            yield importlib.import_module(f"{package}.{name}")


def _either(package: str, name: str) -> Iterator[ModuleType]:
    yield from _children(package)
    yield from _named(name)


def _automations() -> Iterator[ModuleType]:
    for domain in _domains():
        inside = pkgutil.iter_modules(importlib.import_module(domain).__path__)
        if any(found.name == "automations" for found in inside):
            yield from _children(f"{domain}.automations")
