"""A customer with several subscriptions: every unit stands on exactly one invoice."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.house.company import STOPS, Company, Customer, Subscription, Use, write
from tests.house.flights import filled, fly, objects
from tests.house.test_late_usage import PRICES

MONDAY = datetime(2026, 1, 5)
DAY = timedelta(days=1)


def used(folder: Path, subscriptions: list[Subscription]) -> dict[str, Decimal]:
    """Calls by the day and hour given in their name, as they stand on invoices, by subscription.

    One call is made at noon of each of 21 days.
    """
    uses = [
        Use(f"day {day}", "c1", "calls", MONDAY + day * DAY + DAY / 2, Decimal(1), "eu")
        for day in range(21)
    ]
    ada = Customer("c1", "Ada", "ada@example.com")
    write(Company(STOPS, (ada,), tuple(subscriptions), tuple(uses)), folder / "files", PRICES)
    home = filled(folder / "home", folder / "files")
    fly(home, MONDAY + 40 * DAY)
    found: dict[str, Decimal] = {}
    for invoice in objects("invoices", "--home", home):
        for line in invoice["lines"]:
            if line["quantity"]:
                name = invoice["subscription"]
                found[name] = found.get(name, Decimal(0)) + Decimal(line["quantity"])
    return found


def test_a_plan_that_ends_within_its_period_and_the_next_one(tmp_path: Path) -> None:
    """Until the second starts the first one's last period still covers; then the second pays."""
    first = Subscription("s1", "c1", "weekly", MONDAY, MONDAY + 9 * DAY)
    second = Subscription("s2", "c1", "weekly", MONDAY + 11 * DAY, None)
    assert used(tmp_path, [first, second]) == {"s1": Decimal(11), "s2": Decimal(10)}


def test_two_that_run_side_by_side(tmp_path: Path) -> None:
    """The one that started last pays while it runs; the other one before and after."""
    first = Subscription("s1", "c1", "weekly", MONDAY, None)
    second = Subscription("s2", "c1", "weekly", MONDAY + 7 * DAY, MONDAY + 14 * DAY)
    assert used(tmp_path, [first, second]) == {"s1": Decimal(14), "s2": Decimal(7)}
