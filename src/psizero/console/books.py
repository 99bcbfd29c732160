"""Books: the journal by account, to date and of one month, and whether it sums to nothing."""

from functools import partial
from typing import Annotated

import polars as pl
from litestar import Response, get
from litestar.params import QueryParameter

from psizero.api.access import Scope
from psizero.api.problem import Asked
from psizero.console.sheet import Values, rows_url, sheet
from psizero.core.clock import iso
from psizero.house.home import House
from psizero.house.rows import objects

DAYS_LINKED_MAX = 31
_ACCOUNT = ["currency", "account"]
Word = Annotated[str, QueryParameter(max_length=20)]
Row = dict[str, object]


@get("/money/books", scope=Scope.READ, include_in_schema=False)
async def books(request: Asked, month: Word = "") -> Response[str]:
    """Every account; a debit is more than nothing."""
    return await sheet(request, "books.html", partial(_read, month=month))


def _read(house: House, month: str) -> Values:
    journal = house.read("journal").select(*_ACCOUNT, "amount_minor", "booked_for")
    journal = journal.with_columns(month=pl.col("booked_for").dt.strftime("%Y-%m"))
    months = sorted(journal["month"].drop_nulls().unique(), reverse=True)
    month = month if month in months else next(iter(months), "")
    closed = house.read("months_closed").sort("entity")
    return {
        "month": month,
        "months": months,
        "accounts": accounts(journal, month),
        "sums": objects(journal.group_by("currency").agg(pl.col("amount_minor").sum())),
        "closed": objects(closed),
    }


def accounts(journal: pl.DataFrame, month: str) -> list[Row]:
    """Accounts with what is booked to date and in a month, each with the address of its rows."""
    inside = pl.col("month") == month
    found = journal.group_by(_ACCOUNT).agg(
        pl.col("amount_minor").sum(),
        month_minor=pl.col("amount_minor").filter(inside).sum(),
        days=pl.col("booked_for").filter(inside).unique().sort(),
    )
    rows = list[Row]()
    for row in found.sort(_ACCOUNT).iter_rows(named=True):
        key = {"currency": row["currency"], "account": row["account"]}
        days, linked = row.pop("days"), ""
        if 0 < len(days) <= DAYS_LINKED_MAX:
            linked = rows_url("journal", key | {"booked_for": [iso(day) for day in days]})
        rows.append(row | {"url": rows_url("journal", key), "month_url": linked})
    return rows


ROUTES = (books,)
