"""The import map: which columns of a file become which events, said in SQL by the owner."""

import re
from collections.abc import Mapping

import duckdb
import msgspec

from psizero.core.errors import Problem
from psizero.core.tables import Kind


class Select(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One select over the view `file` that gives the columns of one kind."""

    kind: str
    sql: str


class ImportMap(msgspec.Struct, frozen=True):
    """The events' source and the selects in their order; `origin` names the map in problems."""

    source: str
    selects: tuple[Select, ...]
    origin: str = ""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    select: tuple[Select, ...]


def _sentence(origin: str, error: msgspec.DecodeError) -> str:
    """`$.select[0].kind` is "select 1: key `kind`" to a person."""
    text, _, place = str(error).partition(" - at ")
    number = re.search(r"select\[(\d+)\]", place)
    key = re.search(r"\.(\w+)`$", place)
    named = f"{origin}: select {int(number[1]) + 1}" if number else origin
    text = text.replace("Object missing", "there is no").replace("Object", "it")
    return f"{named}: " + (f"key `{key[1]}`: " if key else "") + text


def _check(origin: str, number: int, select: Select, kinds: Mapping[str, Kind]) -> None:
    where = f"{origin}: select {number}: "
    kind = kinds.get(select.kind)
    open_kinds = sorted(name for name, known in kinds.items() if not known.ours)
    if kind is None:
        raise Problem(
            f"{where}key `kind`: there is no kind `{select.kind}`",
            f"there are: {', '.join(open_kinds)}",
        )
    if kind.ours:
        raise Problem(f"{where}key `kind`: only the house itself emits `{select.kind}`")
    try:
        statements = duckdb.extract_statements(select.sql)
    except duckdb.Error as error:
        raise Problem(f"{where}key `sql`: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Problem(f"{where}key `sql`: it has to be one single select statement")


def parse_map(text: str, origin: str, kinds: Mapping[str, Kind]) -> ImportMap:
    """Read the TOML text of a map; `origin` is its file's name.

    Raises Problem naming the map, the select and the key.
    """
    try:
        document = msgspec.toml.decode(text, type=_Document)
    except msgspec.DecodeError as error:
        raise Problem(_sentence(origin, error)) from None
    except RecursionError:
        raise Problem(f"{origin}: it is nested too deeply") from None
    if not document.source.strip():
        raise Problem(f"{origin}: key `source`: it names where the events come from; it is empty")
    if not document.select:
        raise Problem(f"{origin}: key `select`: there is no [[select]]")
    for number, select in enumerate(document.select, 1):
        _check(origin, number, select, kinds)
    return ImportMap(document.source, document.select, origin)
