"""The store's SQL, one statement a file in `sql/`, and the column lists that fill it."""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files

from psizero.core.records import RECORD_KINDS
from psizero.core.tables import SQL_TYPES, Kept, Kind

_RECORDS = frozenset(kind.name for kind in RECORD_KINDS)


@cache
def _text(name: str) -> str:
    return (files("psizero.store") / "sql" / f"{name}.sql").read_text()


def statement(name: str, /, **parts: str) -> str:
    """The statement `sql/<name>.sql` with its `{parts}` filled in."""
    return _text(name).format(**parts)


def united(parts: Iterable[str]) -> str:
    """One query of many with the same columns: to plan one costs the engine less than many."""
    return " union all ".join(f"({one})" for one in parts)


def names(columns: Iterable[str], prefix: str = "") -> str:
    """Quoted column names, separated by commas, in the order given."""
    return ", ".join(f'{prefix}"{name}"' for name in columns)


def places(rows: int, typed: Sequence[str]) -> str:
    """Places for the values of so many rows; the first says their types."""
    first = ", ".join(f"?::{one}" for one in typed)
    rest = ", ".join("?" * len(typed))
    return ", ".join([f"({first})", *[f"({rest})"] * (rows - 1)])


def event_table(kind: Kind) -> str:
    """Records lie in the main schema, all other kinds in `event`."""
    return kind.table if kind.name in _RECORDS else f"event.{kind.table}"


def rollup_table(kind: Kind) -> str:
    """Where a metered kind is summed."""
    return f"kept.{kind.table}"


def kept_table(table: Kept) -> str:
    """Where a kept table lies."""
    return f"kept.{table.name}"


def digest(kind: Kind) -> str:
    """The row digest: kind, source, id, subject, cause and the typed columns, as text."""
    values = ", ".join(f'"{name}"::varchar' for name in kind.columns)
    return statement("digest", kind=kind.name, values=values).strip()


def create_kind(kind: Kind) -> list[str]:
    """Statements that make a kind's table, its unique index and its roll-up."""
    table = event_table(kind)
    typed = ", ".join(f'"{n}" {SQL_TYPES[c.type]}' for n, c in kind.columns.items())
    made = [statement("create_kind", table=table, columns=typed)]
    if kind.unique:
        name, columns = f"{kind.table}_unique", names(kind.unique)
        made.append(statement("create_unique", name=name, table=table, columns=columns))
    if kind.metered:
        by = ", ".join(f'"{name}" varchar not null' for name in kind.metered.by)
        made.append(
            statement("create_rollup", table=rollup_table(kind), subject=kind.subject, by=by)
        )
    return made


def definition(table: Kept, sql: str) -> str:
    """SHA-256 over all that makes a kept table: when it changes, the table is folded anew."""
    columns = [(name, kept.value, how.value) for name, (kept, how) in table.columns.items()]
    said = repr((table.kinds, table.key, columns, table.open_when, sql))
    return sha256(said.encode()).hexdigest()


def create_kept(table: Kept) -> str:
    """The statement that makes a kept table."""
    columns = ", ".join(f'"{n}" {SQL_TYPES[t]}' for n, (t, _) in table.columns.items())
    return statement("create_kept", table=kept_table(table), columns=columns)
