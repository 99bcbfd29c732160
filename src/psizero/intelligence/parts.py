"""The nine parts of a briefing, each a function of the morning."""

from collections.abc import Callable

import msgspec
import polars as pl

from psizero.core.clock import iso
from psizero.intelligence.claims import COLOURS, Claim
from psizero.intelligence.customers_named import customers
from psizero.intelligence.figures import Figure
from psizero.intelligence.morning import (
    Morning,
    at_time,
    cell,
    counted,
    day,
    meter,
    name,
    number,
    source,
)
from psizero.intelligence.overnight import autopilot, lost
from psizero.intelligence.prose import (
    MONTHS,
    Cell,
    Line,
    Part,
    Pieces,
    line,
    listed,
    local,
    name_text,
    plural,
    time_text,
    weekday,
)
from psizero.intelligence.sparks import spark

TILES_MAX = 5
REASONS_MAX = 3
WAITING_MAX = 3
METERS_MAX = 2
BAND_MIN = 8  # same weekdays that have to be known before their range counts as usual
_TITLES = {
    "mrr": "Committed MRR",
    "arr": "A year at this MRR",
    "paying": "Paying customers",
    "new_week": "New MRR in a week",
    "expansion_week": "Expansion in a week",
    "contraction_week": "Contraction in a week",
    "churn_week": "Churned MRR in a week",
    "callers": "Customers who called",
    "health_average": "Average health",
    "critical": "Critical customers",
    "warning": "Customers to watch",
    "backlog": "Open tickets",
    "opened": "Tickets opened",
    "closed": "Tickets closed",
    "automation_rate": "Decided without a person",
}
_DAILY = ("usage", "callers", "success", "opened", "closed")


def verdict(seen: Morning, why: list[Claim]) -> Part:
    """One sentence: a colour as a word, and its reasons."""
    colour = max((one.colour for one in why), default=0)
    said = [one.short for one in why[:REASONS_MAX]] or [("nothing needs you this morning",)]
    if why and not colour:
        said.append(("nothing waits for you",))
    return Part("verdict", "", (line(f"{COLOURS[colour].capitalize()}: ", *listed(said), "."),))


def decide(seen: Morning, why: list[Claim]) -> Part:
    """What waits, by automation: how much, until when, and what an answer does."""
    lines: list[Line] = []
    first = seen.waiting.sort("answer_until", "automation")
    for (automation,), rows in list(first.group_by("automation", maintain_order=True))[
        :WAITING_MAX
    ]:
        key, one = {"automation": str(automation)}, rows.height == 1
        count = number("decisions_waiting", key, "count()", (rows.height, "count", ""))
        place = ("decisions_waiting", key, "min(answer_until)")
        until = at_time(seen.zone, place, rows["answer_until"].min())
        said: Pieces = (count, f" {plural(rows.height, 'decision')} of ")
        said += (name("decisions_waiting", key, "automation"), " ")
        said += (f"{'waits' if one else 'wait'} until ", until)
        for (currency,), money in rows.group_by("currency", maintain_order=True):
            total = (money["money_minor"].sum(), "minor", str(currency))
            if currency and total[0]:
                of = key | {"currency": str(currency)}
                said += (", worth ", number("decisions_waiting", of, "sum(money_minor)", total))
        lines.append(line(*said, "."))
        which = name("decisions_waiting", key, "automation")
        top = rows.sort(["money_minor", "subject"], descending=[True, False]).head(seen.named_max)
        wanted = [_wanted(row) for row in top.iter_rows(named=True)]
        lead = "" if one else "The largest: " if rows.height > len(wanted) else "They are: "
        lines.append(line(lead, *listed(wanted), "."))
        lines.append(line("To say yes: psizero approve --all-of ", which))
    if lines:
        lines.append(line("A yes carries out what is asked; silence counts as no."))
    return Part("decide", "Decide now", tuple(lines))


def _wanted(row: dict[str, object]) -> Pieces:
    key = {"decision": str(row["decision"])}
    shown, whole = name_text(str(row["subject"])), str(row["subject"])
    who = Cell(text=shown, unit="name", value=whole, table="decisions_waiting", key=key)
    who = msgspec.structs.replace(who, column="subject")
    said: Pieces = (f"{str(row['verb']).replace('.', ' ')} for ", who)
    if row["currency"] and row["money_minor"]:
        money = (row["money_minor"], "minor", str(row["currency"]))
        said += (" (", number("decisions_waiting", key, "money_minor", money), ")")
    return said


def tiles(seen: Morning, why: list[Claim]) -> Part:
    """The first five figures of the role that are known, each with what it is held against."""
    found = [seen.figure(one) for one in seen.role.tiles]
    known = [one for one in found if one is not None][:TILES_MAX]
    return Part("tiles", "The numbers", tuple(_tile(seen, one) for one in known))


def _title(one: Figure) -> Pieces:
    if one.name == "usage":
        return (meter(one),)
    if one.name == "success":
        return ("Successful ", meter(one))
    if one.name.endswith("_month"):
        month = MONTHS[one.day.month - 1]
        return (f"Invoiced in {month}, net" if one.name[0] == "i" else f"Received in {month}",)
    return (_TITLES[one.name],)


def _tile(seen: Morning, one: Figure) -> Line:
    if one.state != "complete":
        said: Pieces = (f"no number, the data is {one.state}; the last is of ", day(one), ".")
        return Line(label=_title(one), pieces=said)
    lead: Pieces = (cell(one),)
    if one.name == "health_average":
        lead += (" of a hundred",)
    if one.count and one.name in ("new_week", "churn_week", "expansion_week"):
        lead += (" with ", *counted(one, "count", "customer"))
    said = (*_against(one), ".")
    return Line(label=_title(one), lead=lead, pieces=said, spark=spark(seen, one))


