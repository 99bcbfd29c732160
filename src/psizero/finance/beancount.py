"""The journal as other programs read it: Beancount's text, and rows for a spreadsheet.

Beancount's language: https://beancount.github.io/docs/beancount_language_syntax.html
"""

from collections.abc import Iterator
from datetime import date

import polars as pl

from psizero.core.content import decimal_text
from psizero.core.money import CURRENCY_DIGITS
from psizero.finance.books import CASH, CUSTOMER_CREDIT, PREPAID, RECEIVABLE, TAX_PAYABLE
from psizero.finance.lines import major

_ROOTS = {RECEIVABLE: "Assets", CASH: "Assets", CUSTOMER_CREDIT: "Liabilities"}
_ROOTS |= {TAX_PAYABLE: "Liabilities", "contract": "Liabilities", "revenue": "Income"}
_ROOTS |= {"expense": "Expenses", PREPAID: "Liabilities"}
_ENTRY = ["entry", "currency", "recorded_at"]


def account_name(account: str) -> str:
    """contract:subscription is Liabilities:Contract:Subscription; unknown ones are equity."""
    parts = account.split(":")
    words = [part.replace("_", "-").title() for part in parts]
    return ":".join([_ROOTS.get(parts[0], "Equity"), *words])


def dated(journal: pl.DataFrame) -> pl.DataFrame:
    """The journal in its order, with `date`, the last day of what an entry is booked for."""
    day = (pl.col("booked_for") - pl.duration(microseconds=1)).dt.date()
    return journal.sort("position").with_columns(date=day)


def rows(journal: pl.DataFrame) -> pl.DataFrame:
    """One row a side: date, entry, subject, account, currency, amount in major units as text."""
    found = dated(journal)
    pairs = found.select("amount_minor", "currency").iter_rows()
    amounts = [decimal_text(major(minor, currency)) for minor, currency in pairs]
    return found.select(
        pl.col("date").dt.strftime("%Y-%m-%d"),
        "entry",
        "subject",
        "account",
        "currency",
        pl.Series("amount", amounts, dtype=pl.String),
        "amount_minor",
        "booked_for",
        "recorded_at",
        "position",
    )


def text(journal: pl.DataFrame, title: str) -> str:
    """The whole journal as one Beancount file: accounts opened, then every entry."""
    found = dated(journal)
    return "\n".join([*_opened(found, title), *_transactions(found)]) + "\n"


def _opened(found: pl.DataFrame, title: str) -> Iterator[str]:
    yield f"option {_quoted('title')} {_quoted(title)}"
    for currency in found["currency"].unique().sort():
        yield f'option "operating_currency" "{currency}"'
    first = found["date"].min()
    names = sorted({account_name(one) for one in found["account"].unique()})
    opened = first.isoformat() if isinstance(first, date) else ""
    yield from (f"{opened} open {name}" for name in names)


def _transactions(found: pl.DataFrame) -> Iterator[str]:
    wanted = ["date", "subject", "entry", "currency", "recorded_at", "account", "amount_minor"]
    before: object = None
    order = found.with_columns(first=pl.col("position").min().over(_ENTRY)).sort(
        "first", "position"
    )
    for row in order.select(wanted).iter_rows():
        day, subject, entry, currency, recorded_at, account, minor = row
        if (entry, currency, recorded_at) != before:
            before = (entry, currency, recorded_at)
            yield f"\n{day} * {_quoted(subject)} {_quoted(entry)}"
        amount = f"{major(minor, currency):.{CURRENCY_DIGITS[currency]}f}"
        yield f"  {account_name(account):<40} {amount:>16} {currency}"


def _quoted(said: str) -> str:
    """A text that cannot end its own quotes, on one line."""
    plain = " ".join(said.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
