"""The connection to PostgreSQL: patient where it is away, plain where it refuses."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import DeadlockDetected, DiskFull, SerializationFailure

from psizero.core.errors import Problem
from psizero.store.statement import statement

PATIENCE_SECONDS = 60.0
"""How long an absence is waited for."""
DEADLOCKS_MAX = 10
_CONNECT_SECONDS = 10
_PAUSE_SECONDS = 0.2
_GONE = (psycopg.OperationalError, psycopg.InterfaceError)

Connection = psycopg.Connection[tuple[object, ...]]
Found = TypeVar("Found")


class Server:
    """One connection at a time; `session` counts them, since a lock ends with its connection."""

    def __init__(self, url: str, patience_seconds: float | None = None) -> None:
        self.session = 0
        patience = PATIENCE_SECONDS if patience_seconds is None else patience_seconds
        self._url, self._patience_seconds = url, patience
        self._connection: Connection | None = None
        self._in_whole = False

    @property
    def name(self) -> str:
        """Where it is, without the password."""
        try:
            said = conninfo_to_dict(self._url)
        except psycopg.ProgrammingError:
            return "PostgreSQL"
        return f"PostgreSQL at {said.get('host') or 'localhost'}, database {said.get('dbname')}"

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def patiently(self, work: Callable[[Connection], Found]) -> Found:
        """Do `work`, again where the connection was lost: it must bear to be done twice.

        Raises Problem where PostgreSQL stays away or refuses. In a transaction that is to be
        whole nothing is done again.
        """
        deadline, deadlocks = time.monotonic() + self._patience_seconds, 0
        while True:
            used: Connection | None = None
            try:
                used = self._open()
                return work(used)
            except (DeadlockDetected, SerializationFailure) as error:
                deadlocks += 1
                if deadlocks > DEADLOCKS_MAX or self._in_whole:
                    raise Problem(f"{self.name}: {_said(error)}") from None
            except _GONE as error:
                self._missed(used or self._connection, error, deadline)
            except psycopg.Error as error:
                raise self._refused(error) from None

    def _missed(self, used: Connection | None, error: psycopg.Error, deadline: float) -> None:
        """Wait a moment for another attempt. Raises Problem where there shall be none.

        `used` counts, not the connection of now: what was asked inside may have made a new one.
        """
        lost = used is None or used.closed or used.broken
        if not lost or isinstance(error, DiskFull):
            raise self._refused(error) from None
        if self._in_whole:
            raise Problem(
                f"{self.name} went away: {_said(error)}", "nothing of this step is there: repeat it"
            ) from None
        if time.monotonic() > deadline:
            raise Problem(
                f"{self.name} is away: {_said(error)}",
                f"it was waited for {self._patience_seconds:.0f} s; what was done is there",
            ) from None
        time.sleep(_PAUSE_SECONDS)

    def _refused(self, error: psycopg.Error) -> Problem:
        what = "its disk is full" if isinstance(error, DiskFull) else _said(error)
        return Problem(f"{self.name} refuses: {what}", "nothing of this step is there")

    @contextmanager
    def whole(self) -> Iterator[None]:
        """One transaction around all that is done inside."""
        connection = self.patiently(lambda found: found)
        try:
            with connection.transaction():
                self._in_whole = True
                yield
        except psycopg.Error as error:
            raise self._refused(error) from None
        finally:
            self._in_whole = False

    def _open(self) -> Connection:
        known = self._connection
        if known is not None and not known.closed and not known.broken:
            return known
        if self._in_whole:
            raise psycopg.OperationalError("the connection was lost")
        self.close()
        self._connection = psycopg.connect(
            self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS
        )
        self._connection.execute(sql("session"))
        self.session += 1
        return self._connection


def sql(name: str, **parts: str) -> bytes:
    """The statement `sql/postgres/<name>.sql` with its `{parts}` filled in."""
    return statement(f"postgres/{name}", **parts).encode()


def _said(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
