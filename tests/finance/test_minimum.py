"""A minimum holds to the cent, and so does a maximum: what is posted decides, not what is exact."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from psizero.finance.rating import late_line
from psizero.finance.terms import PriceVersion
from tests.finance.periods import END, ROUNDS, START, billed
from tests.finance.priced import AMOUNTS, per_unit, price, prices, terms_with


def test_a_minimum_is_topped_up_by_the_last_bill_alone() -> None:
    of = price(per_unit("1"), minimum="100")
    lines = billed(of, [(Decimal(30), Decimal(0)), (Decimal(20), Decimal(0))], often=True)
    assert [(line.kind, line.amount_minor) for line in lines] == [
        ("usage", 3000),
        ("usage", 2000),
        ("minimum", 5000),
    ]


def test_a_minimum_that_only_rounding_misses_is_topped_up_by_the_cent() -> None:
    """Three lines of 0.333, 0.333 and 0.334 are 1.00, and posted 0.99."""
    of = price(per_unit("0.333"), per_unit("0.334", meter="tokens"), base="0.333", minimum="1")
    lines = billed(of, [(Decimal(1), Decimal(1))], often=False)
    assert [(line.kind, line.amount_minor) for line in lines] == [
        ("base", 33),
        ("usage", 33),
        ("usage", 33),
        ("minimum", 1),
    ]
    (late,) = [late_line(of, "calls", ONE_EACH, Decimal(1), (START, END))]
    assert late.amount_minor == 33


ONE_EACH = {"calls": Decimal(1), "tokens": Decimal(1)}


@given(prices(), AMOUNTS, st.none() | AMOUNTS, ROUNDS, st.booleans())
def test_a_full_period_is_never_a_cent_below_its_minimum_nor_above_its_maximum(
    of: PriceVersion,
    least: Decimal,
    more: Decimal | None,
    rounds: list[tuple[Decimal, Decimal]],
    often: bool,
) -> None:
    """Usage discounts come after the minimum: what they take is counted with what is posted."""
    most = None if more is None else str(least + more)
    discounts = of.terms.discounts
    of = terms_with(replace(of, terms=replace(of.terms, minimum=least)), most, discounts=discounts)
    lines = billed(of, rounds, often)
    posted = sum(line.amount_minor for line in lines)
    off = sum(line.amount_minor for line in lines if line.kind == "usage" and not line.meter)
    if most is None:
        assert posted - off >= 100 * least
    else:
        assert posted <= 100 * Decimal(most)
        assert discounts or posted >= 100 * least
    for one in (line for line in lines if line.kind == "minimum"):
        assert one.precise == Decimal(one.amount_minor) / 100 >= 0
