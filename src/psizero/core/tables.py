"""Kinds and tables: what is written, and what is read from it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum

import msgspec
import polars as pl

from psizero.core.clock import Cadence


class Type(Enum):
    """The column types of the house."""

    TEXT = "text"
    JSON = "json"  # canonical JSON in text: exact, and the same in every store
    INTEGER = "integer"
    QUANTITY = "quantity"  # 29 digits before the point, 9 behind
    RATE = "rate"  # 23 digits before the point, 15 behind
    NUMBER = "number"  # a double: scores and shares, never money
    INSTANT = "instant"  # naive UTC, microseconds
    BOOLEAN = "boolean"


SQL_TYPES: dict[Type, str] = {
    Type.TEXT: "VARCHAR",
    Type.JSON: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.QUANTITY: "DECIMAL(38,9)",
    Type.RATE: "DECIMAL(38,15)",
    Type.NUMBER: "DOUBLE",
    Type.INSTANT: "TIMESTAMP",
    Type.BOOLEAN: "BOOLEAN",
}

POLARS_TYPES: dict[Type, pl.DataType] = {
    Type.TEXT: pl.String(),
    Type.JSON: pl.String(),
    Type.INTEGER: pl.Int64(),
    Type.QUANTITY: pl.Decimal(38, 9),
    Type.RATE: pl.Decimal(38, 15),
    Type.NUMBER: pl.Float64(),
    Type.INSTANT: pl.Datetime("us"),
    Type.BOOLEAN: pl.Boolean(),
}


class Personal(msgspec.Struct, frozen=True):
    """Why a column may hold personal data: `service`, or `legal` for a term of years."""

    purpose: str
    term_years: int = 0


class Column(msgspec.Struct, frozen=True):
    """One typed column. `unit` is what one of it is; money columns are minor units.

    `references` names a kind: the value must be a subject of it.
    """

    type: Type
    doc: str
    unit: str = ""
    required: bool = True
    least: int | None = None
    choices: tuple[str, ...] = ()
    references: str = ""
    personal: Personal | None = None


class RollUp(msgspec.Struct, frozen=True):
    """How a metered kind is summed per subject, `by`, and two quarter-hours."""

    by: tuple[str, ...]
    quantity: str
    late_days_max: int


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can happen, once, with typed columns.

    `subject` says what the envelope's subject names. `unique` columns identify a row beside
    (source, id). `sequence` columns give the order in which `number` is counted without gaps.
    `balanced` columns group rows whose `amount_minor` sums to zero in every batch.
    `ours`: only we emit it, so no door accepts it. `defaults` fill absent columns.
    """

    name: str
    subject: str
    doc: str
    columns: Mapping[str, Column]
    metered: RollUp | None = None
    unique: tuple[str, ...] = ()
    sequence: tuple[str, ...] = ()
    balanced: tuple[str, ...] = ()
    ours: bool = False
    defaults: Mapping[str, object] = {}

    @property
    def table(self) -> str:
        """The kind's name in SQL: usage.recorded is usage_recorded."""
        return self.name.replace(".", "_")


class Fold(Enum):
    """How a kept column changes with a further row; a null never changes anything."""

    LATEST = "latest"
    FIRST = "first"
    SUM = "sum"
    MAX = "max"


class EventTable(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed rows of one kind as they are; for a metered kind its roll-up."""

    name: str
    kind: str
    doc: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A declared fold over kinds by key, kept as rows with from_position and to_position.

    `sql/<name>.sql` holds one select per kind over `batch` (the kind's sealed rows), all with
    the same columns. A key whose `open_when` column is false is closed and has no row; what comes
    before it is true, the first time or after a close, counts for nothing.
    """

    name: str
    kinds: tuple[str, ...]
    key: tuple[str, ...]
    columns: Mapping[str, tuple[Type, Fold]]
    doc: str
    open_when: str = ""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """`sql/<name>.sql` over other tables, `$now` and `$through`; ordered by its grain."""

    name: str
    reads: tuple[str, ...]
    grain: tuple[str, ...]
    doc: str


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """Personal columns of `kind` that a table holds, and that a derived table has to read.

    The table has `source`, `id` and `subject` (the column of that name) of the row they stem from.
    """

    table: str
    kind: str
    columns: tuple[str, ...]
    subject: str = "subject"


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """A pure function of tables. `given` names frames that the caller supplies instead.

    `plain`: the personal columns that it sees as they were said, null where a key is gone; all
    others are ciphertext to it. Nothing of them may stand in what is written.

    With a cadence its rows are kept as history under the kind `history`, whose columns and
    subject are columns of the table.
    """

    name: str
    reads: tuple[str, ...]
    grain: tuple[str, ...]
    doc: str
    compute: Callable[["Facts", datetime], pl.DataFrame]
    given: tuple[str, ...] = ()
    plain: tuple[Plain, ...] = ()
    cadence: Cadence | None = None
    history: Kind | None = None


Table = EventTable | Kept | View | Derived

Facts = Mapping[str, pl.DataFrame]
"""Declared tables, cut to what is known; nothing else."""

ENVELOPE: dict[str, Type] = {
    "position": Type.INTEGER,
    "occurred_at": Type.INSTANT,
    "recorded_at": Type.INSTANT,
    "source": Type.TEXT,
    "id": Type.TEXT,
    "subject": Type.TEXT,
    "cause": Type.TEXT,
}


def schema(kind: Kind) -> dict[str, pl.DataType]:
    """Polars schema of what is appended to a kind: the envelope without position, the columns."""
    heads = {name: POLARS_TYPES[kept] for name, kept in ENVELOPE.items() if name != "position"}
    return heads | {name: POLARS_TYPES[column.type] for name, column in kind.columns.items()}


class Catalog(msgspec.Struct, frozen=True):
    """Every kind and table of the house, and the SQL of the tables that have some."""

    kinds: Mapping[str, Kind]
    tables: Mapping[str, Table]
    sql: Mapping[str, str]


def below(names: Iterable[str], tables: Mapping[str, Table]) -> set[str]:
    """The tables of these names, and all that they read in their turn."""
    found, left = set[str](), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += getattr(tables.get(name), "reads", ())
    return found
