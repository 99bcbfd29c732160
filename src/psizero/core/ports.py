"""The doors between what thinks, what acts and what lies outside: Clock, Store, Connector."""

from collections.abc import Sequence
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
    """What an append did. `conflicts` has source, id of rows known with other content."""

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

    def append(self, kind: Kind, frame: pl.DataFrame) -> Appended:
        """Make rows durable and deduplicated; known only when sealed."""
        ...

    def known(self, kind: Kind, frame: pl.DataFrame) -> pl.DataFrame:
        """Source and id of the rows that were appended before with the same content."""
        ...

    def seal(self, until: datetime) -> frozenset[str]:
        """Give positions to every unsealed row due by `until`; the kinds it touched."""
        ...

    def commit(self, rows: Sequence[tuple[Kind, pl.DataFrame]], now: datetime) -> None:
        """Append and seal rows in this order, wholly or not at all."""
        ...

    def feed_instant(self) -> datetime | None:
        """When the next unsealed row of an unmetered kind is due."""
        ...

    def subjects(self, kind: str) -> frozenset[str]:
        """Every subject of a kind, sealed or waiting."""
        ...

    def last_position(self, kind: str) -> int:
        """Position of the last sealed row of a kind; 0 when there is none."""
        ...

    @property
    def founded_at(self) -> datetime:
        """The stamp of the founding, the first instant of the house."""
        ...

    def read(self, table: str, now: datetime, through: int | None = None) -> pl.DataFrame:
        """A table as known at `now` through a position, ordered by its grain."""
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


class Batch(msgspec.Struct, frozen=True):
    """Rows of one kind as an outside source gives them: `line` beside the kind's columns."""

    kind: str
    frame: pl.DataFrame
    origin: str = ""
