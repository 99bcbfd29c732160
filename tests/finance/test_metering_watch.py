"""Metering that went wrong among customers who are merely alive: what is found, and what is not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import duckdb
import numpy as np
import polars as pl
import pytest

from psizero.finance.automations.metering_watch import propose
from psizero.finance.oddities import Settings

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BEGIN, DAYS = datetime(2026, 8, 3), 60
CUSTOMERS = [f"customer-{number:02}" for number in range(40)]
NEVER_AT_WEEKENDS = CUSTOMERS[30:]
TIED = (0.9, 1.0, 1.1, 1.05, 0.95, 0.4, 0.35)
SQL = files("psizero.finance").joinpath("sql/metering_days.sql").read_text()
Row = tuple[str, str, str, datetime, datetime, Decimal]
Change = Callable[[Row], list[Row]]


def usage() -> list[Row]:
    """Forty customers of very different size, by six hours, with a week, growth and noise."""
    found = list[Row]()
    noise = np.random.default_rng(7).lognormal(0, 0.35, (len(CUSTOMERS), DAYS, 4))
    for place, customer in enumerate(CUSTOMERS):
        size = 40 * 1.25**place
        for number in range(DAYS):
            day = BEGIN + number * DAY
            share = TIED[day.weekday()]
            if customer in NEVER_AT_WEEKENDS and day.weekday() >= 5:
                continue
            for part in range(4):
                units = size * share * noise[place, number, part] * (1 + number / DAYS)
                at = day + 6 * part * HOUR
                amount = Decimal(max(1, round(units)))
                found.append((customer, "calls", "{}", at, at + HOUR, amount))
    return found


CALM = usage()


def changed(change: Change) -> pl.DataFrame:
    rows = [new for row in CALM for new in change(row)]
    names = ["customer", "meter", "properties", "start", "recorded", "quantity"]
    kept = dict.fromkeys(names[:3], pl.String()) | dict.fromkeys(names[3:5], pl.Datetime("us"))
    return pl.DataFrame(rows, schema=kept | {"quantity": pl.Decimal(38, 9)}, orient="row")


def found(usage_recorded: pl.DataFrame) -> set[tuple[str, str]]:
    """Whom the watch of the mornings of two weeks gives a task, and for what."""
    running = pl.DataFrame(
        {"customer": CUSTOMERS, "started_at": [BEGIN] * len(CUSTOMERS)},
        schema={"customer": pl.String, "started_at": pl.Datetime("us")},
    ).with_columns(ended_at=pl.lit(None, pl.Datetime("us")))
    with duckdb.connect() as db:
        db.register("everything", usage_recorded.to_arrow())
        db.register("subscriptions", running.to_arrow())
        said = set()
        for number in range(42, DAYS - 3):
            now = BEGIN + number * DAY + 6 * HOUR
            db.execute(
                "create or replace temp table usage_recorded as from everything "
                "where recorded + interval 15 minutes <= ?",
                [now],
            )
            days = db.sql(SQL, params={"now": now}).pl()
            for one in propose({"metering_days": days}, Settings(), now):
                said.add((one.subject, one.episode))
    return said


def on(row: Row, first: int, many: int = 1) -> bool:
    return BEGIN + first * DAY <= row[3] < BEGIN + (first + many) * DAY


def late(row: Row, days: int) -> Row:
    return (*row[:4], row[4] + days * DAY, row[5])


def times(row: Row, factor: str) -> Row:
    return (*row[:5], Decimal(round(row[5] * Decimal(factor))))


DECOYS: dict[str, Change] = {
    "nothing": lambda row: [row],
    "holiday": lambda row: [times(row, "0.3") if on(row, 45, 3) else row],
    "partial day": lambda row: [] if on(row, 45) and row[3].hour >= 12 else [row],
    "the feed of all stops": lambda row: [] if on(row, 45, 2) else [row],
    "late load": lambda row: [late(row, 2) if on(row, 45) else row],
    "a launch": lambda row: [times(row, "5") if on(row, 45, 4) else row],
}


@pytest.mark.parametrize("name", DECOYS)
def test_what_everybody_does_is_no_oddity_of_a_customer(name: str) -> None:
    assert found(changed(DECOYS[name])) == set()


BIG, SMALL = CUSTOMERS[25], CUSTOMERS[12]
CAUSES: dict[str, tuple[Change, set[tuple[str, str]]]] = {
    "a gap": (
        lambda row: [] if row[0] == BIG and on(row, 45, 4) else [row],
        {(BIG, "gap calls 2026-09-18")},
    ),
    "a jump": (
        lambda row: [times(row, "12") if row[0] == SMALL and on(row, 46, 3) else row],
        {(SMALL, "jump calls 2026-09-18")},
    ),
    "a load that came twice": (
        lambda row: [row, late(row, 1)] if row[0] == BIG and on(row, 45) else [row],
        {(BIG, "again calls 2026-09-17")},
    ),
    "a gap on a holiday of all": (
        lambda row: [] if row[0] == BIG and on(row, 45, 4) else DECOYS["holiday"](row),
        {(BIG, "gap calls 2026-09-18")},
    ),
}


@pytest.mark.parametrize("name", CAUSES)
def test_what_went_wrong_is_found_once_and_nobody_else_is_named(name: str) -> None:
    change, wanted = CAUSES[name]
    assert found(changed(change)) == wanted


def test_use_that_came_two_days_late_is_no_gap() -> None:
    def delayed(row: Row) -> list[Row]:
        return [late(row, 1) if row[0] == BIG and on(row, 45, 3) else row]

    assert found(changed(delayed)) == set()


def test_a_gap_that_the_table_cannot_show_is_refused() -> None:
    with pytest.raises(ValueError, match="six days"):
        Settings(gap_days=5)
