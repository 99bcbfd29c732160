"""Taxes: several, inclusive and exclusive, none, and given back in proportion."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.finance.lines import Line, line_json, new_line
from psizero.finance.taxes import Tax, TaxRule, by_share, tax_back, taxed
from tests.finance.priced import price
from tests.finance.slow_prices import rounded

SEPTEMBER = (datetime(2026, 9, 1), datetime(2026, 10, 1))
AMOUNTS = st.lists(st.decimals(-50, 500, places=3), min_size=1, max_size=6)
SHARES = st.decimals(0, 1, places=4)
GST, QST = Tax("GST", Decimal("0.05")), Tax("QST", Decimal("0.09975"))


def lines(*amounts: Decimal | str) -> list[Line]:
    return [new_line(price(), SEPTEMBER, "usage", "calls", Decimal(one)) for one in amounts]


def parts(found: list[Line]) -> list[list[tuple[str, int]]]:
    return [[(part.name, part.tax_minor) for part in line.taxes] for line in found]


def test_two_taxes_on_top_each_rounded_for_itself() -> None:
    found = taxed(lines("100.00", "0.50"), TaxRule((GST, QST)), "USD")
    assert parts(found) == [[("GST", 500), ("QST", 998)], [("GST", 3), ("QST", 5)]]
    assert [(line.amount_minor, line.tax_minor) for line in found] == [(10000, 1498), (50, 8)]


def test_a_rounding_is_a_step_where_tax_or_coupons_come_off() -> None:
    """Half a cent is posted as one, and all of it is tax here: nothing is left, and no -0.005."""
    rule = TaxRule((Tax("VAT", Decimal(1)),), inclusive=True)
    (line,) = taxed(lines("0.005"), rule, "USD")
    assert [(step.label, str(step.amount)) for step in line.steps] == [
        ("full amount", "0.005"),
        ("rounding", "0.005"),
        ("tax in the price", "-0.01"),
    ]
    assert (line.amount_minor, line.tax_minor, line.precise) == (0, 1, 0)


def test_two_taxes_in_the_price_leave_the_net() -> None:
    (line,) = taxed(lines("114.98"), TaxRule((GST, QST), inclusive=True), "USD")
    assert parts([line]) == [[("GST", 500), ("QST", 998)]]
    assert (line.amount_minor, line.tax_minor) == (10000, 1498)
    assert line.precise == sum(step.amount for step in line.steps) == 100
    assert line.steps[-1].label == "tax in the price"


@pytest.mark.parametrize("treatment", ["exempt", "reverse_charge"])
@pytest.mark.parametrize("inclusive", [True, False])
def test_no_tax_where_none_is_owed_and_the_price_is_the_net(
    treatment: str, inclusive: bool
) -> None:
    rule = TaxRule((GST,), inclusive=inclusive, treatment=treatment)
    (line,) = taxed(lines("100.00"), rule, "USD")
    assert (line.amount_minor, line.tax_minor, line.precise) == (10000, 0, 100)
    assert parts([line]) == [[("GST", 0)]]
    assert line.taxes[0].share == 0


def test_tax_by_line_and_by_invoice_differ_and_each_is_what_it_says() -> None:
    """Five lines of 1.30 at 19 %: five times 0.25 by line, 1.24 of the sum by invoice."""
    vat = (Tax("VAT", Decimal("0.19")),)
    by_line = taxed(lines(*["1.30"] * 5), TaxRule(vat), "USD")
    by_invoice = taxed(lines(*["1.30"] * 5), TaxRule(vat, level="invoice"), "USD")
    assert [line.tax_minor for line in by_line] == [25] * 5
    assert [line.tax_minor for line in by_invoice] == [25, 25, 25, 25, 24]


@given(AMOUNTS, st.lists(SHARES, min_size=1, max_size=3), st.booleans())
def test_tax_by_line_is_the_slow_one(
    amounts: list[Decimal], shares: list[Decimal], inclusive: bool
) -> None:
    taxes = tuple(Tax(f"tax {n}", share) for n, share in enumerate(shares))
    before = lines(*amounts)
    gross = 1 + (sum(Fraction(share) for share in shares) if inclusive else 0)
    for one, line in zip(before, taxed(before, TaxRule(taxes, inclusive), "USD"), strict=True):
        due = [rounded(one.amount_minor * Fraction(share) / gross, 0) for share in shares]
        assert [part.tax_minor for part in line.taxes] == due
        assert line.tax_minor == sum(due)
        assert line.amount_minor == one.amount_minor - (sum(due) if inclusive else 0)
        assert rounded(Fraction(line.precise), 2) == line.amount_minor


@given(AMOUNTS, SHARES)
def test_tax_by_invoice_is_of_the_sum_whatever_the_lines(
    amounts: list[Decimal], share: Decimal
) -> None:
    before = lines(*amounts)
    total = sum(line.amount_minor for line in before)
    found = taxed(before, TaxRule((Tax("VAT", share),), level="invoice"), "USD")
    assert sum(line.tax_minor for line in found) == rounded(total * Fraction(share), 0)


def test_the_tax_of_a_price_has_no_part_and_no_name_in_what_is_stored() -> None:
    (line,) = taxed(lines("100.00"), by_share(Decimal("0.19")), "USD")
    assert (line.tax_minor, line.taxes) == (1900, ())
    assert "taxes" not in line_json(line)
    (named,) = taxed(lines("100.00"), TaxRule((GST,)), "USD")
    assert line_json(named)["taxes"] == [{"name": "GST", "share": "0.05", "tax": 500}]


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.lists(st.integers(0, 10**6), max_size=5))
def test_refunds_give_back_the_tax_of_what_they_refund(
    net: int, tax: int, steps: list[int]
) -> None:
    before, back = 0, 0
    for step in [*steps, net]:
        now = min(step, net - before)
        back += tax_back(net, tax, before, now)
        before += now
        assert back == rounded(Fraction(tax) * before / net, 0)
    assert (before, back) == (net, tax)


def test_more_than_is_left_cannot_be_refunded() -> None:
    for net, before, now in ((100, 60, 41), (0, 0, 0), (100, -1, 5), (100, 0, -1)):
        with pytest.raises(Problem, match="cannot be refunded"):
            tax_back(net, 19, before, now)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (TaxRule((), level="page"), "tax level is 'page', it must be line or invoice"),
        (TaxRule((), treatment="none"), "tax treatment is 'none', it must be standard or exempt"),
        (TaxRule((Tax("VAT", Decimal(19)),)), "a share is 0 to 1"),
        (TaxRule((GST, GST)), "stands there once"),
        (TaxRule((Tax("", Decimal(0)),)), "has a name"),
    ],
)
def test_a_rule_that_is_none_is_a_problem(rule: TaxRule, said: str) -> None:
    with pytest.raises(Problem, match=said):
        rule.check()
