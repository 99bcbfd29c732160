"""A home with monthly contracts that begin in mid-September 2026, flown to its books."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from psizero.core.policy import Level
from psizero.finance.prices import price_rows
from psizero.house.home import House
from tests.toy.town import entered, fly, founded, subscribed, take, used

BEGIN = datetime(2026, 9, 15)
LATE_AT = datetime(2026, 11, 20, 1)
END = datetime(2026, 12, 10)
DAY = timedelta(days=1)
GRANTED = ("invoicing", "revenue_close", "collection", "refund_credit")
LEVELS = {f"finance.{name}": Level.AUTO for name in GRANTED}
SETTINGS = '[settings."finance.refund_credit"]\nwrite_off_days = 35\n'
_CALLS: Mapping[str, object] = {
    "meter": "calls",
    "included": "50",
    "mode": "graduated",
    "tiers": [{"up_to": "300", "rate": "0.10"}, {"rate": "0.0333"}],
}


def _price(plan: str, interval: str, base: str) -> dict[str, object]:
    named = {"plan": plan, "version": 1, "valid_from": datetime(2026, 9, 1), "currency": "EUR"}
    terms = {"base": base, "minimum": "10", "tax_share": "0.19", "meter": [_CALLS]}
    return {**named, **terms, "interval": interval, "interval_count": 1}


def late_use(house: House) -> None:
    """In November it becomes known that Ada used more in October, on an invoiced day."""
    fly(house, LATE_AT)
    more = used("ada", datetime(2026, 10, 20, 1), "1000")
    take(house, "usage.recorded", [more], house.now)


def paid_and_given_back(house: House) -> None:
    """Ada's first invoice fails for good and is given up; of the second 5.00 EUR are given back.

    In December she pays that, and 10.00 EUR too much.
    """
    fly(house, datetime(2026, 11, 17))
    numbers = house.read("invoices").filter(pl.col("subject") == "ada")["number"].sort()
    first, second = (str(number) for number in numbers)
    money = {"subject": "ada", "currency": "EUR", "amount_minor": 500}
    failed = {**money, "id": "no", "occurred_at": datetime(2026, 10, 18), "invoice": first}
    take(house, "payment.failed", [failed | {"decline_code": "lost_card"}], house.now)
    back = {**money, "id": "back", "occurred_at": LATE_AT, "invoice": second}
    take(house, "credit.asked", [back | {"reason": "outage"}], END)
    fly(house, LATE_AT + DAY)
    (owed,) = house.read("receivables").filter(pl.col("invoice") == second).iter_rows(named=True)
    minor = owed["total_minor"] - owed["applied_minor"] + 1_000
    came = {**money, "id": "came", "occurred_at": datetime(2026, 12, 1, 9), "amount_minor": minor}
    take(house, "payment.succeeded", [came | {"invoice": second}], END)


Then = Callable[[House], None]


def booked(home: Path, then: Then | None = None, until: datetime = END) -> Path:
    """Ada by the month, Bob by the year, Dan by the week until he leaves; use every 7 hours."""
    founded(home, LEVELS, toml=SETTINGS)
    plans = {"ada": "monthly", "bob": "yearly", "dan": "weekly"}
    with entered(home) as house:
        prices = [_price("monthly", "month", "31.00"), _price("yearly", "year", "365.01")]
        prices.append(_price("weekly", "week", "9.99"))
        rows = price_rows({"price": prices}, "prices.toml")
        house.store.append(house.members.catalog.kinds["price.set"], rows)
        hour = timedelta(hours=5, minutes=15)
        starts = [subscribed(name, plan, BEGIN + hour) for name, plan in plans.items()]
        take(house, "subscription.started", starts)
        ended = {"id": "end", "subject": "dan", "occurred_at": datetime(2026, 10, 28, 3)}
        take(house, "subscription.ended", [{**ended, "subscription": "dan"}], END)
        hours = [BEGIN + hour + timedelta(hours=7 * step) for step in range(330)]
        take(house, "usage.recorded", [used(n, at, "3.5") for n in plans for at in hours], END)
        if then is not None:
            then(house)
        fly(house, until)
    return home
