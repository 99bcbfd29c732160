"""The doors between what thinks, what acts and what lies outside: Clock, Store, Connector."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import msgspec
import polars as pl

from psizero.core.records import Action, Receipt
from psizero.core.tables import Kind


class Clock(Protocol):
    """Where `now` comes from: the wall, a flight, a test."""

    def now(self) -> datetime: ...


class Appended(msgspec.Struct, frozen=True):
    """What an append did. `conflicts` has source, id of each row known with other content."""

    rows: int
    duplicates: int
    conflicts: pl.DataFrame


class Position(msgspec.Struct, frozen=True):
    """Where the ledger stands: rows sealed, the last stamp, the end of the last roll-up."""

    last: int = 0
    sealed_at: datetime | None = None
    rolled_until: datetime | None = None
    batches: int = 0
    chain: str = ""


class Store(Protocol):
    """Where everything stays. Only the committer seals and commits."""

    @property
    def position(self) -> Position: ...

    @property
    def floor(self) -> datetime:
        """No further row is stamped at or before this instant."""
        ...

    def append(self, kind: Kind, frame: pl.DataFrame) -> Appended:
        """Make rows durable and deduplicated; known only when sealed."""
        ...

    def known(self, kind: Kind, frame: pl.DataFrame) -> pl.Series:
        """Which rows were appended before, with the same content at the same instant."""
        ...

    def seal(self, until: datetime) -> frozenset[str]:
        """Give positions to every unsealed row due by `until`; the kinds it touched."""
        ...

    def commit(self, rows: list[tuple[Kind, pl.DataFrame]], now: datetime) -> None:
        """Append and seal rows in this order, wholly or not at all; they are taken out of it."""
        ...

    def feed_instant(self, kinds: Iterable[str]) -> datetime | None:
        """When the next unsealed row of some kinds is due."""
        ...

    def subjects(self, kind: str) -> frozenset[str]:
        """Every subject of a kind, sealed or waiting."""
        ...

    def last_position(self, kind: str) -> int:
        """Position of the last sealed row of a kind; 0 when there is none."""
        ...

    def highest(self, kind: Kind, column: str) -> int:
        """The greatest whole number in a column of the sealed rows; 0 when there is none."""
        ...

    @property
    def founded_at(self) -> datetime:
        """The stamp of the founding, the first instant of the house."""
        ...

    def read(self, table: str, now: datetime, through: int | None = None) -> pl.DataFrame:
        """A table as known at `now` through a position, ordered by its grain."""
        ...

    def standing(self, table: str) -> tuple[object, ...]:
        """What has to change before a table can, unless by the passing of time."""
        ...

    def read_of(self, table: str, keys: pl.DataFrame, now: datetime) -> pl.DataFrame:
        """The rows of a table as known at `now` that equal a row of `keys` in its columns."""
        ...


class Connector(Protocol):
    """The world outside. `settle` says how an unknown call is settled: ask, repeat, person."""

    name: str
    verbs: tuple[str, ...]
    settle: str

    def perform(self, action: Action) -> Receipt:
        """Raises Refused, Later or Unknown."""
        ...

    def ask(self, key: str) -> Receipt | None: ...


class Line(Protocol):
    """What a call goes over, where a world is simulated: it may fail before it, or after."""

    def before(self, action: Action) -> None:
        """Raises Later or Refused: nothing was done."""
        ...

    def after(self, action: Action) -> None:
        """Raises Unknown: it was done, and nobody says so."""
        ...


class Batch(msgspec.Struct, frozen=True):
    """Rows of one kind as an outside source gives them: `line` beside the kind's columns.

    `content` is a hash of the whole that they were read from: it tells files of one name apart.
    """

    kind: str
    frame: pl.DataFrame
    origin: str = ""
    content: str = ""
