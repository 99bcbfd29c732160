"""The desk at the terminal: what waits, every parameter of it, and what people answer."""

from datetime import datetime
from textwrap import wrap

import msgspec
import polars as pl

from psizero.cli.report import emit, objects
from psizero.cli.show import Format, hint, say, text
from psizero.core.clock import iso
from psizero.core.money import CURRENCY_DIGITS, Money
from psizero.house.desk import pending as waiting
from psizero.house.home import House
from psizero.house.stops import stops

WIDTH = 80


def pending(house: House, at: datetime | None, format: Format) -> None:
    """Everything that waits, the oldest first, untruncated; then what is drawn for review."""
    waits, drawn = waiting(house, at), house.read("reviews", at)
    if format == "json":
        rows = objects(waits, ["parameters", "evidence"])
        emit({"pending": rows, "reviews": objects(drawn)})
        return
    for row in waits.iter_rows(named=True):
        _asked(house, row)
    if drawn.height:
        say(f"{drawn.height} done by themselves and drawn for your review: approve, or override")
        text(drawn.select(pl.col("decision").str.head(12), "automation", "verb", "subject"))
    if waits.is_empty():
        say("nothing waits for an answer")
    for scope, said in sorted(stops(house.home).items()):
        hint(f"stopped: {scope} by {said['by']} ({said['because']}); psizero resume {scope}")


def _asked(house: House, row: dict[str, object]) -> None:
    verb = house.members.verbs[str(row["verb"])]
    evidence = msgspec.json.decode(str(row["evidence"]), type=dict[str, object])
    parameters = msgspec.json.decode(str(row["parameters"]), type=dict[str, object])
    say(f"{str(row['id'])[:12]}  {row['automation']} wants to {row['verb']} for {row['subject']}")
    _told("because", str(evidence["because"]))
    _told("asked for", f"clause {row['clause']}: {row['because']}")
    for name, value in parameters.items():
        _told("with", f"{name} = {value}")
    say(f"  at stake   {_stake(row)}; confidence {row['confidence']}")
    say(f"  undone by  {verb.reversibility.value}")
    answered = f"{row['approved_by'] or 'nobody'} of {row['approvals_min']}"
    until = row["answer_until"]
    silence = iso(until) if isinstance(until, datetime) else "for ever"
    say(f"  approved   {answered}; silence until {silence} is no")
    say("")


def _told(what: str, text: str) -> None:
    """A line, or several: nothing of it is cut."""
    head = f"  {what:<9}  "
    for line in wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)) or [head]:
        say(line)


def _stake(row: dict[str, object]) -> str:
    currency, minor = row["currency"], row["money_minor"]
    if isinstance(currency, str) and currency in CURRENCY_DIGITS and isinstance(minor, int):
        return str(Money(minor, currency))
    return "no money"
