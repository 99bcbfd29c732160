"""What one role may see this morning: the tables, cut to its scope, and cells out of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
import polars as pl

from psizero.core.tables import Facts
from psizero.intelligence.days import Days, days_of
from psizero.intelligence.figures import Figure
from psizero.intelligence.prose import (
    UTC,
    Cell,
    amount,
    day_text,
    known_zone,
    name_text,
    plural,
    time_text,
    word_text,
)
from psizero.intelligence.roles import Role


class Morning(msgspec.Struct, frozen=True, kw_only=True):
    """`figures` by name and subject; `waiting` are the decisions that are this role's, `falls` its
    automations that fell a rung.

    `zone` is the company's, in which days and hours are said. `named_max`: how many of a kind are
    named, so that it stays short.
    """

    now: datetime
    name: str
    role: Role
    facts: Facts
    figures: Mapping[tuple[str, str], Figure]
    waiting: pl.DataFrame
    falls: pl.DataFrame
    currency: str
    meter: str
    days: Days = {}
    zone: str = UTC
    named_max: int = 2

    def figure(self, name: str) -> Figure | None:
        """That of the main currency or meter, or of the house."""
        places = (self.currency, self.meter, "")
        found = (self.figures.get((name, one)) for one in places)
        return next((one for one in found if one is not None), None)

    def of(self, name: str) -> list[Figure]:
        return [one for (known, _), one in self.figures.items() if known == name]


def morning(name: str, role: Role, facts: Facts, now: datetime) -> Morning:
    """The scope is applied here, to the tables; nothing later sees more."""
    rows = [msgspec.convert(row, Figure) for row in facts["figures"].iter_rows(named=True)]
    known = {(one.name, one.subject): one for one in rows}
    domain = pl.col("automation").str.split(".").list.first()
    theirs = pl.lit(True) if "*" in role.domains else domain.is_in(list(role.domains))
    paying = [one for one in rows if one.name == "paying"] or [
        one for one in rows if one.name == "invoiced_month"
    ]
    callers = [one for one in rows if one.name == "callers"]
    callers.sort(key=lambda one: (one.state == "late", -one.value, one.subject))
    return Morning(
        now=now,
        name=name,
        role=role,
        facts=facts,
        figures=known,
        waiting=facts["decisions_waiting"].filter(theirs),
        falls=facts["falls_daily"].filter(theirs),
        currency=min(((-one.value, one.subject) for one in paying), default=(0, ""))[1],
        meter=callers[0].subject if callers else "",
        days=days_of(facts["figures_daily"]),
        zone=_zone(facts["settings"]),
    )


def _zone(settings: pl.DataFrame) -> str:
    """The company's zone of house.toml; UTC where it says none."""
    said = settings.filter(pl.col("name") == "company.zone")["value"].to_list()
    found = msgspec.json.decode(said[0], type=str | None) if said else None
    return known_zone(found or UTC)


def cell(figure: Figure, column: str = "value", unit: str = "", size: bool = False) -> Cell:
    """A column of a figure; `size` says it without its sign, as words give the direction."""
    value = getattr(figure, column)
    unit = unit or ("share" if column == "change_share" else figure.unit)
    if column == "count":
        unit = "count"
    shown = abs(Decimal(value)) if size else Decimal(value)
    return Cell(
        text=amount(shown, unit, figure.subject),
        unit=f"size {unit}" if size else unit,
        value=str(value),
        table="figures",
        key={"name": figure.name, "subject": figure.subject},
        column=column,
    )


def day(figure: Figure) -> Cell:
    """The day of which a figure is."""
    key = {"name": figure.name, "subject": figure.subject}
    text, value = day_text(figure.day), figure.day.isoformat()
    return Cell(text=text, unit="day", value=value, table="figures", key=key, column="day")


def meter(figure: Figure) -> Cell:
    """The name of a figure's meter."""
    key = {"name": figure.name, "subject": figure.subject}
    said = {"text": word_text(figure.subject), "value": figure.subject, "unit": "word"}
    return Cell(**said, table="figures", key=key, column="subject")


def source(name_: str) -> Cell:
    """A source by the word that a person uses."""
    word = word_text(name_.removeprefix("meter ").removeprefix("activity "))
    key = {"source": name_}
    return Cell(text=word, unit="word", value=name_, table="sources", key=key, column="source")


Key = Mapping[str, str | Sequence[str]]


def name(table: str, key: Key, column: str) -> Cell:
    """An id, as the key names it."""
    value = str(key[column])
    return Cell(
        text=name_text(value), unit="name", value=value, table=table, key=key, column=column
    )


def at_time(zone: str, place: tuple[str, Key, str], value: object) -> Cell:
    """An instant that stands in a table, said in a zone."""
    at = _instant(value)
    (table, key, column), text = place, time_text(at, zone)
    unit, said = f"time {zone}", at.isoformat()
    return Cell(text=text, unit=unit, value=said, table=table, key=key, column=column)


def on_day(place: tuple[str, Key, str], value: object) -> Cell:
    """A day, by UTC, that stands in a table."""
    at = _instant(value)
    (table, key, column), text, said = place, day_text(at), at.isoformat()
    return Cell(text=text, unit="day", value=said, table=table, key=key, column=column)


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    raise TypeError(f"{value} is no instant")


def number(table: str, key: Key, column: str, said: tuple[object, str, str]) -> Cell:
    """Any other cell: its value, unit and currency."""
    value, unit, currency = said
    shown = Decimal(str(value))
    text = amount(abs(shown) if unit.startswith("size ") else shown, unit.split()[-1], currency)
    return Cell(text=text, unit=unit, value=str(value), table=table, key=key, column=column)


def counted(figure: Figure, column: str, one: str, many: str = "") -> tuple[Cell, str]:
    """A count and its noun: 1 customer, 3 customers."""
    return cell(figure, column, "count"), f" {plural(Decimal(getattr(figure, column)), one, many)}"
