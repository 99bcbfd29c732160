"""MRR case by case, as an owner would check it; and in a house that bills and learns late."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.finance.prices import price_rows
from psizero.house.home import House
from tests.finance.mrr_model import Subscription, Version
from tests.finance.mrr_tables import computed
from tests.toy.town import entered, fly, founded, take

JAN, FEB, MAR, APR = (datetime(2026, month, 1) for month in (1, 2, 3, 4))
DAY = timedelta(days=1)
LONG_AGO = datetime(2025, 1, 1)


def plan(name: str, base: str | None, interval: str = "month", count: int = 1) -> Version:
    return Version(name, 1, LONG_AGO, "USD", interval, count, base)


def on(
    name: str, customer: str, start: datetime, end: datetime | None = None, seats: int = 1
) -> Subscription:
    """A subscription to the plan of that name."""
    return Subscription(f"{customer} {name} {start}", customer, name, seats, start, end)


def months(table: str, *said: Subscription | Version, now: datetime = APR) -> list[dict[str, Any]]:
    book = [one for one in said if isinstance(one, Version)]
    return computed(([one for one in said if isinstance(one, Subscription)], book), now)[
        table
    ].to_dicts()


def moved(*said: Subscription | Version, now: datetime = APR) -> list[dict[str, int]]:
    """The movements of each month that are not zero, in minor units."""
    kinds = ("new", "reactivation", "expansion", "contraction", "churn")
    return [
        {one: row[f"{one}_minor"] for one in kinds if row[f"{one}_minor"]}
        for row in months("mrr_movements", *said, now=now)
    ]


BASIC, PRO = plan("basic", "10"), plan("pro", "25")


@pytest.mark.parametrize(
    ("base", "interval", "count", "minor"),
    [
        ("50", "week", 2, 10833),
        ("12", "week", 1, 5200),
        ("1", "day", 1, 3042),
        ("30", "day", 30, 3042),
        ("99", "month", 1, 9900),
        ("100", "month", 3, 3333),
        ("100", "month", 12, 833),
        ("1010", "year", 1, 8417),
        ("240", "year", 2, 1000),
        ("0.06", "year", 1, 1),
        ("0.0599", "year", 1, 0),
    ],
)
def test_a_fee_is_normalised_to_a_month(base: str, interval: str, count: int, minor: int) -> None:
    rows = months("mrr_now", plan("p", base, interval, count), on("p", "a", JAN))
    assert [(row["mrr_minor"], row["customers"]) for row in rows] == [(minor, int(minor > 0))]


def test_a_customer_is_rounded_once_and_exactly() -> None:
    """Three sixths of a cent are half a cent, which is one: no third is lost on the way."""
    sixth = plan("p", "0.02", "year")
    three = [on("p", "a", JAN), on("p", "a", JAN + DAY), on("p", "a", JAN + 2 * DAY)]
    assert months("mrr_now", sixth, *three)[0]["mrr_minor"] == 1
    apart = [on("p", name, JAN) for name in "abc"]
    assert months("mrr_now", sixth, *apart)[0]["mrr_minor"] == 0


def test_the_fee_is_for_each_seat() -> None:
    assert months("mrr_now", BASIC, on("basic", "a", JAN, seats=7))[0]["mrr_minor"] == 7000


def test_a_changed_plan_is_expansion_or_contraction() -> None:
    at = FEB + 9 * DAY + timedelta(hours=9)
    said = [BASIC, PRO, on("basic", "a", JAN, at), on("pro", "a", at)]
    assert moved(*said) == [{"new": 1000}, {"expansion": 1500}, {}]
    later = [on("basic", "a", JAN, at), on("pro", "a", at + timedelta(hours=2), MAR)]
    back = [*later, on("basic", "a", MAR)]
    assert moved(BASIC, PRO, *back) == [{"new": 1000}, {"expansion": 1500}, {"contraction": 1500}]


def test_one_of_two_subscriptions_less_is_contraction() -> None:
    said = [BASIC, PRO, on("basic", "a", JAN), on("pro", "a", JAN, MAR)]
    assert moved(*said) == [{"new": 3500}, {}, {"contraction": 2500}]


def test_who_comes_and_goes_in_a_month_is_both() -> None:
    said = [BASIC, on("basic", "a", JAN, JAN + 20 * DAY)]
    assert moved(*said, now=FEB) == [{"new": 1000, "churn": 1000}]
    assert moved(BASIC, on("basic", "a", JAN, JAN + timedelta(hours=3))) == []


def test_who_comes_back_is_a_reactivation_not_new() -> None:
    said = [BASIC, PRO, on("basic", "a", JAN, JAN + 9 * DAY), on("pro", "a", MAR)]
    assert moved(*said) == [{"new": 1000, "churn": 1000}, {}, {"reactivation": 2500}]


def test_the_last_instant_of_a_month_is_in_it_and_its_end_is_not() -> None:
    second = timedelta(seconds=1)
    assert moved(BASIC, on("basic", "a", FEB - second, MAR), now=MAR) == [{"new": 1000}, {}]
    assert moved(BASIC, on("basic", "a", FEB, MAR - second), now=MAR) == [
        {"new": 1000, "churn": 1000}
    ]


def test_no_month_that_still_runs() -> None:
    said = [BASIC, on("basic", "a", JAN)]
    for name in ("mrr", "mrr_movements", "cohorts"):
        assert len(months(name, *said, now=MAR - timedelta(microseconds=1))) == 1
        assert len(months(name, *said, now=MAR)) == 2


def test_no_day_that_still_runs_but_today_to_the_instant() -> None:
    noon = JAN + timedelta(hours=12)
    said = [BASIC, on("basic", "a", JAN), on("basic", "b", JAN, noon)]
    assert months("mrr_changes", *said, now=JAN + DAY - timedelta(microseconds=1)) == []
    assert len(months("mrr_changes", *said, now=JAN + DAY)) == 1
    for now, minor in ((noon - timedelta(microseconds=1), 2000), (noon, 1000)):
        assert [row["mrr_minor"] for row in months("mrr_now", *said, now=now)] == [minor]


def test_of_two_versions_from_one_instant_the_later_is_paid() -> None:
    second = Version("basic", 2, LONG_AGO, "USD", "month", 1, "12")
    for book in ((BASIC, second), (second, BASIC)):
        assert moved(*book, on("basic", "a", JAN), now=FEB) == [{"new": 1200}]


def test_a_raised_price_is_paid_from_the_next_period_on() -> None:
    raised = Version("basic", 2, FEB, "USD", "month", 1, "12")
    said = [BASIC, raised, on("basic", "a", JAN + 30 * DAY), on("basic", "b", FEB)]
    rows = months("mrr_changes", *said)
    assert [(row["day"], row["customer"], row["amount_minor"]) for row in rows] == [
        (JAN + 30 * DAY, "a", 1000),
        (datetime(2026, 2, 28), "a", 200),
        (FEB, "b", 1200),
    ]


def test_a_plan_without_a_price_is_left_out_and_counted() -> None:
    said = [BASIC, plan("gone", None), on("basic", "a", JAN), on("gone", "a", JAN)]
    said += [on("gone", "b", FEB), on("gone", "b", FEB + DAY, MAR)]
    assert [
        (row["mrr_minor"], row["customers"], row["subscriptions"], row["unpriced_subscriptions"])
        for row in months("mrr", *said)
    ] == [(1000, 1, 1, 1), (1000, 1, 1, 3), (1000, 1, 1, 2)]
    assert [
        (row["plan"], row["subscriptions"], row["customers"])
        for row in months("mrr_unpriced", *said)
    ] == [("gone", 1, 1), ("gone", 3, 2), ("gone", 2, 2)]


def test_a_price_that_comes_later_is_paid_from_then_on() -> None:
    """Before it, and for a plan that no price is known of, the subscription is counted."""
    first = Version("basic", 1, FEB, "USD", "month", 1, "10")
    said = [first, on("basic", "a", JAN + 9 * DAY), on("lost", "b", JAN)]
    rows = months("mrr", *said)
    assert [(row["currency"], row["mrr_minor"], row["unpriced_subscriptions"]) for row in rows] == [
        ("USD", 0, 1),
        ("USD", 1000, 0),
        ("USD", 1000, 0),
        *[("unknown", 0, 1)] * 3,
    ]


def test_a_cohort_begins_whole_and_may_grow() -> None:
    said = [BASIC, PRO, on("basic", "a", JAN), on("basic", "b", JAN, JAN + 9 * DAY)]
    said += [on("pro", "a", FEB, MAR), on("basic", "b", MAR)]
    assert [
        (row["age_months"], row["customers_share"], row["mrr_share"])
        for row in months("cohorts", *said)
    ] == [(0, 1, 1), (1, 0.5, 1.75), (2, 1, 1)]


def test_sums_that_no_integer_holds_are_refused() -> None:
    for huge, seats in (("9" * 22 + ".000000000000001", 10**18), ("9" * 16, 1)):
        with pytest.raises(Problem, match="too large"):
            months("mrr_now", plan("p", huge), on("p", "a", JAN, seats=seats))


PRICES = {
    "price": [
        {"plan": "team", "base": "15.00", "minimum": "0", "tax_share": "0"},
        {"plan": "yearly", "base": "144.00", "minimum": "0", "tax_share": "0", "interval": "year"},
        {"plan": "gone", "unpriced": True},
    ]
}
COMMON = {"version": 1, "valid_from": LONG_AGO, "currency": "USD", "interval": "month"}


def subscribe(
    house: House, name: str, plan_: str, at: datetime, quantity: int | None = None
) -> None:
    row = {"id": name, "subject": name, "occurred_at": at, "subscription": name, "plan": plan_}
    take(house, "subscription.started", [row | {"quantity": quantity}], APR)


def settled(home: Path) -> None:
    """Three customers of a house that bills by itself."""
    founded(home, {"finance.invoicing": Level.AUTO}, toml="")
    with entered(home) as house:
        book = {"price": [COMMON | one for one in PRICES["price"]]}
        rows = price_rows(book, "prices.toml")
        house.store.append(house.members.catalog.kinds["price.set"], rows)
        subscribe(house, "ada", "team", JAN, 3)
        subscribe(house, "bob", "yearly", JAN)
        subscribe(house, "cat", "gone", JAN)


def test_seats_are_billed_and_an_unpriced_plan_is_not(tmp_path: Path) -> None:
    settled(tmp_path / "home")
    with entered(tmp_path / "home") as house:
        fly(house, MAR)
        fly(house, datetime(2027, 1, 2))
        bills = house.read("invoices").sort("subject", "period_end")
        assert bills["subject"].to_list() == ["ada"] * 12 + ["bob"]
        assert bills["net_minor"].to_list() == [4500] * 12 + [14400]
        assert "team, fixed fee for 3 seats" in bills["lines"][0]
        assert "yearly, fixed fee" in bills["lines"][12]
        assert house.read("journal")["amount_minor"].sum() == 0
        lost = house.read("unpriced_periods")
        assert lost["plan"].to_list() == ["gone"] * 12
        stands = house.read("mrr", MAR).to_dicts()[-1]
        assert (stands["mrr_minor"], stands["unpriced_subscriptions"]) == (4500 + 1200, 1)


def test_what_was_known_of_a_month_stays_what_it_was(tmp_path: Path) -> None:
    settled(tmp_path / "home")
    with entered(tmp_path / "home") as house:
        fly(house, FEB + 9 * DAY)
        known_at = house.now
        said = {"id": "end", "subject": "ada", "subscription": "ada"}
        take(house, "subscription.ended", [said | {"occurred_at": JAN + 9 * DAY}], APR)
        subscribe(house, "dan", "team", FEB + 20 * DAY)
        fly(house, FEB + 21 * DAY)

        def january(at: datetime) -> pl.DataFrame:
            return house.read("mrr", at).filter(pl.col("period_start") == JAN)

        assert january(known_at)["mrr_minor"].to_list() == [4500 + 1200]
        assert january(house.now)["mrr_minor"].to_list() == [1200]
        assert house.read("mrr_now", known_at)["mrr_minor"].to_list() == [4500 + 1200]
        assert house.read("mrr_now")["mrr_minor"].to_list() == [1500 + 1200]
