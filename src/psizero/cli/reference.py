"""A page for each automation, table, kind, verb and clause, written from what they declare.

So are the tables of kinds in docs/import-maps.md and of parameters in docs/twin.md.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from sys import modules

import msgspec

from psizero.core.automation import Automation, Verb
from psizero.core.tables import Catalog, Derived, EventTable, Kept, Kind, Table, View
from psizero.engine.gate import CLAUSES, Clause
from psizero.house.members import Members
from psizero.twin import scenario as scenarios
from psizero.twin.scenario import ROOT, SURE, Parameter, Scenario

GROUPS = ("automations", "tables", "kinds", "verbs", "clauses")
_MADE = "<!-- made by `make docs`; a test fails when it is stale -->"


def pages(found: Members) -> dict[str, str]:
    """Every page by its path below docs/reference, with an index of all of them."""
    made: dict[str, str] = {}
    for name, automation in found.automations.items():
        made[f"automations/{name}.md"] = automation_page(automation)
    for name, table in sorted(found.catalog.tables.items()):
        made[f"tables/{name}.md"] = table_page(table, found)
    for name, kind in sorted(found.catalog.kinds.items()):
        made[f"kinds/{name}.md"] = kind_page(kind, found.catalog)
    for name, verb in sorted(found.verbs.items()):
        made[f"verbs/{name}.md"] = verb_page(verb, found)
    for number, clause in enumerate(CLAUSES, start=1):
        made[f"clauses/{clause.name}.md"] = clause_page(clause, number)
    return {"README.md": index(made), **made}


def index(made: Mapping[str, str]) -> str:
    """The list of all pages."""
    lines = ["What each member of the house declares about itself."]
    for group in GROUPS:
        mine = [path for path in made if path.startswith(f"{group}/")]
        lines += ["", f"## {group.capitalize()}", ""]
        lines += [f"- [{path.partition('/')[2].removesuffix('.md')}]({path})" for path in mine]
    return _page("Reference", lines)


def automation_page(one: Automation) -> str:
    """What it does, when it wakes, what it may do, its settings, and its cases."""
    due = f"rows of {one.due.table} by {one.due.column} + {one.due.delay}" if one.due else ""
    wakes = [one.cadence.rule if one.cadence else "", due, *one.wakes_on]
    rows = [
        ("Target", one.target),
        ("Wakes on", "; ".join(filter(None, wakes))),
        ("Reads", _linked("tables", one.reads)),
        ("May", _linked("verbs", one.verbs)),
        ("Ceiling", one.ceiling.value),
        ("Measured", f"after {one.horizon_days} days, by {_linked('tables', one.measure_reads)}"),
    ]
    settings = [(name, str(value)) for name, value in msgspec.to_builtins(one.settings).items()]
    lines = [(one.doc or "").strip(), "", *_table(("", ""), rows)]
    if settings:
        lines += ["", "## Settings", "", *_table(("Setting", "Default"), settings)]
    return _page(one.name, [*lines, *_cases(one)])


def _cases(one: Automation) -> Iterator[str]:
    """The golden cases in sentences."""
    source = files(modules[one.propose.__module__].__package__ or "") / "cases.toml"
    if not source.is_file():
        return
    yield from ("", "## Cases", "")
    for case in tomllib.loads(source.read_text(encoding="utf-8")).get("case", []):
        yield f"- **{case['name']}**: {case['why']}."
        for said in case.get("expect", []):
            because = f": {said['because']}" if "because" in said else ""
            yield f"  - `{said.get('verb', one.verbs[0])}` for `{said['subject']}`{because}"
        if not case.get("expect"):
            yield "  - nothing is decided"


def table_page(table: Table, found: Members) -> str:
    """What a table holds, its form, its grain or columns, and who reads it."""
    rows = [("Form", type(table).__name__)]
    readers = [name for name, one in found.automations.items() if table.name in one.reads]
    below: Sequence[str] = ()
    columns: list[tuple[str, str]] = []
    if isinstance(table, Kept):
        rows += [("Key", ", ".join(table.key)), ("Folds", _linked("kinds", table.kinds))]
        columns = [(n, f"{kept.value}, {fold.value}") for n, (kept, fold) in table.columns.items()]
    elif isinstance(table, EventTable):
        rows.append(("Kind", _linked("kinds", (table.kind,))))
    elif isinstance(table, View | Derived):
        below = table.reads
        rows.append(("Grain", ", ".join(table.grain)))
    if isinstance(table, Derived) and table.cadence is not None:
        rows.append(("Kept", table.cadence.rule))
    rows += [("Reads", _linked("tables", below))] if below else []
    rows += [("Read by", _linked("automations", readers))] if readers else []
    lines = [table.doc, "", *_table(("", ""), rows)]
    if columns:
        lines += ["", "## Columns", "", *_table(("Column", "Type and fold"), columns)]
    sql = found.catalog.sql.get(table.name)
    if sql:
        lines += ["", "## Definition", "", "```sql", sql.strip(), "```"]
    return _page(table.name, lines)


def kind_page(kind: Kind, catalog: Catalog) -> str:
    """What a kind says, column by column."""
    who = "only the house" if kind.ours else "any door"
    rows = [("Subject", kind.subject), ("Said by", who)]
    rows += [("Unique", ", ".join(kind.unique))] if kind.unique else []
    rows += [("Numbered by", ", ".join(kind.sequence))] if kind.sequence else []
    rows += [("Balanced by", ", ".join(kind.balanced))] if kind.balanced else []
    if kind.metered:
        by = ", ".join(kind.metered.by)
        rows.append(("Rolled up by", f"{kind.subject}, {by}, quarter-hour"))
    folded = [n for n, t in catalog.tables.items() if isinstance(t, Kept) and kind.name in t.kinds]
    rows += [("Folded into", _linked("tables", folded))] if folded else []
    columns = []
    for name, one in kind.columns.items():
        said = [one.type.value, one.unit, "" if one.required else "optional"]
        said += [f"one of {', '.join(one.choices[:12])}"] if one.choices else []
        said += [f"personal: {one.personal.purpose}"] if one.personal else []
        columns.append((name, ", ".join(filter(None, said)), one.doc))
    header = ("Column", "Type", "Meaning")
    return _page(kind.name, [kind.doc, "", *_table(("", ""), rows), "", *_table(header, columns)])


def verb_page(verb: Verb, found: Members) -> str:
    """What a verb does, how it can be undone, and the work it replaces."""
    by = [name for name, one in found.automations.items() if verb.name in one.verbs]
    rows = [
        ("Acts", f"inside: {_linked('kinds', verb.kinds)}" if verb.internal else "outside"),
        ("Channel", verb.channel or "none"),
        ("Undone", verb.reversibility.value),
        ("Protected", "always asks a person" if verb.protected else "no"),
        ("Replaces", f"{verb.manual_task} ({verb.manual_minutes:g} minutes)"),
        ("Used by", _linked("automations", by) or "nothing yet"),
    ]
    parameters = list(verb.parameters.items())
    lines = [
        verb.doc,
        "",
        *_table(("", ""), rows),
        "",
        *_table(("Parameter", "Meaning"), parameters),
    ]
    return _page(verb.name, lines)


def clause_page(clause: Clause, number: int) -> str:
    """Where a clause stands in the order, what it says, and what would flip it."""
    rows = [("Order", f"{number} of {len(CLAUSES)}"), ("Verdict", clause.level)]
    flips = ", ".join(name for name, _ in clause.flips)
    rows += [("Flipped by", flips)] if flips else []
    return _page(clause.name, [clause.doc, "", *_table(("", ""), rows)])


def importable(catalog: Catalog) -> str:
    """The kinds that an import map may give, with their columns."""
    rows = []
    for name, kind in catalog.kinds.items():
        if not kind.ours:
            needed = [n for n, c in kind.columns.items() if c.required and n not in kind.defaults]
            others = [n for n in kind.columns if n not in needed]
            rows.append((f"`{name}`", kind.subject, ", ".join(needed), ", ".join(others)))
    return "\n".join(_table(("Kind", "Subject", "Required", "Optional"), rows))


def parameters() -> str:
    """What stands in the twin's scenarios: all of `calm`, and what is otherwise in each other."""
    calm = scenarios.load(ROOT)
    known = calm.parameters
    sure = Counter(one.sure for one in known.values())
    counts = ", ".join(f"{sure[one]} {one}" for one in SURE)
    lines = [f"## {ROOT}", "", f"{calm.doc} {len(known)} parameters: {counts}."]
    for group in dict.fromkeys(name.partition(".")[0] for name in known):
        mine = [(n, one) for n, one in known.items() if n.startswith(f"{group}.")]
        rows = [(n.partition(".")[2], *_told(one)) for n, one in mine]
        lines += ["", f"### {group}", "", *_table(("Parameter", *_SAID), rows)]
    for name in scenarios.names():
        if name != ROOT:
            lines += ["", *_otherwise(scenarios.load(name), calm)]
    return "\n".join(lines)


