"""Customers by id: who is at risk, who left, where more may come from, who calls most."""

from collections.abc import Iterator

import msgspec
import polars as pl

from psizero.intelligence.claims import Claim
from psizero.intelligence.morning import Morning, cell, counted, meter, name, number, on_day
from psizero.intelligence.prose import Line, Part, Pieces, line, listed, weekday

_NEXT = {
    "critical": "next: a call, by customer success",
    "warning": "next: the campaign",
    "good": "next: offer a larger plan, by sales",
}


def customers(seen: Morning, why: list[Claim]) -> Part:
    """Only those that are the role's to see."""
    sources = {"risks": _risks, "openings": _openings, "heaviest": _heaviest}
    lines = [one for view in seen.role.customers for one in sources[view](seen)]
    return Part("customers", "Customers", tuple(lines))


def _risks(seen: Morning) -> Iterator[Line]:
    rows = _standing(seen, ("critical", "warning"))
    rows = rows.sort([pl.col("stance") != "critical", "score", "customer"])
    yield from (_health_line(row) for row in rows.head(seen.named_max).iter_rows(named=True))
    if rows.is_empty():
        moved = [*_moved(seen, falling=True)]
        if moved and not _standing(seen, ("critical", "warning", "steady", "good")).height:
            yield line("Too little is known to score anybody's health, so this goes by use.")
        yield from moved
    yield from _movement(seen, "churn", "left in a week", "left")


def _openings(seen: Morning) -> Iterator[Line]:
    rows = _standing(seen, ("good",)).filter(~pl.col("owing") & (pl.col("open_tickets") == 0))
    rows = rows.sort(["score", "customer"], descending=[True, False])
    yield from (_health_line(row) for row in rows.head(seen.named_max).iter_rows(named=True))
    if rows.is_empty():
        yield from _moved(seen, falling=False)
    yield from _movement(seen, "new", "joined in a week", "joined")


def _standing(seen: Morning, stances: tuple[str, ...]) -> pl.DataFrame:
    known = seen.facts["health_standing"]
    return known.filter(pl.col("stance").is_in(stances) & pl.col("score").is_not_null())


def _health_line(row: dict[str, object]) -> Line:
    key, stance = {"customer": str(row["customer"])}, str(row["stance"])
    table = "health_standing"
    said: Pieces = (name(table, key, "customer"), ": health ")
    said += (number(table, key, "score", (row["score"], "points", "")), f", {stance} since ")
    said += (on_day((table, key, "stance_since"), row["stance_since"]),)
    inputs = msgspec.json.decode(str(row["inputs"]), type=dict[str, object])
    now, before = inputs.get("calls"), inputs.get("calls_before")
    if now is not None and before is not None:
        calls = number(table, key, "inputs.calls", (now, "quantity", ""))
        past = number(table, key, "inputs.calls_before", (before, "quantity", ""))
        said += ("; calls from ", past, " to ", calls, " in four weeks")
    return line(*said, f"; {_NEXT[stance]}.")


def _moved(seen: Morning, falling: bool) -> Iterator[Line]:
    """Whose use fell, or rose, most between two like weekdays."""
    usage = seen.figures.get(("usage", seen.meter))
    if usage is None or usage.state != "complete" or usage.before is None:
        return
    rows = seen.facts["usage_movers"].filter(pl.col("meter") == seen.meter)
    rows = rows.filter((pl.col("change") < 0) if falling else (pl.col("change") > 0))
    rows = rows.sort(["change", "customer"], descending=[not falling, False]).head(seen.named_max)
    told: list[Pieces] = []
    for row in rows.iter_rows(named=True):
        key = {"customer": str(row["customer"]), "meter": seen.meter}
        now, before = (
            number("usage_movers", key, column, (row[column], "quantity", ""))
            for column in ("quantity", "quantity_before")
        )
        told.append((name("usage_movers", key, "customer"), " (", before, " to ", now, ")"))
    if told:
        way = "fell" if falling else "rose"
        day = weekday(usage.day)
        yield line(meter(usage), f" {way} most, {day} on {day}: ", *listed(told), ".")


def _movement(seen: Morning, movement: str, what: str, did: str) -> Iterator[Line]:
    """Who began to pay, or ceased to, within seven days: how many, and the largest."""
    one = seen.figure(f"{movement}_week")
    if one is None or not one.count:
        return
    rows = seen.facts["mrr_changes"].filter(
        pl.col("movement") == movement,
        pl.col("currency") == one.subject,
        pl.col("day") > one.day - pl.duration(days=7),
    )
    rows = rows.sort([pl.col("amount_minor").abs(), "customer"], descending=[True, False])
    row = rows.row(0, named=True)
    key = {
        "customer": str(row["customer"]),
        "currency": one.subject,
        "day": row["day"].isoformat(),
    }
    money = number(
        "mrr_changes", key, "amount_minor", (row["amount_minor"], "size minor", one.subject)
    )
    who = name("mrr_changes", key, "customer")
    said: Pieces = (*counted(one, "count", "customer"), f" {what}, with ", cell(one), " of MRR")
    more: Pieces = (": ", who) if one.count == 1 else ("; the largest is ", who, " (", money, ")")
    yield line(*said, *more, ".")


def _heaviest(seen: Morning) -> Iterator[Line]:
    """Who called most yesterday."""
    usage = seen.figures.get(("usage", seen.meter))
    if usage is None or usage.state != "complete":
        return
    rows = seen.facts["usage_movers"].filter(pl.col("meter") == seen.meter)
    rows = rows.sort(["quantity", "customer"], descending=[True, False]).head(seen.named_max)
    told: list[Pieces] = []
    for row in rows.iter_rows(named=True):
        key = {"customer": str(row["customer"]), "meter": seen.meter}
        much = number("usage_movers", key, "quantity", (row["quantity"], "quantity", ""))
        share = number("usage_movers", key, "usage_share", (row["usage_share"], "share", ""))
        told.append((name("usage_movers", key, "customer"), " (", much, ", ", share, ")"))
    if told:
        yield line("Most ", meter(usage), " yesterday came from ", *listed(told), ".")
