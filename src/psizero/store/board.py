"""The board: what stands still, where every host of a house looks before it acts."""

import msgspec

from psizero.store.server import Server, sql

Why = dict[str, str]


class Board:
    """Scopes that stand still, with who said so and why. Raises Problem where it cannot be seen."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def stops(self) -> dict[str, Why]:
        """What is on it."""
        rows = self._server.patiently(lambda con: con.execute(sql("stops")).fetchall())
        return {str(scope): msgspec.convert(said, Why) for scope, said in rows}

    def put_up(self, scope: str, why: Why) -> None:
        """From now on a scope stands still."""
        said = {"scope": scope, "said": msgspec.json.encode(why).decode()}
        self._server.patiently(lambda con: con.execute(sql("stop_add"), said))

    def take_down(self, scope: str) -> None:
        """A scope goes on."""
        self._server.patiently(lambda con: con.execute(sql("stop_over"), {"scope": scope}))
