"""What is given back: over any history of credits, to the unit, and never more than was asked."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.finance.books import given_back as booked
from psizero.finance.credits import Billed, given_back, left, objection


def line(number: int, net_minor: int, tax_minor: int) -> Billed:
    """A line of ada's invoice 7, of which nothing was given back yet."""
    return Billed(
        invoice="7",
        line=number,
        customer="ada",
        subscription="s",
        plan="basic",
        currency="EUR",
        kind="usage" if number % 2 else "base",
        meter="",
        period_start=datetime(2026, 9, 1),
        period_end=datetime(2026, 10, 1),
        net_minor=net_minor,
        tax_minor=tax_minor,
        credited_net_minor=0,
        credited_tax_minor=0,
    )


@st.composite
def invoices(draw: st.DrawFn) -> list[Billed]:
    """Lines of either sign, each with a tax of its own."""
    found = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        net = draw(st.integers(-500, 5_000))
        share = draw(st.sampled_from([0, 7, 19, 25]))
        found.append(line(number, net, round(net * share / 100)))
    return found


@given(invoices(), st.lists(st.integers(1, 6_000), max_size=8))
def test_any_history_gives_back_what_was_asked_and_no_more(
    lines: list[Billed], asked: list[int]
) -> None:
    whole = left(lines)
    total = sum(one.net_minor + one.tax_minor for one in lines)
    assert whole <= max(total, 0) or total <= 0
    given_so_far = 0
    for amount in asked:
        before = left(lines)
        if amount > before:
            with pytest.raises(ValueError, match="cannot be given back"):
                given_back(lines, amount)
            assert left(lines) == before, "what is refused changes nothing"
            continue
        parts = given_back(lines, amount)
        given_so_far += amount
        assert sum(one.net_minor + one.tax_minor for one in parts) == amount
        assert left(lines) == before - amount == whole - given_so_far
        sides = booked([(one.kind, one.net_minor, one.tax_minor) for one in parts])
        assert sum(sides.values()) == 0 and sides["customer_credit"] == -amount
    for one in lines:
        assert 0 <= one.credited_tax_minor <= max(one.tax_minor, 0)
        assert one.credited_net_minor <= max(one.net_minor, 0)


@given(invoices(), st.lists(st.integers(1, 3_000), max_size=6))
def test_what_is_given_back_in_full_gives_back_its_tax_in_full(
    lines: list[Billed], asked: list[int]
) -> None:
    positive = [one for one in lines if one.net_minor > 0]
    for amount in [*asked, left(positive)]:
        if 0 < amount <= left(positive):
            given_back(positive, amount)
    rest = left(positive)
    if rest:
        given_back(positive, rest)
    assert [(one.credited_net_minor, one.credited_tax_minor) for one in positive] == [
        (one.net_minor, one.tax_minor) for one in positive
    ]


def test_a_third_of_two_lines() -> None:
    """119.00 and 10.70 (19 and 7 %): a third is 39.66 and 3.57, of which 6.33 and 0.23 tax."""
    lines = [line(1, 10_000, 1_900), line(2, 1_000, 70)]
    parts = given_back(lines, 4_323)
    assert [(one.net_minor, one.tax_minor) for one in parts] == [(3_333, 633), (334, 23)]


def test_objections() -> None:
    ask = {"customer": "ada", "currency": "EUR", "amount_minor": 5}
    lines = [line(1, 4, 1)]
    assert objection(ask, lines) == ""
    assert "no such invoice" in objection(ask, [])
    assert "another customer" in objection({**ask, "customer": "bob"}, lines)
    assert "another currency" in objection({**ask, "currency": "USD"}, lines)
    assert objection({**ask, "amount_minor": 6}, lines) == "only 5 minor units of it are left"
