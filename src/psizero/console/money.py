"""Money: what recurs and how it moved, who stays, and the ways to invoices, dunning and books."""

from datetime import datetime
from functools import partial
from typing import Annotated

import polars as pl
from litestar import Response, get
from litestar.params import QueryParameter

from psizero.api.access import Scope
from psizero.api.problem import Asked
from psizero.console.chart import GAINS, LOSSES, Bar, bars, bridge, shade
from psizero.console.sheet import Values, rows_url, sheet
from psizero.core.clock import iso
from psizero.house.home import House
from psizero.house.rows import objects

MONTHS_SHOWN_MAX, AGES_SHOWN_MAX = 12, 12
Word = Annotated[str, QueryParameter(max_length=20)]
Row = dict[str, object]


@get("/money", scope=Scope.READ, include_in_schema=False)
async def money(
    request: Asked, currency: Word = "", month: Word = "", by: Word = "mrr"
) -> Response[str]:
    """The bridge of a month, the months before it, and the cohorts, of one currency."""
    asked = (currency, month, "customers" if by == "customers" else "mrr")
    return await sheet(request, "money.html", partial(_read, asked=asked))


def _read(house: House, asked: tuple[str, str, str]) -> Values:
    wanted, month, by = asked
    now, months = house.read("mrr_now"), house.read("mrr")
    currencies = sorted({*now["currency"], *months["currency"]})
    currency = wanted if wanted in currencies else next(iter(currencies), "")
    mine = pl.col("currency") == currency
    months, moved = months.filter(mine), house.read("mrr_movements").filter(mine)
    names = [f"{one:%Y-%m}" for one in moved["period_start"]]
    month = month if month in names else (names[-1] if names else "")
    bridged, cut = _bridged(house, moved.filter(pl.Series(names) == month)) if names else ([], 0)
    return {
        "currency": currency,
        "currencies": currencies,
        "now": objects(now.filter(mine)),
        "month": month,
        "months": names[::-1][:MONTHS_SHOWN_MAX],
        "bridge": bridged,
        "cut": cut,
        "history": _history(months.tail(MONTHS_SHOWN_MAX)),
        "by": by,
        "cohorts": cohorts(house.read("cohorts").filter(mine), by),
        "ages": AGES_SHOWN_MAX,
        "states": _states(house, currency),
    }


def _bridged(house: House, row: pl.DataFrame) -> tuple[list[tuple[Bar, str]], int]:
    """The bars of a month, each with the address of its rows, and where their column begins."""
    (one,) = row.iter_rows(named=True)
    head = {"currency": one["currency"], "period_start": iso(one["period_start"])}
    inside = pl.col("day").is_between(one["period_start"], one["period_end"], closed="left")
    changed = house.read("mrr_changes").filter(inside, pl.col("currency") == one["currency"])
    found, (drawn, cut) = [], bridge(one)
    for bar in drawn:
        url = rows_url("mrr_movements", head)
        if bar.label in (*GAINS, *LOSSES) and bar.minor:
            days = changed.filter(pl.col("movement") == bar.label)["day"].unique().sort()
            key = {"currency": one["currency"], "movement": bar.label}
            url = rows_url("mrr_changes", key | {"day": [iso(day) for day in days]})
        found.append((bar, url))
    return found, cut


def _history(months: pl.DataFrame) -> list[tuple[Bar, Row, str]]:
    """MRR at the end of each month, the last one first."""
    rows = list(months.reverse().iter_rows(named=True))
    drawn = bars([(f"{row['period_start']:%Y-%m}", row["mrr_minor"]) for row in rows])
    keys = [{"currency": row["currency"], "period_start": iso(row["period_start"])} for row in rows]
    return [
        (bar, row, rows_url("mrr", key)) for bar, row, key in zip(drawn, rows, keys, strict=True)
    ]


def cohorts(frame: pl.DataFrame, by: str) -> list[Row]:
    """A row a cohort, the last one first: what it began with, and each age's share and shade."""
    found = list[Row]()
    for (cohort,), rows in frame.partition_by("cohort", as_dict=True).items():
        first = rows.sort("age_months").head(AGES_SHOWN_MAX)
        began = first.row(0, named=True)
        key = {"currency": began["currency"], "cohort": _instant(cohort)}
        cells = [
            {
                "share": row[f"{by}_share"],
                "shade": shade(row[f"{by}_share"]),
                "url": rows_url("cohorts", key | {"age_months": row["age_months"]}),
            }
            for row in first.iter_rows(named=True)
        ]
        start = {name: began[name] for name in ("start_customers", "start_minor")}
        found.append({"cohort": key["cohort"][:7], "cells": cells, **start})
    return sorted(found, key=lambda one: str(one["cohort"]), reverse=True)


def _instant(value: object) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)


def _states(house: House, currency: str) -> list[Row]:
    """How many invoices are in which state, and what is owed of them."""
    every = house.read("invoice_states").filter(
        (pl.col("currency") == currency) | pl.col("currency").is_null()
    )
    sums = [pl.len().alias("invoices"), pl.col("total_minor", "owed_minor").sum()]
    return objects(every.group_by("state").agg(sums).sort("state"))


ROUTES = (money,)
