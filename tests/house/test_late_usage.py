"""Usage that becomes known after its period was invoiced: nothing lost, nothing billed twice."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.house import second_calculation as second
from tests.house.company import (
    FIRST_STOP,
    SECOND_STOP,
    STOPS,
    Company,
    Customer,
    Subscription,
    Use,
    too_late,
    write,
)
from tests.house.flights import LATE, bring, filled, fly, objects
from tests.house.reading import instant, issued

MONDAY = datetime(2026, 1, 5)
CLOSE = MONDAY + timedelta(days=7, hours=6)
WEEK = timedelta(days=7)
PRICES = """
[[price]]
plan = "weekly"
version = 1
valid_from = 2025-12-01T00:00:00Z
currency = "USD"
interval = "week"
base = "10.00"
minimum = "0"
tax_share = "0"
[[price.meter]]
meter = "calls"
included = "100"
mode = "graduated"
tiers = [ { up_to = "50", rate = "0.10" }, { rate = "0.05" } ]

[[price]]
plan = "weekly"
version = 2
valid_from = 2026-01-12T00:00:00Z
currency = "USD"
interval = "week"
base = "11.00"
minimum = "0"
tax_share = "0"
[[price.meter]]
meter = "calls"
included = "0"
mode = "graduated"
tiers = [ { rate = "1" } ]
"""
Delivery = tuple[datetime, datetime, int]  # arrives, happened, calls


def one_customer(
    folder: Path, deliveries: Sequence[Delivery], ends: datetime | None = None
) -> Path:
    """A home whose one customer made 120 calls in the first week, 20 over the included ones.

    Usage of no price arrives a second before each delivery: a house's last seal is what late is
    measured by, so it has to be there.
    """
    uses = [Use("first", "c1", "calls", MONDAY + timedelta(days=1), Decimal(120), "eu")]
    for arrives, _, _ in deliveries:
        beat = arrives - timedelta(seconds=1)
        uses.append(Use(f"beat {arrives}", "c1", "storage", beat, Decimal(1), "eu"))
    subscription = Subscription("c1", "c1", "weekly", MONDAY, ends)
    company = Company(
        STOPS, (Customer("c1", "Ada", "ada@example.com"),), (subscription,), tuple(uses)
    )
    write(company, folder / "files", PRICES)
    return filled(folder / "home", folder / "files")


def late_lines(folder: Path, home: Path, deliveries: Sequence[Delivery]) -> list[list[object]]:
    """Bring each delivery on its day, fly on for three weeks; invoice, units, amount, cents."""
    for number, (arrives, happened, calls) in enumerate(deliveries):
        fly(home, arrives)
        file = folder / f"late-{number}.csv"
        row = f"late-{number},c1,calls,{happened.isoformat()}Z,{calls},eu"
        file.write_text(f"id,customer,meter,happened,units,region\n{row}\n")
        assert bring(home, file, folder / "files" / "usage.toml")["late"] == 1
    fly(home, CLOSE + 3 * WEEK)
    return [
        [invoice["number"], line["quantity"], line["precise"], line["amount"]]
        for invoice in issued(home)
        for line in invoice["lines"]
        if line["kind"] == "late_usage" or line["period_start"] == "2026-01-05T00:00:00Z"
        if line["kind"] != "base"
    ]


def test_under_the_old_price_twice_late(tmp_path: Path) -> None:
    """60 calls over the included ones cost 5.50 in all; the price of the next week is no matter."""
    deliveries = [
        (CLOSE + timedelta(days=1), MONDAY + timedelta(days=2), 40),
        (CLOSE + timedelta(days=8), MONDAY + timedelta(days=3), 10),
    ]
    home = one_customer(tmp_path, deliveries)
    assert late_lines(tmp_path, home, deliveries) == [
        [1, "120", "2", 200],
        [2, "40", "3.5", 350],
        [3, "10", "0.5", 50],
    ]


@pytest.mark.parametrize(
    ("arrives", "number"),
    [
        (CLOSE - timedelta(hours=3), 1),
        (CLOSE - timedelta(seconds=1), 1),
        (CLOSE, 2),
        (CLOSE + WEEK - timedelta(seconds=1), 2),
        (CLOSE + WEEK, 3),
    ],
)
def test_around_a_close(tmp_path: Path, arrives: datetime, number: int) -> None:
    """What is recorded before a close is on its invoice: in the grace it is not late at all."""
    deliveries = [(arrives, MONDAY, 40)]
    found = late_lines(tmp_path, one_customer(tmp_path, deliveries), deliveries)
    if number == 1:
        assert found == [[1, "160", "5.5", 550]]
    else:
        assert found == [[1, "120", "2", 200], [number, "40", "3.5", 350]]


def test_correction_at_the_next_would_be_close(tmp_path: Path) -> None:
    deliveries = [(CLOSE + timedelta(days=2), MONDAY + timedelta(days=2), 40)]
    home = one_customer(tmp_path, deliveries, ends=MONDAY + timedelta(days=3))
    late_lines(tmp_path, home, deliveries)
    first, correction = issued(home)
    assert (first["correction"], correction["correction"]) == (False, True)
    assert instant(correction["issued_at"]) == CLOSE + WEEK
    assert (correction["net"], len(correction["lines"])) == (350, 1)
    assert correction["lines"][0]["period_start"] == first["period_start"]


def test_same_in_all_as_if_it_had_been_on_time(
    late_home: Path, on_time_home: Path, known: Company
) -> None:
    """Precise amounts per customer and period are equal; each line may round by half a unit.

    So may the precise amounts where a minimum is met, since that is met to the cent.
    """
    precise, totals, lines = [], [], []
    topped: Counter[tuple[str, str]] = Counter()
    for home in (late_home, on_time_home):
        sums: Counter[tuple[str, str]] = Counter()
        net: Counter[str] = Counter()
        for invoice in issued(home):
            net[invoice["currency"]] += invoice["net"]
            for line in invoice["lines"]:
                key = invoice["customer"], line["period_start"]
                sums[key] += Fraction(line["precise"])
                if any(one["kind"] == "minimum" for one in invoice["lines"]):
                    topped[key] += 1
        precise.append({key: amount for key, amount in sums.items() if amount})
        totals.append(net)
        lines.append(sum(len(invoice["lines"]) for invoice in issued(home)))
    one, other = precise
    assert one.keys() == other.keys() and topped
    assert {key: one[key] for key in one.keys() - topped} == {
        key: other[key] for key in other.keys() - topped
    }
    for key, count in topped.items():
        assert abs(one[key] - other[key]) <= Fraction(count, 2 * 100)
    assert lines[0] > lines[1] and totals[0] != totals[1]
    for currency in ("USD", "JPY"):
        assert abs(totals[0][currency] - totals[1][currency]) <= (lines[0] + lines[1]) / 2


def test_older_than_35_days_is_rejected_and_counted(
    late_home: Path, known: Company, late_files: Path
) -> None:
    expected = Counter(use.arrives for use in known.uses if too_late(use))
    rejected = objects("rejected", "--home", late_home)
    found = Counter(row["origin"] for row in rejected)
    assert found == {name: expected[stop] for stop, name in LATE}
    assert {row["reason"] for row in rejected} == {"older than 35 days"}
    assert expected[FIRST_STOP] and expected[SECOND_STOP]
    first = [use for use in known.uses if use.arrives == FIRST_STOP]
    lines = [place for place, use in enumerate(first, 2) if too_late(use)]
    assert [row["line"] for row in rejected if row["origin"] == LATE[0][1]] == lines


def test_billed_through(late_home: Path, known: Company) -> None:
    """What was known by then, and nothing else, is on the invoice or an earlier one."""
    for invoice in issued(late_home):
        through = instant(invoice["billed_through"])
        assert through == second.quarter(instant(invoice["issued_at"]))
        start, end = instant(invoice["period_start"]), instant(invoice["period_end"])
        mine = [use for use in known.uses if use.customer == invoice["customer"]]
        within = [use for use in mine if start <= second.quarter(use.at) < end]
        billed = [use for use in within if second.known(use, through) and use.meter != "storage"]
        units = sum(Fraction(use.units) for use in billed)
        said = (Fraction(x["quantity"]) for x in invoice["lines"] if x["kind"] == "usage")
        assert sum(said) == (0 if invoice["correction"] else units)
