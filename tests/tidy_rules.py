"""The style guide as functions: each takes one source file and yields what offends in it."""

import ast
import re
from collections.abc import Callable, Iterator

from tests.tidy_source import Source

WORDS_BANNED = frozenset(
    "service manager handler util helper common base misc controller processor".split()
)
BASES = frozenset("msgspec.Struct enum.Enum typing.Protocol Exception".split())
STATE_MACHINE = "hypothesis.stateful.RuleBasedStateMachine"
WALL_CLOCK = re.compile(
    r"datetime\.datetime\.(now|utcnow|today)$|datetime\.date\.today$"
    r"|time\.(time|time_ns|localtime|gmtime|ctime|asctime|strftime|clock_gettime)$"
)
CHANCE = re.compile(r"(random|secrets)(\.|$)|uuid\.uuid[14]$|os\.(urandom|getrandom)$")
# pytest.skip with its reason stays: it shows in the summary, a mark is easily forgotten
SKIP = re.compile(
    r"(pytest\.(mark\.(skip\w*|xfail)|xfail|importorskip)|unittest\.(skip\w*|expected\w*))$"
)
SILENCER = re.compile(
    r"#.*\b(noqa|type:\s*ignore|pragma:|pyright:|mypy:|fmt:\s*(off|skip)|nosec|pylint:)"
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")
SQL_CLOCK = re.compile(
    r"(?<![$\w.])((now|today|get_current_timestamp)\s*\(|current_(date|time|timestamp)\b)", re.I
)
SQL_CHANCE = re.compile(r"(?<![$\w.])(random|setseed|uuid|uuidv[47]|gen_random_uuid)\s*\(", re.I)
_MADE = r"((or replace|temp|temporary|unique) )*(table|view|index|sequence|macro|schema)\b"
SQL = re.compile(
    r"select |insert (or \w+ )?into\b|update (\S+ set\b|$)|delete from\b|merge into\b"
    rf"|with (recursive )?\w+ ?(\([^)]*\) ?)?as ((not )?materialized )?\("
    rf"|(create|drop|alter) {_MADE}|copy (\(|\S+ (to|from) ['$_])|truncate table\b",
    re.I,
)

Offences = Iterator[tuple[int, str]]
Rule = Callable[[Source], Offences]


def function_length(source: Source) -> Offences:
    """A function fits a screen: at most 50 lines."""
    for node in source.functions:
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > 50:
            yield node.lineno, f"{node.name} has {lines} lines, at most 50"


def file_length(source: Source) -> Offences:
    """A file has at most 300 lines, an automation 120."""
    most = 120 if source.path.match("*/automations/*/__init__.py") else 300
    if len(source.lines) > most:
        yield most + 1, f"{len(source.lines)} lines, at most {most}"


def line_length(source: Source) -> Offences:
    """A line has at most 100 characters."""
    for number, line in enumerate(source.lines, 1):
        if len(line) > 100:
            yield number, f"{len(line)} characters, at most 100"


def parameter_count(source: Source) -> Offences:
    """At most 5 parameters, then a record."""
    for node in source.functions:
        args = node.args
        named = [one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
        count = len([name for name in named if name not in ("self", "cls")])
        if count > 5:
            yield node.lineno, f"{node.name} takes {count} parameters, at most 5"


def nouns(source: Source) -> Offences:
    """Files, folders and classes are named after what they are, never after a role."""
    words = [(1, part, part.split(".")[0]) for part in source.path.parts]
    for node in source.classes:
        words.append((node.lineno, node.name, re.sub(r"(?<!^)(?=[A-Z])", "_", node.name)))
    for line, name, text in words:
        for word in re.split(r"[^a-z]+", text.lower()):
            if WORDS_BANNED & {word, word.removesuffix("s")}:
                yield line, f"{name} is named after a role: {word}"


def class_bases(source: Source) -> Offences:
    """Classes inherit only from Struct, Enum, Protocol, Exception; no hierarchies."""
    allowed = BASES | {STATE_MACHINE} if source.is_test else BASES
    for node in source.classes:
        for one in node.bases:
            parent = source.dotted(one.value if isinstance(one, ast.Subscript) else one)
            if parent not in allowed:
                yield node.lineno, f"{node.name} inherits from {ast.unparse(one)}"
        if any(keyword.arg == "metaclass" for keyword in node.keywords):
            yield node.lineno, f"{node.name} has a metaclass"


def printing(source: Source) -> Offences:
    """Only the terminal's room prints."""
    if source.in_house and not source.room.startswith("cli/"):
        yield from ((line, "print outside cli") for line, name in source.names if name == "print")


def wall_clock(source: Source) -> Offences:
    """Only core/clock.py reads the wall clock; SQL is told `$now`."""
    if not source.in_house or source.room == "core/clock.py":
        return
    for line, name in source.names:
        if WALL_CLOCK.match(name):
            yield line, f"{name} reads the wall clock"
    if source.path.suffix == ".sql":
        yield from _found(SQL_CLOCK, _bare_sql(source), "reads the wall clock")


def chance(source: Source) -> Offences:
    """All randomness is core/chance.py."""
    if not source.in_house or source.room == "core/chance.py":
        return
    for line, name in source.names:
        if CHANCE.match(name):
            yield line, f"{name} is chance outside core/chance.py"
    if source.path.suffix == ".sql":
        yield from _found(SQL_CHANCE, _bare_sql(source), "is chance in SQL")


def performing(source: Source) -> Offences:
    """Only the hands call `perform`."""
    if not source.in_house or source.is_test or source.room == "engine/hands.py":
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "perform":
            yield node.lineno, f"{ast.unparse(node)} outside engine/hands.py"


def opening(source: Source) -> Offences:
    """Rooms that think reach no file."""
    reaching = ("open", "io.open", "input", "exec", "eval", "__import__")
    for node in source.nodes if source.thinks else ():
        if isinstance(node, ast.Call) and (name := source.dotted(node.func)) in reaching:
            yield node.lineno, f"{name}() in a room that thinks"


def sql(source: Source) -> Offences:
    """SQL lies in sql/ folders, never in Python."""
    if source.in_house:
        for line, text in source.strings:
            if SQL.match(re.sub(r"\s+", " ", text).lstrip(" (")):
                yield line, f"SQL outside sql/: {text.strip()[:40]!r}"


def broad_except(source: Source) -> Offences:
    """Errors say what to do, so they are caught by name."""
    broad = ("Exception", "BaseException")
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(one is None or source.dotted(one) in broad for one in caught):
                yield node.lineno, "catches everything"
        elif (
            isinstance(node, ast.Call)
            and source.dotted(node.func) == "contextlib.suppress"
            and any(source.dotted(one) in broad for one in node.args)
        ):
            yield node.lineno, "suppresses everything"


def silencing(source: Source) -> Offences:
    """Nothing is silenced: no comment that turns a check off, no test left out."""
    for line, text in source.comments:
        if SILENCER.search(text):
            yield line, f"silences a check: {text}"
    for line, name in source.names:
        if SKIP.match(name):
            yield line, f"{name} leaves a test out"


def floats(source: Source) -> Offences:
    """Money never touches a binary fraction."""
    if not (source.room.startswith("finance/") or source.room == "core/money.py"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"{node.value} is a float where money is"
        elif isinstance(node, ast.Call) and source.dotted(node.func) == "float":
            yield node.lineno, "float() where money is"


def docstrings(source: Source) -> Offences:
    """Modules, and public functions and classes, say once why they are."""
    if not source.in_house or not source.python:
        return
    module = ast.parse(source.text)
    if ast.get_docstring(module) is None:
        yield 1, "the module has no docstring"
    for node in [] if source.is_test else module.body:
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ):
            yield node.lineno, f"{node.name} has no docstring"


def unfinished(source: Source) -> Offences:
    """What is not built is not there: no stubs and no notes to oneself."""
    said = [*source.comments, *source.docstrings.items()]
    for line, text in said if source.python else enumerate(source.lines, 1):
        if UNFINISHED.search(text):
            yield line, f"a note to oneself: {text.strip()[:60]}"
    for line, name in source.names:
        if name == "NotImplementedError":
            yield line, "a stub: NotImplementedError"


def _bare_sql(source: Source) -> list[tuple[int, str]]:
    """Lines of a SQL file without comments and quoted text."""
    return [
        (number, re.sub(r"'[^']*'|--.*", "", line)) for number, line in enumerate(source.lines, 1)
    ]


def _found(pattern: re.Pattern[str], lines: list[tuple[int, str]], fault: str) -> Offences:
    for number, line in lines:
        for match in pattern.finditer(line):
            yield number, f"{match.group().strip(' (')} {fault}"


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        function_length,
        file_length,
        line_length,
        parameter_count,
        nouns,
        class_bases,
        printing,
        wall_clock,
        chance,
        performing,
        opening,
        sql,
        broad_except,
        silencing,
        floats,
        docstrings,
        unfinished,
    )
}
