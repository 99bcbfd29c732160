"""Audit: the proof of the chain, and one record with everything it led to."""

import asyncio
from functools import partial
from threading import Lock
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import PathParameter
from litestar.types import ControllerRouterHandler

from psizero.api.access import Scope
from psizero.api.doors import Doors, doors_of, seen
from psizero.api.frames import OBJECT, PAGED, PROBLEMS, Paging, Word, objected, paged
from psizero.api.problem import Asked, Busy, Gone
from psizero.house.home import House
from psizero.house.trail import by_position, search, trail

Position = Annotated[int, PathParameter(ge=1, le=2**53)]
_ONE = Lock()


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the ledger is what was written; a line for each place where it is not."""

    sound: bool
    rows: int
    batches: int
    chain: str
    faults: list[str]


@post("/api/v1/audit/verify", scope=Scope.AUDIT, status_code=200, responses=PROBLEMS)
async def verify(request: Asked) -> Proof:
    """Check every row against its digest, the chain and the signed head, as committed last."""
    return await asyncio.to_thread(proven, doors_of(request))


@get("/api/v1/audit/records", scope=Scope.AUDIT, responses=PAGED)
async def records(
    request: Asked, cut: Paging, kind: Word = None, subject: Word = None
) -> Response[bytes]:
    """Records of the ledger, the last one first, by kind or subject."""

    def read(house: House) -> Response[bytes]:
        return paged(house, search(house, kind or "", subject or ""), cut)

    return await seen(request, read)


@get("/api/v1/audit/records/{position:int}", scope=Scope.AUDIT, responses=OBJECT)
async def record(request: Asked, position: Position) -> Response[bytes]:
    """One record, and everything it led to: runs that saw it first, decisions, their effects."""
    return await seen(request, partial(_record, position=position))


def _record(house: House, position: int) -> Response[bytes]:
    found = by_position(house, position)
    if found is None:
        raise Gone(f"nothing is sealed at position {position}")
    return objected(trail(house, found))


def proven(doors: Doors) -> Proof:
    """The proof, on a reading of its own: it takes seconds, and no other door waits for it.

    Raises Busy where one is at work already.
    """
    if not _ONE.acquire(blocking=False):
        raise Busy("a proof is at work; ask again when it is done")
    try:
        house = doors.reader.another()
        try:
            return _proof(house)
        finally:
            house.store.close()
    finally:
        _ONE.release()


def _proof(house: House) -> Proof:
    faults, position = house.verify(), house.store.position
    return Proof(
        sound=not faults,
        rows=position.last,
        batches=position.batches,
        chain=position.chain,
        faults=faults[:1_000],
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (verify, records, record)
