"""What changed, and whose part it was: at most three claims, none without numbers.

A meter's day counts as changed from a tenth on, and only outside the range of the same weekdays
of eight weeks where three of them are known. What made up a change is said in numbers; what caused
it is not known here, and no sentence says so.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import polars as pl

from psizero.intelligence.figures import Figure
from psizero.intelligence.morning import Morning, cell, counted, meter, name, number, source
from psizero.intelligence.prose import Pieces, listed, plural, weekday

CLAIMS_MAX = 3
CHANGE_SHARE_MIN = Decimal("0.1")
FALL_SHARE_RED = Decimal("-0.3")
MRR_SHARE_RED = Decimal("-0.05")
POINTS_MIN = 2
SUCCESS_FALL_MIN = Decimal("0.005")
HISTORY_MIN = 3
COLOURS = ("green", "amber", "red")


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """`short` is a clause for verdict and subject line, `full` the sentences."""

    colour: int
    weight: Decimal
    short: Pieces
    full: Pieces


def claims(seen: Morning) -> list[Claim]:
    """Those of the role's topics, the worst and largest first."""
    sources = {"usage": _usage, "money": _money, "health": _health, "support": _support}
    found = [one for topic in seen.role.topics for one in sources[topic](seen)]
    found.sort(key=lambda one: (-one.colour, -one.weight))
    return found[:CLAIMS_MAX]


def _usage(seen: Morning) -> Iterator[Claim]:
    for one in seen.of("usage"):
        if one.state == "complete" and one.change_share is not None and _unusual(one):
            yield _use(seen, one, one.change_share)
    for one in seen.of("success"):
        if one.state == "complete" and one.change is not None and one.change <= -SUCCESS_FALL_MIN:
            told: Pieces = ("fewer ", meter(one), " succeed: ", cell(one))
            full: Pieces = (
                "Of all ",
                meter(one),
                ", ",
                cell(one),
                " succeeded yesterday, against ",
            )
            full += (cell(one, "before"), f" on the {weekday(one.day)} before.")
            yield Claim(colour=1, weight=abs(one.change) * 10, short=told, full=full)


def _unusual(one: Figure) -> bool:
    if one.change_share is None or abs(one.change_share) < CHANGE_SHARE_MIN:
        return False
    if one.history < HISTORY_MIN or one.low is None or one.high is None:
        return True
    return not one.low <= one.value <= one.high


def _use(seen: Morning, one: Figure, share: Decimal) -> Claim:
    day, way = weekday(one.day), "up" if share > 0 else "down"
    full: Pieces = (meter(one), " came to ", cell(one), f" yesterday, {way} ")
    full += (cell(one, "change_share", size=True), f" on the {day} before (", cell(one, "before"))
    if one.history >= HISTORY_MIN:
        history = cell(one, "history", "count")
        full += ("). That is outside the range of the last ", history, f" {day}s (")
        full += (cell(one, "low"), " to ", cell(one, "high"), ").")
    else:
        few = counted(one, "history", f"earlier {day}")
        full += ("). Only ", *few, f" {'is' if one.history == 1 else 'are'} known, so this may be ")
        full += ("ordinary.",)
    colour = 2 if share <= FALL_SHARE_RED else 1 if share < 0 else 0
    short: Pieces = (meter(one), f" are {way} ", cell(one, "change_share", size=True))
    return Claim(colour=colour, weight=abs(share), short=short, full=full + _mover(seen, one))


def _mover(seen: Morning, one: Figure) -> Pieces:
    """The customer with the largest part in a change, by its numbers."""
    rows = seen.facts["usage_movers"].filter(pl.col("meter") == one.subject)
    rows = rows.filter(pl.col("change_share") > 0).sort(
        ["change_share", "customer"], descending=[True, False]
    )
    if rows.height < 2:
        return ()
    row = rows.row(0, named=True)
    key = {"customer": str(row["customer"]), "meter": one.subject}
    way = "up" if row["change"] > 0 else "down"
    change = number("usage_movers", key, "change", (row["change"], "size quantity", ""))
    share = number("usage_movers", key, "change_share", (row["change_share"], "share", ""))
    head: Pieces = (" The largest part is ", name("usage_movers", key, "customer"), f", {way} ")
    return (*head, change, ", or ", share, " of the net change.")


_SAID = {
    "new": "from new customers",
    "reactivation": "from customers who came back",
    "expansion": "from customers who pay more",
    "contraction": "lost with customers who pay less",
    "churn": "lost with customers who left",
}


