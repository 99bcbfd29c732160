"""The post between the door and the letterbox: requests that come together share one letter."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from psizero.core.ports import Batch
from psizero.house.letterbox import Letterbox, Parcel, parcel

LETTER_REQUESTS_MAX = 256

_Waiting = tuple[list[Parcel], asyncio.Future[bool]]


class Post:
    """One letter is written at a time; what comes meanwhile waits for the next one."""

    def __init__(self, box: Letterbox) -> None:
        self._box, self._waiting, self._busy = box, list[_Waiting](), False
        self._runs: set[asyncio.Task[None]] = set()

    async def put(self, batches: Sequence[Batch], at: datetime) -> bool:
        """True once all of it is durable; False where the letterbox is full or broken."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(([parcel(one, at) for one in batches], done))
        if not self._busy:
            self._busy = True
            run = asyncio.create_task(self._written())
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)
        return bool(await asyncio.shield(done))

    async def _written(self) -> None:
        while self._waiting:
            turn, self._waiting = (
                self._waiting[:LETTER_REQUESTS_MAX],
                self._waiting[LETTER_REQUESTS_MAX:],
            )
            letter = [one for parcels, _ in turn for one in parcels]
            try:
                durable = await asyncio.to_thread(self._box.put, letter)
            except OSError:
                durable = False
            for _, done in turn:
                if not done.done():
                    done.set_result(durable)
        self._busy = False
