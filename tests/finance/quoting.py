"""Quotes in few words: a request as a document has it, priced as the table does."""

import tomllib
from datetime import datetime

import msgspec
import polars as pl

from psizero.finance.book import in_table
from psizero.finance.prices import price_rows
from psizero.finance.quote import quoted
from psizero.finance.quote_document import document, requests

BOOK = """
[[price]]
plan = "{plan}"
version = {version}
valid_from = {valid_from}
currency = "{currency}"
interval = "{interval}"
base = "{base}"
minimum = "0"
tax_share = "0"
[[price.meter]]
meter = "calls"
included = "{included}"
mode = "per_unit"
rate = "1"
"""
USUAL = {"plan": "small", "version": 1, "valid_from": "2020-01-01", "currency": "USD"}
USUAL |= {"interval": "month", "base": "30", "included": "0"}


def book(*prices: dict[str, object]) -> str:
    """A price book; what a price does not name is as usual."""
    return "".join(BOOK.format(**{**USUAL, **one}) for one in prices)


def quote(prices: str, *said: dict[str, object]) -> pl.DataFrame:
    """The table `quote` for requests, under a price book in TOML."""
    found = document(msgspec.json.encode({"quotes": said}).decode(), "quotes.json")
    table = in_table(price_rows(tomllib.loads(prices), "book.toml"))
    given = {"quote_request": requests(found), "prices": table}
    return quoted(given, datetime(2026, 1, 1)).sort("quote", "bill", "line")


def told(frame: pl.DataFrame) -> list[str]:
    """Each line: when, what, and minor units."""
    return [
        f"{start:%m-%d} {end:%m-%d} {text}: {amount}"
        for start, end, text, amount in frame.select(
            "period_start", "period_end", "description", "amount_minor"
        ).iter_rows()
    ]


def used(*rows: tuple[str, str]) -> list[dict[str, str]]:
    """Calls by instant."""
    return [{"meter": "calls", "quantity": quantity, "at": at} for at, quantity in rows]
