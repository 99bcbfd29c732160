"""Audit: what the log holds, one record and everything it led to, and the proof of the chain."""

import asyncio
from functools import partial
from time import monotonic
from typing import Annotated

import msgspec
import polars as pl
from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.response import Redirect

from psizero.api.access import Scope
from psizero.api.audit import Proof, proven
from psizero.api.doors import doors_of
from psizero.api.problem import Asked, Gone
from psizero.console.form import sent
from psizero.console.sheet import Values, sheet
from psizero.core.clock import iso
from psizero.core.tables import ENVELOPE
from psizero.house.home import House
from psizero.house.reader import page as newest
from psizero.house.rows import objects
from psizero.house.trail import by_position, search, trail
from psizero.store.reading import Page

ROWS, FIRST_KIND, LAST_PROOF = 50, "decision", "last_proof"
FAULTS_SHOWN_MAX = 100
Word = Annotated[str, QueryParameter(max_length=200)]
Number = Annotated[int, QueryParameter(ge=1, le=1_000_000)]
Position = Annotated[int, PathParameter(ge=1, le=2**53)]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A proof that was asked for here: as of which instant, and how long it took."""

    proof: Proof
    as_of: str
    seconds: float


@get("/audit", scope=Scope.AUDIT, include_in_schema=False)
async def audit(
    request: Asked, kind: Word = "", subject: Word = "", page: Number = 1
) -> Response[str]:
    """Records of a kind or about a subject, the last one first; decisions where none is named."""
    checked = request.app.state.get(LAST_PROOF)

    def read(house: House) -> Values:
        asked = kind or ("" if subject else FIRST_KIND)
        rows, total = _found(house, (asked, subject), page)
        position = house.store.position
        return {
            "kind": asked,
            "subject": subject,
            "kinds": kinds(house),
            "rows": objects(rows),
            "total": total,
            "page": page,
            "pages": max(1, -(-total // ROWS)),
            "last": position.last,
            "batches": position.batches,
            "chain": position.chain,
            "sealed_at": iso(position.sealed_at) if position.sealed_at else "",
            "checked": checked,
            "faults_max": FAULTS_SHOWN_MAX,
        }

    return await sheet(request, "audit.html", read)


def kinds(house: House) -> list[str]:
    """The kinds of which there are records, by name."""
    last, every = house.store.last_position, house.members.catalog.kinds.values()
    return sorted(one.name for one in every if one.metered is None and last(one.name))


def _found(house: House, asked: tuple[str, str], number: int) -> tuple[pl.DataFrame, int]:
    """A page of envelopes; of a kind alone only the page is read."""
    (kind, subject), offset = asked, (number - 1) * ROWS
    if kind in kinds(house) and not subject:
        table = house.members.catalog.kinds[kind].table
        rows, total = newest(house, table, Page(offset, ROWS, newest=True))
        return rows.select(*ENVELOPE, kind=pl.lit(kind)), total
    every = search(house, kind, subject)
    return every.slice(offset, ROWS), every.height


@get("/audit/records/{position:int}", scope=Scope.AUDIT, include_in_schema=False)
async def record(request: Asked, position: Position) -> Response[str]:
    """One record: what it says, what it led to, what came back."""
    return await sheet(request, "record.html", partial(_one, position=position))


def _one(house: House, position: int) -> Values:
    found = by_position(house, position)
    if found is None:
        raise Gone(f"no record is sealed at position {position}")
    told, inside = trail(house, found), found.row
    return {
        "position": position,
        "kind": found.kind,
        "envelope": {name: inside[name] for name in ENVELOPE if name != "position"},
        "columns": {name: one for name, one in inside.items() if name not in ENVELOPE},
        "decision": told.get("decision"),
        "answers": told["answers"],
        "seen_first_by": told.get("seen_first_by", []),
        "decisions": told.get("decisions", []),
    }


@post("/audit/proof", scope=Scope.AUDIT, status_code=200, include_in_schema=False)
async def prove(request: Asked) -> Redirect:
    """Every row against its digest, the chain and the signed head; the house goes on meanwhile."""
    await sent(request)
    doors, began = doors_of(request), monotonic()
    found = await asyncio.to_thread(proven, doors)
    request.app.state[LAST_PROOF] = Checked(
        proof=found, as_of=iso(doors.now()), seconds=monotonic() - began
    )
    return Redirect("/audit#proof", status_code=303)


ROUTES = (audit, record, prove)
