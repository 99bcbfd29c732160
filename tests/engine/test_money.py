"""Money is integer minor units, rounded once, half away from zero, in currencies that exist."""

from decimal import Decimal
from fractions import Fraction

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.money import CURRENCY_DIGITS, Money, money, round_half_away

amounts = st.decimals(
    min_value=-(10**20), max_value=10**20, places=15, allow_nan=False, allow_infinity=False
)


def test_currencies_are_those_of_iso_4217() -> None:
    """Active codes with minor units; funds of gold, testing and no currency have none."""
    kept = {one.code: one.exponent for one in iso4217.Currency if one.exponent is not None}
    assert kept == CURRENCY_DIGITS


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("3.5", 0, "4"),
        ("2.4999999999", 0, "2"),
        ("224.955", 2, "224.96"),
        ("-0.005", 2, "-0.01"),
        ("0", 2, "0.00"),
    ],
)
def test_half_goes_away_from_zero(value: str, digits: int, rounded: str) -> None:
    assert round_half_away(Decimal(value), digits) == Decimal(rounded)


@given(amounts, st.integers(0, 4))
def test_rounding_is_the_nearest_and_symmetric(value: Decimal, digits: int) -> None:
    rounded = round_half_away(value, digits)
    half = Fraction(1, 2 * 10**digits)
    assert abs(Fraction(rounded) - Fraction(value)) <= half
    assert round_half_away(-value, digits) == -rounded
    assert round_half_away(rounded, digits) == rounded
    if abs(Fraction(rounded) - Fraction(value)) == half:
        assert abs(rounded) > abs(value)


@given(amounts, st.sampled_from(sorted(CURRENCY_DIGITS)))
def test_money_has_the_digits_of_its_currency(amount: Decimal, currency: str) -> None:
    made, digits = money(amount, currency), CURRENCY_DIGITS[currency]
    assert Fraction(made.minor, 10**digits) == Fraction(round_half_away(amount, digits))


def test_money_shows_itself() -> None:
    assert str(Money(123456789, "USD")) == "1,234,567.89 USD"
    assert str(Money(-5, "EUR")) == "-0.05 EUR"
    assert str(Money(1500, "JPY")) == "1,500 JPY"
    assert str(Money(1500, "KWD")) == "1.500 KWD"


def test_two_currencies_do_not_add_up() -> None:
    assert Money(1, "USD") + -Money(3, "USD") == Money(-2, "USD")
    with pytest.raises(ValueError, match="cannot add"):
        Money(1, "USD") + Money(1, "EUR")
