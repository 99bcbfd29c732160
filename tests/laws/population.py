"""Every member that the laws hold for: ours by package walk, the toy's by entry points.

A new folder gets every law without a line of test, since it is found here.
"""

import sys
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest

from psizero.core.tables import EventTable, Kept, Kind, Table
from tests.toy.installed import installed

FOUND = installed()
CATALOG = FOUND.catalog
DOORS = tuple(sorted(FOUND.connectors))

each_automation = pytest.mark.parametrize("name", sorted(FOUND.automations))
each_verb = pytest.mark.parametrize("name", sorted(FOUND.verbs))
each_kind = pytest.mark.parametrize("name", sorted(CATALOG.kinds))
each_table = pytest.mark.parametrize("name", sorted(CATALOG.tables))
each_connector = pytest.mark.parametrize("name", DOORS)


def folder(automation: str) -> Traversable:
    """The folder in which an automation lives."""
    module = sys.modules[FOUND.automations[automation].propose.__module__]
    return files(module.__name__)


def grain(table: Table) -> tuple[str, ...]:
    """The columns that tell one row of a table from every other, and order them."""
    if isinstance(table, Kept):
        return table.key
    if isinstance(table, EventTable):
        kind = CATALOG.kinds[table.kind]
        if kind.metered is None:
            return ("position",)
        return ("recorded", "start", kind.subject, *kind.metered.by)
    return table.grain


def raw(table: Table) -> Kind | None:
    """The kind whose rows an event table shows as they are; None for a roll-up or no such."""
    if not isinstance(table, EventTable):
        return None
    kind = CATALOG.kinds[table.kind]
    return None if kind.metered else kind
