"""Support: what is open and whose clock runs out first; one ticket, its thread and its draft."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated

import msgspec
import polars as pl
from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from psizero.api.access import Scope
from psizero.api.decisions import waiting
from psizero.api.doors import person_of
from psizero.api.problem import Asked, Gone
from psizero.console.sheet import Values, sheet
from psizero.customers.promises import clock_settings
from psizero.house.home import House
from psizero.house.rows import objects

MESSAGES_MAX = 500
Word = Annotated[str, QueryParameter(max_length=100)]
Row = dict[str, object]


@get("/support", scope=Scope.READ, include_in_schema=False)
async def support(request: Asked, team: Word = "") -> Response[str]:
    """Every open ticket, the one whose clock runs out first on top."""

    def read(house: House) -> Values:
        answered = house.read("ticket_history").select("ticket", "staff_at")
        clocks = house.read("ticket_clocks").join(answered, on="ticket", how="left")
        every = queue(clocks, house.now)
        metrics = house.read("metric_support")
        return {
            "rows": [row for row in every if team in ("", row["team"])],
            "total": len(every),
            "team": team,
            "teams": sorted({str(row["team"]) for row in every if row["team"]}),
            "metrics": objects(metrics),
            "hours": _hours(house),
        }

    return await sheet(request, "support.html", read)


def queue(clocks: pl.DataFrame, now: datetime) -> list[Row]:
    """Open tickets by what we owe first; who waits for the customer comes last."""
    rows = [
        row | {"due": _due(row), "waits": row["waits_for"] == "the customer"}
        for row in clocks.filter(pl.col("closed_at").is_null()).iter_rows(named=True)
    ]
    rows.sort(key=lambda row: (bool(row["waits"]), str(row["due"][1]), str(row["ticket"])))
    found = list[Row]()
    for row in rows:
        what, at = row.pop("due")
        found.append(row | {"what": what, "due_at": at, "left": left(at, now), "late": at < now})
    return objects(pl.DataFrame(found, infer_schema_length=None)) if found else []


def _due(row: Mapping[str, object]) -> tuple[str, datetime]:
    """What is owed next, and until when: the first answer of a person, then that it is settled."""
    answered = row["human_response_minutes"] is None or row["staff_at"] is not None
    response, settled = row["response_due_at"], row["resolution_due_at"]
    name, at = ("settled", settled) if answered else ("first answer", response)
    return name, at if isinstance(at, datetime) else datetime.max


def left(until: datetime, now: datetime) -> str:
    """How long it is until then, or was, in words: the greatest unit and the next one."""
    span = abs(until - now)
    days, hours = span.days, span.seconds // 3600
    minutes = span.seconds % 3600 // 60
    if days:
        words = f"{days} d {hours} h"
    else:
        words = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    return f"{words} late" if until < now else f"in {words}"


def _hours(house: House) -> str:
    """When somebody is there, as a tooltip says it."""
    said = clock_settings(house.read("settings"))
    return f"in hours of business: {', '.join(said.windows)} {said.zone}"


@get("/support/{ticket:path}", scope=Scope.READ, include_in_schema=False)
async def ticket(request: Asked, ticket: FromPath[str]) -> Response[str]:
    """One ticket: its clocks, what was said, what is or was answered, and from which passage."""
    named = person_of(request).may(Scope.PERSONAL)
    return await sheet(
        request, "ticket.html", partial(_one, ticket=ticket.removeprefix("/"), named=named)
    )


def _one(house: House, ticket: str, named: bool) -> Values:
    mine, keys = pl.col("ticket") == ticket, pl.DataFrame({"ticket": [ticket]})
    opened = house.store.read_of("ticket_opened", keys, house.now)
    if opened.is_empty():
        raise Gone(f"there is no ticket {ticket[:100]!r}")
    clock = house.read("ticket_clocks").filter(mine)
    history = house.read("ticket_history").filter(mine)
    replies = house.read("ticket_replies").filter(mine).sort("decided_at")
    return {
        "ticket": ticket,
        "customer": opened["subject"][0],
        "opened_at": objects(opened)[0]["occurred_at"],
        "clock": objects(clock)[0] if clock.height else None,
        "history": objects(history)[0] if history.height else None,
        "left": _left(clock, house.now),
        "messages": _said(house, keys, named),
        "named": named,
        "replies": objects(replies),
        "draft": _draft(house, ticket, named),
        "handed": _handed(house, keys),
        "waits": [one for one in waiting(house) if _about(one, ticket)],
        "hours": _hours(house),
    }


def _left(clock: pl.DataFrame, now: datetime) -> dict[str, str]:
    """How long both clocks of an open ticket still run."""
    if clock.is_empty() or clock["closed_at"][0] is not None:
        return {}
    return {name: left(clock[f"{name}_due_at"][0], now) for name in ("response", "resolution")}


def _said(house: House, keys: pl.DataFrame, named: bool) -> list[Row]:
    """The thread, the first message on top; its words to who may see them."""
    kind = house.members.catalog.kinds["ticket.said"]
    rows = house.store.read_of(kind.table, keys, house.now).sort("occurred_at", "position")
    rows = rows.tail(MESSAGES_MAX)
    if not named:
        hidden = [pl.lit(None, pl.String).alias(one) for one in ("subject_line", "text")]
        return objects(rows.with_columns(hidden))
    return objects(house.keys.decrypt(kind, rows))


def _draft(house: House, ticket: str, named: bool) -> Row | None:
    """What would be answered now, and the passage that it quotes; none where nobody is to."""
    mine = pl.col("ticket") == ticket
    if house.read("tickets").filter(mine).is_empty():
        return None
    found = house.read("ticket_answers").filter(mine)
    if found.is_empty():
        return None
    row = objects(found)[0]
    letter = msgspec.json.decode(str(row.pop("document") or "{}"))
    text = letter.get("text", "") if named and isinstance(letter, dict) else ""
    return row | {"text": text, "article": _article(house, row["passage"])}


def _handed(house: House, keys: pl.DataFrame) -> Row | None:
    """Why a person has it, and the nearest passage; none where nobody was given it."""
    found = house.store.read_of("ticket_escalated", keys, house.now)
    if found.is_empty():
        return None
    row = objects(found.tail(1))[0]
    return row | {"article": _article(house, row["passage"])}


def _article(house: House, passage: object) -> Row | None:
    """A passage of the knowledge base, as it stands."""
    found = house.read("articles").filter(pl.col("passage") == passage)
    return objects(found)[0] if found.height else None


def _about(row: Row, ticket: str) -> bool:
    """Whether what waits is about this ticket."""
    said = row["parameters"]
    return isinstance(said, dict) and said.get("ticket") == ticket


ROUTES = (support, ticket)
