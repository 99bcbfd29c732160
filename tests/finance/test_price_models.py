"""Every price model: the numbers an owner would check, and against a slow second calculation."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from psizero.finance.price_models import Step, Transaction, usage_amount
from psizero.finance.terms import MeterTerms, PerTransaction, Tier
from tests.finance.priced import halves, meters, per_unit, tiered
from tests.finance.slow_prices import metered

TRANSACTIONS = st.lists(st.tuples(halves(-3, 20), st.integers(1, 4)), max_size=6)


def total(transactions: Sequence[Transaction]) -> Decimal:
    return sum((amount * times for amount, times in transactions), Decimal(0))


def single(transactions: Sequence[Transaction]) -> list[Fraction]:
    return [Fraction(amount) for amount, times in transactions for _ in range(times)]


@given(meters(), TRANSACTIONS, st.booleans())
def test_every_model_is_the_slow_one(
    terms: MeterTerms, uses: list[Transaction], final: bool
) -> None:
    amount, steps = usage_amount(terms, total(uses), uses, final)
    assert Fraction(amount) == metered(terms, single(uses), final)
    assert sum(step.amount for step in steps) == amount
    priced = [step for step in steps if step.units]
    assert all(step.amount == step.units * step.rate for step in priced), "each can be checked"
    labels = [step.label for step in steps]
    assert len(set(labels)) == len(labels)


@given(meters(), TRANSACTIONS)
def test_how_equal_transactions_are_written_does_not_matter(
    terms: MeterTerms, uses: list[Transaction]
) -> None:
    alone = [(amount, 1) for amount, times in uses for _ in range(times)]
    assert usage_amount(terms, total(uses), uses)[0] == usage_amount(terms, total(uses), alone)[0]


@given(meters(), st.lists(halves(0, 30), max_size=4))
def test_included_units_beyond_the_use_change_nothing(
    terms: MeterTerms, uses: list[Decimal]
) -> None:
    each = [(amount, 1) for amount in uses]
    free = replace(terms, included=sum(uses, Decimal(0)), minimum=None)
    if not any(amount == 0 for amount in uses):
        assert usage_amount(free, sum(uses, Decimal(0)), each)[0] == 0


def card(included: str = "0", least: str | None = None, most: str | None = None) -> MeterTerms:
    """2.9 % and 0.30 a transaction."""
    bounds = [None if one is None else Decimal(one) for one in (least, most)]
    each = PerTransaction(Decimal("0.30"), *bounds)
    return MeterTerms(
        "paid", Decimal(included), "percentage", (Tier(None, Decimal("0.029")),), transaction=each
    )


def shown(terms: MeterTerms, *uses: tuple[str, int]) -> list[tuple[str, str, str]]:
    each = [(Decimal(amount), times) for amount, times in uses]
    steps = usage_amount(terms, total(each), each)[1]
    return [(step.label, f"{step.units:f}", f"{step.amount.normalize():f}") for step in steps]


def test_a_percentage_has_a_least_and_a_most_for_each_transaction() -> None:
    """1.00 costs 0.329, raised to 0.50; 100.00 costs 3.20; 1,000.00 costs 29.30, cut to 25."""
    terms = card(least="0.50", most="25")
    assert shown(terms, ("1.00", 2), ("100.00", 1), ("1000.00", 1)) == [
        ("share", "100.00", "2.9"),
        ("transaction fee", "1", "0.3"),
        ("transaction minimum", "2", "1"),
        ("transaction maximum", "1", "25"),
    ]


def test_the_free_amount_of_a_percentage_goes_to_the_first_transactions() -> None:
    """Of 25 free, two of 10 are wholly free, of the third 5 are; the fourth is not."""
    assert shown(card(included="25"), ("10", 4)) == [
        ("included", "25", "0"),
        ("share", "15", "0.435"),
        ("transaction fee", "2", "0.6"),
    ]


def test_a_transaction_below_zero_costs_and_gives_nothing() -> None:
    assert shown(card(), ("-10", 1)) == []


def packages(size: str, rate: str, included: str = "0") -> MeterTerms:
    tier = (Tier(None, Decimal(rate)),)
    return MeterTerms("calls", Decimal(included), "package", tier, package=Decimal(size))


@pytest.mark.parametrize(
    ("quantity", "amount"), [("0", 0), ("1", 5), ("1000", 5), ("1000.000000001", 10), ("2001", 15)]
)
def test_a_package_that_is_begun_counts(quantity: str, amount: int) -> None:
    assert usage_amount(packages("1000", "5"), Decimal(quantity))[0] == amount


def test_packages_are_of_the_units_over_the_included_ones() -> None:
    assert usage_amount(packages("1000", "5", "500"), Decimal(1500))[0] == 5


def test_a_fee_of_a_tier_comes_once_and_only_where_it_is_entered() -> None:
    fees = tuple(replace(tier, fee=Decimal(7)) for tier in tiered(("5", "1"), (None, "0.5")).tiers)
    terms = replace(tiered((None, "1")), tiers=fees)
    assert [usage_amount(terms, Decimal(n))[0] for n in (0, 5, 6)] == [0, 12, Decimal("19.5")]
    volume = replace(terms, mode="volume")
    assert [usage_amount(volume, Decimal(n))[0] for n in (0, 5, 6)] == [0, 12, 10]


def test_a_bound_belongs_to_its_tier_and_there_is_no_gap_after_it() -> None:
    terms = tiered(("100", "1"), ("200", "0.5"), (None, "0.1"))
    assert usage_amount(terms, Decimal("100.5"))[0] == Decimal("100.25")
    assert usage_amount(terms, Decimal("200"))[0] == 150
    assert usage_amount(terms, Decimal("200.001"))[0] == Decimal("150.0001")


def test_a_meter_has_a_least_and_a_most_of_its_own() -> None:
    terms = replace(per_unit("1"), minimum=Decimal(10), maximum=Decimal(50))
    assert [usage_amount(terms, Decimal(n))[0] for n in (0, 10, 30, 50, 51)] == [10, 10, 30, 50, 50]
    assert usage_amount(terms, Decimal(70))[1][-1] == Step(
        "maximum", Decimal(0), None, Decimal(0), Decimal(0), Decimal(-20)
    )
    assert usage_amount(terms, Decimal(0), final=False)[0] == 0


def test_a_graduated_percentage_takes_each_share_of_its_slice() -> None:
    terms = tiered(("1000", "0.03"), (None, "0.01"), mode="graduated_percentage")
    assert usage_amount(terms, Decimal("1500.50"))[0] == Decimal("35.0050")
