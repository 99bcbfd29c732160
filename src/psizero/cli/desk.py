"""The desk at the terminal: what waits, every parameter of it, and what people answer."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from textwrap import wrap

import msgspec
import polars as pl

from psizero.cli.report import emit
from psizero.cli.show import Format, hint, say, text
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.core.money import CURRENCY_DIGITS, Money
from psizero.house import desk
from psizero.house.alternatives import words
from psizero.house.home import House
from psizero.house.rows import objects
from psizero.house.stops import stops

WIDTH = 80
SHOWN_MAX = 20
_NESTED = ("counterfactual", "parameters", "evidence")
Row = Mapping[str, object]


def pending(house: House, key: str, at: datetime | None, format: Format) -> None:
    """Everything that waits, the oldest first, untruncated; then what is unknown, or for review.

    With a key, that one alone. Raises Problem where it does not wait, or names several.
    """
    waits, drawn = desk.pending(house, at), house.read("reviews", at)
    unknown = house.read("unsettled", at).sort("since", "decision").drop("open")
    if key:
        waits, drawn, unknown = _one(house, waits, key), drawn.clear(), unknown.clear()
    if format == "json":
        told = {"pending": objects(waits, _NESTED), "reviews": objects(drawn)}
        emit({**told, "unsettled": objects(unknown)})
        return
    for row in waits.iter_rows(named=True):
        _asked(house, row)
    if unknown.height:
        say(f"{unknown.height} called, and nobody knows whether done: settle ID done, or refused")
        called = ("automation", "verb", "subject", "connector", "since", "reason")
        text(unknown.select(pl.col("decision").str.head(12), *called))
    if drawn.height:
        say(f"{drawn.height} done by themselves and drawn for your review: approve, or override")
        text(drawn.select(pl.col("decision").str.head(12), "automation", "verb", "subject"))
    if waits.is_empty():
        say("nothing waits for an answer")
    for scope, said in sorted(stops(house.home).items()):
        hint(f"stopped: {scope} by {said['by']} ({said['because']}); psizero resume {scope}")


def _one(house: House, waits: pl.DataFrame, key: str) -> pl.DataFrame:
    found = waits.filter(pl.col("id").str.starts_with(key))
    if found.is_empty():
        desk.waiting(house, key)
    if found.height != 1:
        raise Problem(f"{found.height} decisions wait whose id begins with {key!r}")
    return found


def shown(house: House, keys: Sequence[str]) -> None:
    """What somebody is about to say yes to."""
    waits = desk.pending(house)
    meant = pl.any_horizontal(pl.lit(False), *(pl.col("id").str.starts_with(key) for key in keys))
    rows = waits.filter(meant)
    for row in rows.head(SHOWN_MAX).iter_rows(named=True):
        _asked(house, row)
    if rows.height > SHOWN_MAX:
        hint(f"and {rows.height - SHOWN_MAX} more: psizero pending shows every one")


def _asked(house: House, row: Row) -> None:
    evidence = msgspec.json.decode(str(row["evidence"]), type=dict[str, object])
    parameters = msgspec.json.decode(str(row["parameters"]), type=dict[str, object])
    say(f"{str(row['id'])[:12]}  {row['automation']} wants to {row['verb']} for {row['subject']}")
    _told("because", str(evidence["because"]))
    _told("asked for", f"clause {row['clause']}: {row['because']}")
    for name, value in words(house, str(row["id"]), parameters).items():
        page = name == "html" and name not in parameters
        _told(
            "with",
            f"{name} = {len(str(value)):,} characters, the same" if page else f"{name} = {value}",
        )
    _told("expected", f"{_stake(row)}; confidence {row['confidence']}")
    back = f", by {row['compensator']}" if row["compensator"] else ""
    _told("undone by", f"{row['reversibility']}{back}")
    _told("reaches", _reach(row))
    for line in _instead(house, row, str(evidence["counterfactual"])):
        _told(*line)
    if row["edited"]:
        _told("edited", "it is about to be replaced; what it becomes is asked at the next tick")
    answered = f"{row['approved_by'] or 'nobody'} of {row['approvals_min']}"
    until = row["answer_until"]
    silence = iso(until) if isinstance(until, datetime) else "for ever"
    say(f"  approved   {answered}; silence until {silence} is no")
    say("")


def _instead(house: House, row: Row, otherwise: str) -> Iterator[tuple[str, str]]:
    """What else there is: a no, an edit, other decisions, what would have needed no answer."""
    verb = house.members.verbs[str(row["verb"])]
    yield "if no", str(row["on_decline"])
    yield "by hand", f"{verb.manual_task} ({verb.manual_minutes:g} minutes)"
    if not verb.internal:
        yield "or else", f"psizero edit ID --set NAME=VALUE, of {', '.join(verb.parameters)}"
    others = row["others"]
    for one in others if isinstance(others, list) else []:
        yield "beside", f"{one['id'][:12]} {one['automation']}: {one['verb']}, {one['state']}"
    flip = msgspec.json.decode(str(row["counterfactual"]), type=dict[str, str | None])
    if flip:
        was, would_be = flip["was"] or "nothing", flip["would_be"] or "nothing"
        yield "flips", f"were {flip['input']} {would_be}, not {was}, it would pass this clause"
    if otherwise:
        yield "otherwise", otherwise


def _reach(row: Row) -> str:
    """Whom and what a yes touches, and how much of the same waits with it."""
    through, adds = (", ".join(map(str, _list(row[name]))) for name in ("connectors", "adds"))
    outside = f"{row['subject']} alone, on {row['channel']} through {through or 'no connector'}"
    inside = f"{row['subject']} alone; adds {adds}, nothing outside"
    return f"{inside if adds else outside}; {row['beside']} more of {row['automation']} wait"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _told(what: str, text: str) -> None:
    """A line, or several: nothing of it is cut."""
    head = f"  {what:<9}  "
    for part in text.splitlines() or [""]:
        for line in wrap(part, WIDTH, initial_indent=head, subsequent_indent=" " * 13) or [head]:
            say(line)
            head = " " * 13


def _stake(row: Row) -> str:
    """The money at stake with its interval, as expected."""
    currency, minor = row["currency"], row["worth_minor"]
    if not (isinstance(currency, str) and currency in CURRENCY_DIGITS and isinstance(minor, int)):
        return "no money"
    low, high = (
        Money(one, currency) if isinstance(one := row[name], int) else "unknown"
        for name in ("worth_low_minor", "worth_high_minor")
    )
    return f"{Money(minor, currency)}, at 80 % from {low} to {high}"
