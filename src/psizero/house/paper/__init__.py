"""An invoice on paper: what was issued, from whom to whom, and the use that a customer can check.

Everything is as known when the invoice was issued, so that it is the same paper for ever; only a
name that was erased since is gone. Typst sets it: the text of others reaches it as values, never as
markup, and nothing but the fonts that come with it is read.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import msgspec
import polars as pl

from psizero.core.content import canonical, decimal_text
from psizero.core.errors import Problem
from psizero.core.money import CURRENCY_DIGITS
from psizero.house.home import House

_USE_ROWS_MAX, _METERS_MAX = 500, 6


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells, or who buys, as far as it is known."""

    name: str
    address: tuple[str, ...] = ()
    country: str = ""
    tax_id: str = ""


class _Step(msgspec.Struct, frozen=True):
    label: str = ""
    units: str | None = None
    rate: str | None = None
    amount: str = ""


class _Line(msgspec.Struct, frozen=True):
    """What a paper takes from a line, as `invoices` has it."""

    description: str
    period_start: datetime
    period_end: datetime
    amount: int
    meter: str = ""
    tax: int = 0
    steps: tuple[_Step, ...] = ()


class _Invoice(msgspec.Struct, frozen=True):
    """What a paper takes from an invoice."""

    subject: str
    period_start: datetime
    period_end: datetime
    billed_through: datetime
    currency: str
    lines: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what, its steps, and its amount as a person reads it."""

    description: str
    period: str
    steps: tuple[str, ...]
    amount: str
    tax: str


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """All that stands on it, as text."""

    title: str
    number: str
    issued_on: date
    currency: str
    seller: Party
    buyer: Party
    plan: str
    period: str
    rows: tuple[Row, ...]
    net: str
    tax: str
    total: str
    bank: str
    known: str
    use: tuple[tuple[str, ...], ...]
    proof: str


def paper(house: House, number: int) -> Paper:
    """What stands on an invoice. Raises Problem where there is none of this number."""
    found = house.read("invoices").filter(pl.col("number") == number)
    if found.is_empty():
        raise Problem(f"there is no invoice {number}", f"psizero invoices --home {house.home}")
    row, at = found.row(0, named=True), _issued(found)
    held = msgspec.convert(row, _Invoice)
    digits, said = CURRENCY_DIGITS[held.currency], _company(house, at)
    lines = msgspec.json.decode(held.lines, type=tuple[_Line, ...])
    return Paper(
        title="Correction" if row["correction"] else "Invoice",
        number=str(number),
        issued_on=at.date(),
        currency=held.currency,
        seller=seller(said),
        buyer=buyer(house, held.subject),
        plan=row["plan"],
        period=_period(held.period_start, held.period_end),
        rows=tuple(_row(line, digits) for line in lines),
        net=_amount(row["net_minor"], digits),
        tax=_amount(row["tax_minor"], digits),
        total=_amount(row["total_minor"], digits),
        bank=str(said.get("company.bank", "")),
        known=f"{held.billed_through:%Y-%m-%d %H:%M} UTC",
        use=_use(house, held, sorted({line.meter for line in lines if line.meter})),
        proof=row["cause"],
    )


def pdf(said: Paper) -> bytes:
    """The paper as PDF/A-3b; the same bytes for the same paper."""
    import typst  # a compiler of 20 MB that only those load who want a PDF

    template = files("psizero.house.paper").joinpath("invoice.typ").read_bytes()
    values = {"paper": canonical(msgspec.to_builtins(said))}
    return typst.compile(
        template, sys_inputs=values, ignore_system_fonts=True, format="pdf", pdf_standards=["a-3b"]
    )


def seller(said: dict[str, object]) -> Party:
    """The company of house.toml."""
    return Party(
        name=str(said.get("company.name", "")),
        address=tuple(str(said.get("company.address", "")).split("\n")),
        country=str(said.get("company.country", "")),
        tax_id=str(said.get("company.tax_id", "")),
    )


def buyer(house: House, customer: str) -> Party:
    """The customer by name, else by the id it has."""
    kind = house.members.catalog.kinds["customer.created"]
    keys = pl.DataFrame({"subject": [customer]})
    rows = house.store.read_of(kind.table, keys, house.now)
    if rows.is_empty():
        return Party(name=customer)
    shown = house.keys.decrypt(kind, rows).row(-1, named=True)
    return Party(name=shown["name"] or customer, country=shown["country"] or "")


def _issued(found: pl.DataFrame) -> datetime:
    at: datetime = found["occurred_at"][0]
    return at


def _company(house: House, at: datetime) -> dict[str, object]:
    """What house.toml said of the company when the invoice was issued."""
    settings = house.read("settings", at)
    held = settings.filter(pl.col("name").str.starts_with("company."))
    said = {name: msgspec.json.decode(value) for name, value in held.select("name", "value").rows()}
    founded = house.read("house_founded").row(0, named=True)
    return {"company.name": founded["company"]} | said


def _row(line: _Line, digits: int) -> Row:
    return Row(
        description=line.description,
        period=_period(line.period_start, line.period_end),
        steps=tuple(map(_said, line.steps)),
        amount=_amount(line.amount, digits),
        tax=_amount(line.tax, digits),
    )


def _said(step: _Step) -> str:
    """One step to an amount: how many at which rate, where it has both."""
    counted = ""
    if step.units and step.rate:
        counted = f"{_count(Decimal(step.units))} at {step.rate} = "
    return f"{step.label}: {counted}{step.amount}"


def _use(house: House, held: _Invoice, meters: list[str]) -> tuple[tuple[str, ...], ...]:
    """A heading, days and sums: the use of what is on the lines, as far as the invoice knew of it.

    A column for each meter; where those are many, a row for each day and meter.
    """
    keys = pl.DataFrame({"customer": [held.subject]})
    found = house.store.read_of("usage_recorded", keys, house.now)
    inside = pl.col("start").is_between(held.period_start, held.period_end, closed="left")
    inside &= pl.col("meter").is_in(meters)
    days = (
        found.filter(inside & (pl.col("recorded") < held.billed_through))
        .group_by(day=pl.col("start").dt.date().cast(pl.String), meter="meter")
        .agg(pl.col("quantity").sum())
        .sort("day", "meter")
    )
    if len(meters) > _METERS_MAX:
        listed = days.head(_USE_ROWS_MAX).rows()
        return (("Day (UTC)", "Meter", "Quantity"), *((d, m, _count(q)) for d, m, q in listed))
    if days.is_empty():
        return ()
    wide = days.pivot("meter", on_columns=meters, index="day", values="quantity")
    sums = wide.select(meters).sum().row(0)
    rows = ((day, *map(_count, counts)) for day, *counts in wide.select("day", *meters).rows())
    return (("Day (UTC)", *meters), *rows, ("Sum", *map(_count, sums)))


def _count(value: Decimal | None) -> str:
    return "" if value is None else f"{Decimal(decimal_text(value)):,}"


def _period(start: datetime, end: datetime) -> str:
    """The days of a period, the last one included."""
    last = end - timedelta(microseconds=1)
    return f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"


def _amount(minor: int, digits: int) -> str:
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f}"
