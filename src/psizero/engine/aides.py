"""Aides: other processes that think for the committer. What they bring is what it would think."""

from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Protocol

import msgspec
import polars as pl

from psizero.engine.think import Thinker, Thought, run_of


class Aides(Protocol):
    """Whoever is there to think along."""

    def thoughts(
        self, thinkers: Sequence[Thinker], now: datetime, here: Callable[[Thinker], Thought]
    ) -> list[Thought]:
        """What each of them thinks, in their order; `here` thinks one in this process."""
        ...


class Parcel(msgspec.Struct, frozen=True):
    """A thought on its way; frames are Arrow."""

    run: str
    failed: str
    decisions: bytes
    rows: dict[str, bytes]


def packed(thought: Thought) -> bytes:
    """A thought as bytes."""
    rows = {kind: _arrow(frame) for kind, frame in thought.rows.items()}
    said = Parcel(str(thought.run["id"]), str(thought.run["failed"]), b"", rows)
    return msgspec.msgpack.encode(
        msgspec.structs.replace(said, decisions=_arrow(thought.decisions))
    )


def unpacked(body: bytes, thinker: Thinker, seen: tuple[datetime, int]) -> Thought | None:
    """The same thought; None where it was thought with other code, settings or knowledge."""
    said, run = msgspec.msgpack.decode(body, type=Parcel), run_of(thinker, *seen)
    if said.run != run["id"]:
        return None
    rows = {kind: pl.read_ipc(frame) for kind, frame in said.rows.items()}
    run["failed"] = said.failed
    return Thought(thinker.automation.name, run, pl.read_ipc(said.decisions), rows)


def _arrow(frame: pl.DataFrame) -> bytes:
    written = BytesIO()
    frame.write_ipc(written)
    return written.getvalue()
