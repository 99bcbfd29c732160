"""Laws: every member says what it is, in the words that the rest of the house relies on."""

import re
import sys
import tomllib
from datetime import timedelta
from importlib.resources import files
from itertools import pairwise

import msgspec
import pytest
from dateutil.rrule import rrulestr

from psizero.core.automation import Automation, Reversibility
from psizero.core.records import RECORD_KINDS
from psizero.core.tables import Derived, EventTable, Kept, Table, Type, View
from psizero.house.members import DOMAINS
from psizero.store.folding import sections
from tests.laws.cases import empty_tables
from tests.laws.population import (
    CATALOG,
    FOUND,
    each_automation,
    each_connector,
    each_kind,
    each_table,
    each_verb,
    folder,
    grain,
    raw,
)
from tests.toy.installed import TOY

UNITS = """seconds minutes hours days weeks months years minor share count wishes calls units
probability percent bytes rows""".split()
BOUNDS = ("min", "max")
CLOCK_OR_CHANCE = re.compile(
    r"\b(now|today|get_current_timestamp|random|setseed|uuid|gen_random_uuid|nextval)\s*\("
    r"|\bcurrent_(date|time|timestamp)\b|\blocaltime(stamp)?\b",
    re.IGNORECASE,
)
ENDLESS = re.compile(r"INTERVAL=(?!1\b)|COUNT=|UNTIL=")
"""An interval above one, a count or an end is told from a start, which a cadence does not have."""


def has_unit(name: str) -> bool:
    """Whether a setting's name ends in what one of it is: grace_hours, spend_minor_max."""
    words = [word for word in name.split("_") if word not in BOUNDS]
    return bool(words) and words[-1] in UNITS


def sql_of(name: str) -> str:
    """The SQL of a table without its comments; empty where it has none."""
    return re.sub(r"--.*", "", CATALOG.sql.get(name, ""))


def reads(table: Table) -> tuple[str, ...]:
    """The tables below a table."""
    return table.reads if isinstance(table, View | Derived) else ()


@each_automation
def test_automation_says_what_it_is(name: str) -> None:
    one = FOUND.automations[name]
    assert one.doc and len(one.doc.split()) >= 8, "the docstring is its documentation page"
    assert one.doc == sys.modules[one.propose.__module__].__doc__
    assert one.target, "the mission's target that it serves"
    assert one.verbs and one.reads
    assert one.horizon_days > 0
    assert FOUND.codes[name]


@each_automation
def test_automation_is_named_after_its_folder(name: str) -> None:
    domain, _, place = name.partition(".")
    module = FOUND.automations[name].propose.__module__
    assert domain in DOMAINS
    assert module.rpartition(".")[2] == place == folder(name).name
    if name not in TOY:
        assert module == f"psizero.{domain}.automations.{place}"


@each_automation
def test_automation_uses_what_there_is(name: str) -> None:
    one = FOUND.automations[name]
    assert set(one.verbs) <= set(FOUND.verbs)
    assert {*one.reads, *one.measure_reads} <= set(CATALOG.tables)
    assert set(one.wakes_on) <= set(CATALOG.kinds)
    assert not [kind for kind in one.wakes_on if CATALOG.kinds[kind].metered]
    assert one.cadence or one.due or one.wakes_on, "nothing ever wakes it"


@each_automation
def test_automation_wakes_as_it_says(name: str) -> None:
    one = FOUND.automations[name]
    if one.due is not None:
        assert one.due.table in one.reads
        assert empty_tables()[one.due.table].schema[one.due.column].is_temporal()
        assert one.due.delay.endswith(("_hours", "_days"))
        assert min(one.due.delays(one.settings)) >= timedelta()
    if one.cadence is not None:
        assert rrulestr(one.cadence.rule) and not ENDLESS.search(one.cadence.rule)


@each_automation
def test_settings_are_frozen_and_carry_units(name: str) -> None:
    settings = FOUND.automations[name].settings
    assert isinstance(settings, msgspec.Struct) and settings.__struct_config__.frozen
    assert type(settings)() == settings, "the defaults are the mission's own numbers"
    assert type(settings).__doc__
    for field, value in msgspec.to_builtins(settings).items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            assert has_unit(field), f"{field} does not say in what"


@each_verb
def test_verb_says_what_it_is(name: str) -> None:
    verb = FOUND.verbs[name]
    assert verb.doc and verb.parameters and all(verb.parameters.values())
    assert verb.manual_task and verb.manual_minutes > 0
    assert bool(verb.kinds) != bool(verb.channel), "either internal, or on a channel"
    assert not verb.recipient or verb.channel
    assert set(verb.kinds) <= set(CATALOG.kinds)
    assert all(CATALOG.kinds[kind].ours for kind in verb.kinds), "only we emit what a verb adds"
    assert not {kind.name for kind in RECORD_KINDS} & set(verb.kinds)


