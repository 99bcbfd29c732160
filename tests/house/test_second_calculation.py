"""Every invoice of the product against the second calculation, to the last line and minor unit."""

from collections import Counter
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from tests.house import second_calculation as second
from tests.house.company import END, PRICES, Company, on_time
from tests.house.flights import objects, say
from tests.house.reading import as_calculated, issued


@pytest.fixture(params=["late", "on time"])
def case(
    request: pytest.FixtureRequest, known: Company, late_home: Path, on_time_home: Path
) -> tuple[Path, Company]:
    """A flown home and what had happened in it."""
    if request.param == "late":
        return late_home, known
    return on_time_home, on_time(known)


def test_invoices_equal_the_second_calculation(case: tuple[Path, Company]) -> None:
    home, happened = case
    expected = second.invoices(happened, PRICES, END)
    found = issued(home)
    assert [invoice["number"] for invoice in found] == list(range(1, len(expected) + 1))
    for invoice, calculated in zip(found, expected, strict=True):
        assert as_calculated(invoice) == calculated
        sums = calculated.net, calculated.tax, calculated.net + calculated.tax
        assert (invoice["net"], invoice["tax"], invoice["total"]) == sums


def test_the_company_has_every_case(known: Company) -> None:
    """A company without an odd second, a bound, an end or a late day would prove nothing."""
    calculated = second.invoices(known, PRICES, END)
    lines = [line for invoice in calculated for line in invoice.lines]
    assert {line.kind for line in lines} == {"base", "usage", "minimum", "late_usage"}
    assert {invoice.currency for invoice in calculated} == {"USD", "JPY"}
    assert [invoice.correction for invoice in calculated].count(True) == 1
    assert any(one.starts.microsecond for one in known.subscriptions)
    days = {i.period_end.day for i in calculated if i.plan == "monthly"}
    assert days == {28, 31}
    starts = {one.period_start for one in calculated}
    assert starts & {use.at for use in known.uses}
    assert any(line.quantity.denominator != 1 for line in lines)
    late = Counter(
        (i.customer, line.period_start)
        for i in calculated
        for line in i.lines
        if line.kind == "late_usage" and line.meter == "calls"
    )
    assert 2 in late.values()
    assert any(line.amount == 0 for line in lines if line.kind == "late_usage")
    changed = datetime(2026, 2, 16)
    assert any(
        line.kind == "late_usage" and line.period_start < changed <= invoice.period_start
        for invoice in calculated
        for line in invoice.lines
        if invoice.plan == "weekly"
    )


def test_the_journal_balances_and_books_every_invoice(case: tuple[Path, Company]) -> None:
    home, _ = case
    sums: Counter[tuple[str, str]] = Counter()
    receivable: Counter[str] = Counter()
    for row in objects("table", "journal", "--home", home):
        sums[row["entry"], row["recorded_at"]] += row["amount_minor"]
        receivable[row["currency"]] += row["amount_minor"] if row["account"] == "receivable" else 0
    assert sums and set(sums.values()) == {0}
    totals: Counter[str] = Counter()
    for invoice in issued(home):
        totals[invoice["currency"]] += invoice["total"]
    assert receivable == totals


def test_usage_is_metered_exactly(case: tuple[Path, Company]) -> None:
    home, happened = case
    expected: Counter[tuple[str, str]] = Counter()
    for use in happened.uses:
        if second.known(use, datetime.max):
            expected[use.customer, use.meter] += Fraction(use.units)
    found: Counter[tuple[str, str]] = Counter()
    for row in objects("table", "usage_quarter_hour", "--home", home):
        found[row["customer"], row["meter"]] += Fraction(row["quantity"])
    assert found == expected


def test_verify_passes(case: tuple[Path, Company]) -> None:
    assert say("verify", "--home", case[0]).startswith("sound: ")
