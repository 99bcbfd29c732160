"""The committer's office: one process at a time holds it, and what it writes carries its fence.

The lock ends with its connection. Whoever takes it next raises the fence, so that a process that
was thought dead and goes on writes nothing any more.
"""

import os
import socket
import time
from collections.abc import Callable

from psizero.core.errors import Problem
from psizero.core.ports import Position
from psizero.store.handover import Batch, Overtaken
from psizero.store.layout import COMMITTER_LOCK
from psizero.store.lens import standing
from psizero.store.server import Connection, Server, sql

_PAUSE_SECONDS = 0.1


class Office:
    """Who commits, and whether on the real clock (`live`).

    `patience_seconds`: how long another one's end is waited for.
    """

    def __init__(self, server: Server, patience_seconds: float) -> None:
        self._server, self._patience_seconds = server, patience_seconds
        self._session = -1
        self.fence = 0
        self.live = False

    @property
    def held(self) -> bool:
        """Whether this process holds it, as far as it knows."""
        return self.fence > 0 and self._session == self._server.session

    @property
    def lost(self) -> bool:
        """Whether it was held until its connection was lost."""
        return self.fence > 0 and self._session != self._server.session

    def leave(self) -> None:
        """Hold it no longer; whatever is written under the old fence is refused."""
        self.fence = 0

    def enter(self) -> None:
        """Hold it from now on. Raises Problem naming who does and does not end."""
        deadline = time.monotonic() + self._patience_seconds
        while not self.tried():
            if time.monotonic() > deadline:
                rows = self._server.patiently(lambda con: con.execute(sql("holder")).fetchall())
                raise Problem(
                    f"{rows[0][0] or 'another process'} commits for this house",
                    "one process at a time does; what is appended is known when that one seals it",
                )
            time.sleep(_PAUSE_SECONDS)

    def tried(self) -> bool:
        """Hold it where nobody else does; whether it is held."""

        def work(con: Connection) -> bool:
            if not con.execute(sql("lock_try"), {"lock": COMMITTER_LOCK}).fetchall()[0][0]:
                return False
            holder = f"process {os.getpid()} on {socket.gethostname()}"
            said = {"holder": holder, "live": self.live}
            rows = con.execute(sql("fence"), said).fetchall()
            self.fence, self._session = int(str(rows[0][0])), self._server.session
            return True

        return self.held or self._server.patiently(work)

    def write(
        self,
        stands: tuple[Position, Position],
        kinds: frozenset[str],
        ours: bool,
        hand_over: Callable[[Connection, Batch], None],
    ) -> None:
        """Hand a batch over in one transaction, again where the connection is lost in its midst.

        Raises Overtaken where another process committed, Problem where PostgreSQL stays away.
        """
        before, after = stands

        def work(con: Connection) -> None:
            if not self.held:
                if not self.tried():
                    raise Overtaken
                if standing(con) == after:
                    return
            with con.transaction():
                hand_over(con, Batch(before, after, kinds, ours, self.fence))

        self._server.patiently(work)