def _money(seen: Morning) -> Iterator[Claim]:
    mrr = seen.figure("mrr")
    moved = [(what, seen.figure(f"{what}_week")) for what in _SAID]
    parts = [(what, one) for what, one in moved if one is not None and one.count]
    if mrr is None or mrr.change is None or not parts or not mrr.before:
        return
    share = mrr.change_share or Decimal(0)
    rose, sign = mrr.change > 0, "up" if mrr.change > 0 else "down"
    if mrr.change:
        head: Pieces = (f"Committed MRR {'rose' if rose else 'fell'} by ",)
        head += (cell(mrr, "change", size=True), " in a week, to ", cell(mrr), ": ")
        told: Pieces = (f"MRR is {sign} ", cell(mrr, "change", size=True), " in a week")
    else:
        head = ("Committed MRR is unchanged at ", cell(mrr), " in a week: ")
        told = ("MRR is unchanged at ", cell(mrr))
    pieces = [(cell(one), f" {_SAID[what]} (", cell(one, "count"), ")") for what, one in parts]
    colour = 2 if share <= MRR_SHARE_RED else 1 if share < 0 else 0
    full = (*head, *listed(pieces), ".")
    yield Claim(colour=colour, weight=abs(share) * 3, short=told, full=full)


def _health(seen: Morning) -> Iterator[Claim]:
    average, critical = seen.figure("health_average"), seen.figure("critical")
    if critical is not None and critical.state == "complete" and critical.value:
        who = counted(critical, "value", "customer is", "customers are")
        short: Pieces = (*who, " in critical health")
        full: Pieces = (*who, " in critical health")
        if critical.before is not None:
            full += (", ", cell(critical, "before"), " a week before")
        yield Claim(colour=1, weight=Decimal(1), short=short, full=(*full, "."))
    if average is None or average.state != "complete" or average.change is None:
        return
    if abs(average.change) >= POINTS_MIN:
        way = "up" if average.change > 0 else "down"
        points: Pieces = (cell(average, "change", size=True), " points")
        full = ("Average health is ", cell(average), f", {way} ", *points, " in a week, over ")
        full += (*counted(average, "count", "customer"), " whose health is known.")
        short = (f"average health is {way} ", *points)
        colour = 1 if average.change < 0 else 0
        yield Claim(colour=colour, weight=abs(average.change) / 20, short=short, full=full)


def _support(seen: Morning) -> Iterator[Claim]:
    opened, closed = seen.figure("opened"), seen.figure("closed")
    if opened is None or closed is None or opened.before is None or opened.change is None:
        return
    if opened.change >= POINTS_MIN and 2 * opened.change >= opened.before:
        day = weekday(opened.day)
        full: Pieces = (
            *counted(opened, "value", "ticket was", "tickets were"),
            " opened yesterday",
        )
        full += (", against ", cell(opened, "before"), f" on the {day} before; ")
        full += (cell(closed), f" {'was' if closed.value == 1 else 'were'} closed.")
        short: Pieces = (*counted(opened, "value", "ticket"), " came in")
        yield Claim(colour=1, weight=opened.change / 100, short=short, full=full)


def reasons(seen: Morning, changed: list[Claim]) -> list[Claim]:
    """Everything that makes the verdict, the most pressing first."""
    found = [*_data(seen), *_desk(seen), *changed]
    return sorted(found, key=lambda one: -one.colour)


def _data(seen: Morning) -> Iterator[Claim]:
    bad = seen.facts["sources"].filter(pl.col("state").is_in(["late", "incomplete", "silent"]))
    for row in bad.head(1).iter_rows(named=True):
        if bad.height > 1:
            key = {"state": sorted(set(bad["state"]))}
            many = number("sources", key, "count()", (bad.height, "count", ""))
            short: Pieces = (many, " sources are late or incomplete")
        else:
            short = ("the data on ", source(str(row["source"])), f" is {row['state']}")
        yield Claim(colour=1, weight=Decimal(3), short=short, full=())


def _desk(seen: Morning) -> Iterator[Claim]:
    if seen.waiting.height:
        key = {"automation": sorted(set(seen.waiting["automation"]))}
        many = number("decisions_waiting", key, "count()", (seen.waiting.height, "count", ""))
        short: Pieces = (many, " decision waits" if seen.waiting.height == 1 else " decisions wait")
        yield Claim(colour=1, weight=Decimal(2), short=(*short, " for an answer"), full=())
    if seen.falls.height:
        yield Claim(colour=1, weight=Decimal(2), short=_fallen(seen), full=())
    for what in ("refused", "reverted"):
        one = seen.figure(what)
        if one is not None and one.value and "*" in seen.role.domains:
            said = counted(one, "value", "action was", "actions were")
            yield Claim(colour=1, weight=Decimal(2), short=(*said, f" {what}"), full=())


def _fallen(seen: Morning) -> Pieces:
    """How many automations fell a rung by themselves; empty where none of the role's did."""
    if not seen.falls.height:
        return ()
    key = {"automation": sorted(seen.falls["automation"].to_list())}
    many = number("falls_daily", key, "count()", (seen.falls.height, "count", ""))
    return (many, f" {plural(seen.falls.height, 'automation')} fell a rung")
