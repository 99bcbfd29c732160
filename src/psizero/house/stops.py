"""What `psizero stop` said: a file beside the store, written without opening it.

In a house of many hosts it goes on to the board in PostgreSQL, where all of them look; the file
stays where the board cannot be reached, and goes there as soon as it can.
"""

from contextlib import closing
from pathlib import Path

import msgspec

from psizero.core.errors import Problem
from psizero.core.policy import ANY
from psizero.house.storage import BOARDS, AnyStore, url_of
from psizero.store.board import Board, Why
from psizero.store.postgres import PostgresStore
from psizero.store.server import Server

STOP, _WHY = "stop", ("by", "because")
REACH_SECONDS = 5.0
"""How long `psizero stop` tries to tell the other hosts."""


def stops(home: Path) -> dict[str, Why]:
    """What stands still, with who said so and why; a file that is broken stops all."""
    said, board = _in_file(home), BOARDS.get(home.resolve())
    if board is None:
        return said
    if said:
        _move(home, board, said)
    return {**board.stops(), **said}


def still(home: Path, store: AnyStore) -> frozenset[str]:
    """The scopes that stand still, as a committer asks before every call outside.

    Raises Problem where another process committed in between: the calls are that one's now.
    """
    said = frozenset(stops(home))
    if isinstance(store, PostgresStore):
        store.remain()
    return said


def put_up(home: Path, scope: str, why: Why) -> None:
    """A scope stands still. No store is opened, so that a locked one cannot prevent it.

    Raises Problem where other hosts could not be told; this one stands still all the same.
    """
    said = {**_in_file(home), scope: why}
    _write(home, said)
    url = url_of(home)
    if url:
        try:
            with closing(Server(url, REACH_SECONDS)) as server:
                _move(home, Board(server), said)
        except Problem as error:
            raise Problem("it stands still here; other hosts do not know yet", str(error)) from None


def take_down(home: Path, scope: str) -> None:
    """A scope goes on."""
    _write(home, {one: why for one, why in _in_file(home).items() if one != scope})
    board = BOARDS.get(home.resolve())
    if board is not None:
        board.take_down(scope)


def _in_file(home: Path) -> dict[str, Why]:
    try:
        said = msgspec.json.decode((home / STOP).read_bytes(), type=dict[str, Why])
        return {one: {n: why.get(n, "") for n in _WHY} for one, why in said.items()}
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError):
        return {ANY: {"by": "nobody", "because": f"the file {STOP} cannot be read"}}


def _move(home: Path, board: Board, said: dict[str, Why]) -> None:
    for scope, why in said.items():
        board.put_up(scope, why)
    _write(home, {})


def _write(home: Path, said: dict[str, Why]) -> None:
    """The whole file at once: a process that dies here stops no less than before."""
    if not said:
        (home / STOP).unlink(missing_ok=True)
        return
    partial = home / f".{STOP}.partial"
    partial.write_bytes(msgspec.json.encode(said))
    partial.replace(home / STOP)