def _otherwise(one: Scenario, calm: Scenario) -> list[str]:
    changed = [n for n, parameter in one.parameters.items() if parameter != calm.parameters[n]]
    header = ("Parameter", _SAID[0], f"In {ROOT}", *_SAID[1:])
    rows = []
    for name in changed:
        value, *rest = _told(one.parameters[name])
        rows.append((name, value, _told(calm.parameters[name])[0], *rest))
    return [f"## {one.name}", "", one.doc, "", *_table(header, rows)]


_SAID = ("Value", "Unit", "Source", "How sure")


def _told(one: Parameter) -> tuple[str, str, str, str]:
    """Value, unit, source and how sure, as cells."""
    value = one.value
    if isinstance(value, dict):
        told = ", ".join(f"{name} {number:.12g}" for name, number in value.items())
    else:
        told = ", ".join(f"{n:.12g}" for n in (value if isinstance(value, list) else [value]))
    return told, one.unit, one.source, one.sure


def _page(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"# {title}", "", _MADE, "", *lines]).rstrip() + "\n"


def _linked(group: str, names: Sequence[str]) -> str:
    return ", ".join(f"[{name}](../{group}/{name}.md)" for name in names) or "nothing"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [_row(header), _row(["---"] * len(header))]
    return [*lines, *(_row(row) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