def _against(one: Figure) -> Pieces:
    """Word, size and the number before; then the target where there is one."""
    said: Pieces = ()
    if one.name in _DAILY:
        said += (" yesterday",)
        when = f"on the {weekday(one.day)} before"
    else:
        month = MONTHS[one.day.month - 2]
        when = f"in as many days of {month}" if one.name.endswith("_month") else "a week before"
    if one.before is None or one.change is None:
        said += (f", with no {weekday(one.day)} before to compare",) if one.name in _DAILY else ()
    elif not one.change:
        said += (
            (f", unchanged {when.replace('on the', 'from the')}",)
            if when[:2] == "on"
            else (f", the same as {when}",)
        )
    elif not one.before:
        said += (f", from none {when}",)
    else:
        way = "up" if one.change > 0 else "down"
        large = one.unit in ("minor", "quantity") and one.change_share is not None
        size: Pieces = (" ", cell(one, "change_share", size=True)) if large else ()
        said += (f", {way}", *size, " from ", cell(one, "before"), f" {when}")
    if one.history >= BAND_MIN and one.low is not None and one.high is not None:
        where = "over" if one.value > one.high else "under" if one.value < one.low else "within"
        said += (f"; {where} the usual range of a {weekday(one.day)}, ", cell(one, "low"), " to ")
        said += (cell(one, "high"),)
    if one.target is not None:
        met = "at or over" if one.value >= one.target else "under"
        said += (f"; {met} the target of ", cell(one, "target"))
    return said


def changed(seen: Morning, why: list[Claim]) -> Part:
    """At most three claims, in full sentences."""
    lines = tuple(Line(pieces=one.full) for one in why if one.full)
    return Part("changed", "What changed", lines)


def service(seen: Morning, why: list[Claim]) -> Part:
    """The API by meter, and support."""
    lines: list[Line] = []
    for one in [one for one in seen.of("usage") if one.state == "complete"][:METERS_MAX]:
        said: Pieces = (meter(one), ": ", cell(one), " yesterday")
        callers = seen.figures.get(("callers", one.subject))
        if callers is not None:
            said += (" from ", *counted(callers, "value", "customer"))
        success = seen.figures.get(("success", one.subject))
        if success is not None:
            said += ("; ", cell(success), " succeeded")
        lines.append(line(*said, "."))
    if lines and not seen.of("success"):
        lines.append(line("Errors and latency are not reported with the data, so none are shown."))
    backlog, opened, closed = (seen.figure(one) for one in ("backlog", "opened", "closed"))
    if backlog is not None and opened is not None and closed is not None:
        said = (*counted(backlog, "value", "ticket is", "tickets are"), " open; ", cell(opened))
        were: Pieces = (cell(closed), f" {'was' if closed.value == 1 else 'were'} closed.")
        lines.append(line(*said, " came in yesterday, ", *were))
    elif seen.role.tiles[0] == "backlog":
        lines.append(line("Tickets are not connected, so there are no numbers of support."))
    return Part("service", "API and support", tuple(lines))


def outlook(seen: Morning, why: list[Claim]) -> Part:
    """The run rate, called so: nothing here looks ahead yet."""
    arr = seen.figure("arr")
    if arr is None:
        said = line("There is no forecast, and no recurring revenue to take a run rate from.")
    else:
        head: Pieces = ("At this morning's committed MRR, a year comes to ", cell(arr))
        said = line(*head, ". That is a run rate, not a forecast; there is no forecast yet.")
    return Part("outlook", "Outlook", (said,))


def foot(seen: Morning, why: list[Claim]) -> Part:
    """As of when, what is late or missing, and why this came."""
    states = seen.facts["sources"]
    lines = [line("As known at ", _as_of(seen), ", by UTC days.")]
    parts: list[Pieces] = []
    for row in states.filter(pl.col("last_at").is_not_null()).iter_rows(named=True):
        key = {"source": str(row["source"])}
        last = at_time(seen.zone, ("sources", key, "last_at"), row["last_at"])
        state = "complete" if row["state"] == "complete" else f"{row['state']}, known"
        parts.append((source(str(row["source"])), f" {state} to ", last))
    if parts:
        lines.append(line("Data: ", *listed(parts[:SOURCES_MAX]), "."))
    lines += lost(seen)
    absent = states.filter(pl.col("state") == "absent")["source"].to_list()
    if absent:
        lines.append(line(f"Not connected: {', '.join(absent)}."))
    lines.append(
        line(
            f"You get this as {seen.name}, every morning. Change that in house.toml, "
            "under settings.intelligence.morning_briefing."
        )
    )
    return Part("foot", "About this briefing", tuple(lines))


SOURCES_MAX = 4


def _as_of(seen: Morning) -> Cell:
    """The one number that is no cell of a table: the instant that was asked for."""
    text = f"{time_text(seen.now, seen.zone)} {local(seen.now, seen.zone).year}"
    return Cell(
        text=text, unit=f"asked {seen.zone}", value=iso(seen.now), table="", key={}, column="at"
    )


PARTS: dict[str, Callable[[Morning, list[Claim]], Part]] = {
    "verdict": verdict,
    "decide": decide,
    "tiles": tiles,
    "changed": changed,
    "customers": customers,
    "service": service,
    "autopilot": autopilot,
    "outlook": outlook,
    "foot": foot,
}
