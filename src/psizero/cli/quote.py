"""`psizero quote`: what any use, seats and changes would cost, priced against any price book."""

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import polars as pl
from cyclopts import Parameter

from psizero.cli.report import emit
from psizero.cli.show import Format, say
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.core.money import CURRENCY_DIGITS, EXACT, Money
from psizero.core.tables import Catalog, Facts
from psizero.engine.sight import Sight
from psizero.finance.book import in_table
from psizero.finance.prices import price_rows
from psizero.finance.quote_document import Document, book_document, document, requests
from psizero.house.charter import document_of, read_text
from psizero.house.home import opened
from psizero.house.members import members
from psizero.house.rows import objects
from psizero.store.duck import DuckStore
from psizero.store.keys import Keys

TABLE = "quote"
_NOWHERE = Path(":memory:")
_LINE = "kind description plan price_version meter quantity period_start period_end precise".split()


def quote(
    file: Annotated[
        Path, Parameter(help="What is asked, as JSON; - is stdin.", allow_leading_hyphen=True)
    ],
    /,
    *,
    prices: Annotated[Path | None, Parameter(help="A price book (TOML).")] = None,
    home: Annotated[Path | None, Parameter(help="A house, whose price book is taken.")] = None,
    format: Annotated[
        Format, Parameter(name="--format", help="JSON, or text for people.")
    ] = "json",
) -> None:
    """What any use, seats and changes would cost, with every step. Nothing is written."""
    asked = _document(file, home)
    given = {"quote_request": requests(asked), **_book(asked, prices, home, file.name)}
    frame = _read(given, home)
    names = given["quote_request"]["quote"]
    if format == "json":
        emit({"quotes": [_quote(name, frame.filter(quote=name)) for name in names]})
    else:
        for name in names:
            _told(name, frame.filter(quote=name))


def _document(file: Path, home: Path | None) -> Document:
    if str(file) != "-":
        return document(read_text(file), file.name)
    if home is not None:  # the house may be run by another process, which has another stdin
        raise Problem("with --home the quotes come from a file, not from stdin")
    try:
        return document(sys.stdin.read(), "stdin")
    except UnicodeDecodeError:
        raise Problem("stdin is no UTF-8 text") from None


def _book(asked: Document, book: Path | None, home: Path | None, origin: str) -> Facts:
    """The price book that is given instead of the house's, if any is."""
    if asked.prices and book is not None:
        raise Problem(f"{origin} has prices of its own: leave them out, or --prices")
    if asked.prices:
        return {"prices": in_table(price_rows(book_document(asked.prices), origin))}
    if book is not None:
        return {"prices": in_table(price_rows(document_of(book, read_text(book)), book.name))}
    if home is None:
        raise Problem(f"{origin} has no `prices`: name a price book with --prices or --home")
    return {}


def _read(given: Facts, home: Path | None) -> pl.DataFrame:
    """The table as every derived one is read; without a home over a store that holds nothing."""
    if home is not None:
        with opened(home) as house:
            return house.read(TABLE, given=given)
    catalog = Catalog({}, {TABLE: members().catalog.tables[TABLE]}, {})
    store = DuckStore(_NOWHERE, catalog, Keys(_NOWHERE))
    try:
        return Sight(store, catalog).facts((TABLE,), (datetime.min, None), given)[TABLE]
    finally:
        store.close()


def _quote(name: str, rows: pl.DataFrame) -> dict[str, object]:
    bills = [_bill(lines) for _, lines in rows.group_by("bill", maintain_order=True)]
    return {
        "name": name,
        "currency": rows["currency"][0],
        "bills": bills,
        **_sums(rows),
    }


def _bill(rows: pl.DataFrame) -> dict[str, object]:
    lines = objects(rows, ("steps", "taxes"))
    first = lines[0]
    return {
        "number": first["bill"],
        "start": first["bill_start"],
        "end": first["bill_end"],
        "interim": first["interim"],
        "lines": [
            {name: line[name] for name in _LINE}
            | {"amount": line["amount_minor"], "tax": line["tax_minor"]}
            | {"taxes": line["taxes"], "steps": line["steps"]}
            for line in lines
        ],
        **_sums(rows),
    }


def _sums(rows: pl.DataFrame) -> dict[str, int]:
    """Minor units; exact, since whole numbers are added."""
    net, tax = sum(rows["amount_minor"]), sum(rows["tax_minor"])
    return {"net": net, "tax": tax, "total": net + tax}


def _told(name: str, rows: pl.DataFrame) -> None:
    """A quote as a person reads it."""
    currency = rows["currency"][0]
    for (number,), lines in rows.group_by("bill", maintain_order=True):
        first = lines.row(0, named=True)
        interim = ", interim" if first["interim"] else ""
        span = _span(first["bill_start"], first["bill_end"])
        say(f"Quote {name}, bill {number}: {span} (UTC, end excluded{interim})")
        spans = lines.select("bill_start", "bill_end", "period_start", "period_end").rows()
        for line, (start, end, *own) in zip(objects(lines, ("steps", "taxes")), spans, strict=True):
            part = "" if first["interim"] or own == [start, end] else f" ({_span(*own)})"
            said = f"{line['description']}{part}"
            say(f"  {said:<62}{_amount(line['amount_minor'], currency):>16}")
            for text in _explained(line, currency):
                say(f"      {text}")
        for label, minor in _sums(lines).items():
            if minor or label != "tax":
                say(f"  {label:<62}{_amount(minor, currency):>16}")
    if rows["bill"].n_unique() > 1:
        say(f"Quote {name}: {Money(_sums(rows)['total'], currency)} in all")


def _explained(line: Mapping[str, object], currency: str) -> Iterator[str]:
    """The steps of a line, and each tax that has a name."""
    steps, taxes = line["steps"], line["taxes"]
    for step in steps if isinstance(steps, list) else []:
        yield f"{step['label']}: {_step(step)}"
    for tax in taxes if isinstance(taxes, list) else []:
        yield f"{tax['name']} at {tax['share']}: tax of {_amount(tax['tax'], currency)}"


def _step(step: Mapping[str, str]) -> str:
    """How an amount comes about; of a part of a period it is a share of units at their rate."""
    units, rate, amount = (Decimal(step[name]) for name in ("units", "rate", "amount"))
    how = f"{step['units']} at {step['rate']}"
    if EXACT.multiply(units, rate) == amount:
        return f"{how} = {step['amount']}"
    return f"{step['amount']}, of {how}" if units else step["amount"]


def _amount(minor: object, currency: str) -> str:
    digits = CURRENCY_DIGITS[currency]
    return f"{Decimal(str(minor)).scaleb(-digits):,.{digits}f}"


def _span(start: datetime, end: datetime) -> str:
    """Two days, with their times where these are no midnights of UTC."""
    shown = (at.date().isoformat() if at.time() == time.min else iso(at) for at in (start, end))
    return " to ".join(shown)