@each_verb
def test_verb_says_whether_it_can_be_undone(name: str) -> None:
    verb = FOUND.verbs[name]
    assert bool(verb.compensator) == (verb.reversibility is Reversibility.REVERSIBLE)
    if name.split(".")[0] != "oracle":
        assert verb.reversibility is not Reversibility.UNDECLARED


@each_verb
def test_outside_verb_has_a_connector(name: str) -> None:
    if not FOUND.verbs[name].internal:
        assert [door for door in FOUND.connectors if name in manifest(door)["verbs"]]


@each_kind
def test_kind_says_what_it_is(name: str) -> None:
    kind = CATALOG.kinds[name]
    assert kind.doc and kind.subject
    assert all(column.doc for column in kind.columns.values())
    minor = {n: c for n, c in kind.columns.items() if n.endswith("_minor")}
    assert all(c.type is Type.INTEGER and c.unit for c in minor.values()), "money is minor units"
    assert {*kind.unique, *kind.sequence, *kind.balanced} <= {"subject", *kind.columns}
    assert not kind.sequence or "number" in kind.columns
    assert not kind.balanced or "amount_minor" in kind.columns
    assert kind.metered is None or {*kind.metered.by, kind.metered.quantity} <= set(kind.columns)
    references = {c.references for c in kind.columns.values() if c.references}
    assert references <= set(CATALOG.kinds)


@each_table
def test_table_says_what_it_is(name: str) -> None:
    table = CATALOG.tables[name]
    assert table.name == name and table.doc
    assert grain(table) and set(grain(table)) <= set(empty_tables()[name].columns)
    assert set(reads(table)) <= set(CATALOG.tables)
    if isinstance(table, Kept):
        assert set(table.kinds) == set(sections(CATALOG.sql[name]))
        assert not [kind for kind in table.kinds if CATALOG.kinds[kind].metered], "a roll-up is"
    assert not isinstance(table, View) or sql_of(name).strip()
    assert not isinstance(table, EventTable) or table.kind in CATALOG.kinds


@each_table
def test_table_reads_neither_clock_nor_chance(name: str) -> None:
    assert not CLOCK_OR_CHANCE.search(sql_of(name))


@each_table
def test_view_over_a_raw_kind_has_a_time_bound(name: str) -> None:
    table = CATALOG.tables[name]
    if isinstance(table, View) and any(raw(CATALOG.tables[below]) for below in table.reads):
        assert "$now" in sql_of(name)


@each_table
def test_no_table_below_itself(name: str) -> None:
    below, seen = set(reads(CATALOG.tables[name])), set[str]()
    while below:
        assert name not in below
        seen |= below
        below = {one for up in below for one in reads(CATALOG.tables[up])} - seen


def manifest(connector: str) -> dict[str, object]:
    """The manifest beside a connector."""
    module = FOUND.connectors[connector]
    return tomllib.loads((files(module.__name__) / "manifest.toml").read_text())


@each_connector
def test_connector_has_a_manifest(name: str) -> None:
    said = manifest(name)
    assert said["name"] == name and said["doc"]
    assert FOUND.connectors[name].__doc__
    verbs = said["verbs"]
    assert isinstance(verbs, list) and set(verbs) <= set(FOUND.verbs)
    assert not [verb for verb in verbs if FOUND.verbs[verb].internal]
    assert verbs or said["reads"], "it does something"
    if verbs:
        assert said["settle"] in ("ask", "repeat", "person")
        assert callable(FOUND.connectors[name].connect)


def test_the_laws_see_offences() -> None:
    assert [
        has_unit(n) for n in ("grace_hours", "spend_minor_max", "grace", "max", "limit_max")
    ] == [
        True,
        True,
        False,
        False,
        False,
    ]
    for text in ("select now()", "where a > CURRENT_DATE", "select random ()", "uuid()"):
        assert CLOCK_OR_CHANCE.search(text)
    for text in ("select $now", "select random_share, unknown(a), renow from t"):
        assert not CLOCK_OR_CHANCE.search(text)
    assert ENDLESS.search("FREQ=DAILY;INTERVAL=2") and not ENDLESS.search("FREQ=DAILY;INTERVAL=1")


def test_names_are_one_persons_own() -> None:
    """No kind is another's table name, no verb and no automation stands there twice."""
    tables = sorted(kind.table for kind in CATALOG.kinds.values())
    assert all(one != other for one, other in pairwise(tables))


@pytest.mark.parametrize("name", TOY)
def test_the_toy_is_under_the_laws(name: str) -> None:
    one = FOUND.automations[name]
    assert isinstance(one, Automation)
