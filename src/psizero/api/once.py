"""Once: the same write under the same Idempotency-Key is done once, and answered the same again.

Kept in memory for a day. After a restart, what the house itself says once (a vote, an edit, an
undo, by the content of a decision) is still not done twice; a level or a stop is set again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from psizero.api.problem import Amiss, Busy
from psizero.core.errors import Problem

KEPT = timedelta(hours=24)
KEYS_MAX = 10_000
KEY_LETTERS_MAX = 255


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a write came to, in words; `secret` where something was made that is shown once."""

    said: tuple[str, ...]
    secret: str = ""


class _Known(msgspec.Struct, frozen=True):
    at: datetime
    what: str
    answer: "asyncio.Future[Done | Exception]"


class Once:
    """Answers by who asked and key. Belongs to the one thread of the server."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._known: dict[tuple[str, str], _Known] = {}

    async def done(
        self, key: tuple[str, str], what: str, do: Callable[[], Awaitable[Done]]
    ) -> Done:
        """Do it, or answer as before. Raises Amiss where the key was for something else.

        What was not begun is no answer: it may be asked again.
        """
        if not key[1]:
            return await do()
        if len(key[1]) > KEY_LETTERS_MAX:
            raise Problem(f"an Idempotency-Key has at most {KEY_LETTERS_MAX} letters")
        self._forget()
        known = self._known.get(key)
        if known is None:
            task = asyncio.ensure_future(_held(do))
            known = self._known[key] = _Known(self._now(), what, task)
        elif known.what != what:
            raise Amiss("this Idempotency-Key was for another request")
        answer = await asyncio.shield(known.answer)
        if isinstance(answer, Busy):
            self._known.pop(key, None)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _forget(self) -> None:
        old = self._now() - KEPT
        while self._known:
            first = next(iter(self._known))
            if self._known[first].at > old and len(self._known) < KEYS_MAX:
                break
            del self._known[first]


async def _held(do: Callable[[], Awaitable[Done]]) -> Done | Exception:
    """What it came to, an error as a value: nobody may be waiting any more."""
    try:
        return await do()
    except (Problem, Amiss, Busy) as error:
        return error
