"""Usage discounts and coupons: what comes off sums exactly, and never to more than there is."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from psizero.core.errors import Problem
from psizero.core.money import CURRENCY_DIGITS
from psizero.finance.discounts import Coupon, couponed, discount_lines, discounted, undiscounted
from psizero.finance.lines import Line, limited, major, new_line
from psizero.finance.rating import invoice_lines
from psizero.finance.terms import UsageDiscount
from tests.finance.priced import DISCOUNTS, per_unit, price, terms_with, tiered
from tests.finance.slow_prices import off, rounded

SEPTEMBER = (datetime(2026, 9, 1), datetime(2026, 10, 1))
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
AMOUNTS = st.lists(st.decimals(-20, 200, places=3), min_size=1, max_size=6)


def lines(*amounts: Decimal | str, currency: str = "USD") -> list[Line]:
    of = price(currency=currency)
    return [new_line(of, SEPTEMBER, "usage", "calls", Decimal(amount)) for amount in amounts]


def minors(found: list[Line]) -> list[int]:
    return [line.amount_minor for line in found]


def after(coupon: Coupon, *amounts: str, currency: str = "USD") -> list[int]:
    return minors(couponed(lines(*amounts, currency=currency), [coupon], {}, currency)[0])


def amount(text: str) -> Coupon:
    return Coupon("welcome", amount=Decimal(text))


def test_a_fixed_discount_over_several_lines_sums_exactly() -> None:
    assert after(amount("10"), "33.33", "33.33", "33.34") == [3000, 3000, 3000]
    assert after(amount("0.01"), "1", "1", "1") == [99, 100, 100]
    assert after(amount("1"), "50", "50", currency="JPY") == [49, 50]
    assert after(amount("0.001"), "1.000", "2.000", currency="KWD") == [1000, 1999]


def test_a_coupon_larger_than_the_invoice_leaves_nothing_and_gives_nothing_out() -> None:
    assert after(amount("1000"), "49", "0.50") == [0, 0]
    assert (
        after(amount("1000"), "49", "-9") == [9, -9] or sum(after(amount("1000"), "49", "-9")) == 0
    )
    assert after(amount("5"), "-3") == [-300]


def test_half_a_cent_goes_away_from_zero_on_both_sides() -> None:
    half = Coupon("half", share=Decimal("0.5"))
    assert after(half, "5.35", "-5.35", "449.91") == [268, -268, 22496]


def test_a_line_shows_what_it_was_and_each_coupon() -> None:
    coupons = [Coupon("half", share=Decimal("0.5")), amount("10")]
    (line,) = couponed(lines("49.01"), coupons, {}, "USD")[0]
    assert [(step.label, str(step.amount)) for step in line.steps] == [
        ("full amount", "49.01"),
        ("coupon half", "-24.505"),
        ("rounding", "0.005"),
        ("coupon welcome", "-10.00"),
    ]
    assert (line.precise, line.amount_minor) == (Decimal("14.51"), 1451)


def test_an_amount_that_one_bill_took_is_not_taken_again() -> None:
    left, used = couponed(lines("6"), [amount("10")], {}, "USD")
    assert (minors(left), used) == ([0], {"welcome": 600})
    rest, used = couponed(lines("9"), [amount("10")], used, "USD")
    assert (minors(rest), used) == ([500], {"welcome": 1000})


@given(AMOUNTS, CURRENCIES, st.decimals(0, 300, places=2))
def test_an_amount_comes_off_exactly(amounts: list[Decimal], currency: str, value: Decimal) -> None:
    before = lines(*amounts, currency=currency)
    found, _ = couponed(before, [Coupon("c", amount=value)], {}, currency)
    wanted = rounded(Fraction(value), CURRENCY_DIGITS[currency])
    total = sum(minors(before))
    assert sum(minors(found)) == total - max(0, min(wanted, total))
    for one, other in zip(before, found, strict=True):
        assert one == other or 0 <= other.amount_minor <= one.amount_minor
        assert rounded(Fraction(other.precise), CURRENCY_DIGITS[currency]) == other.amount_minor
        assert not other.steps or other.precise == sum(step.amount for step in other.steps)


@given(AMOUNTS, st.decimals(0, 1, places=4), st.decimals(0, 1, places=4))
def test_shares_come_off_what_the_one_before_left(
    amounts: list[Decimal], one: Decimal, two: Decimal
) -> None:
    coupons = [Coupon("a", share=one), Coupon("b", share=two)]
    found, _ = couponed(lines(*amounts), coupons, {}, "USD")
    for amount, line in zip(amounts, found, strict=True):
        slow = Fraction(amount) * (1 - Fraction(one)) * (1 - Fraction(two))
        assert (Fraction(line.precise), line.amount_minor) == (slow, rounded(slow, 2))


@pytest.mark.parametrize(
    ("coupon", "said"),
    [
        (Coupon("c"), "it has a `share` or an `amount`"),
        (Coupon("c", Decimal(1), Decimal(1)), "it has a `share` or an `amount`"),
        (Coupon("c", share=Decimal(19)), "`share` is 19, a share is 0 to 1"),
        (Coupon("c", amount=Decimal(-1)), "`amount` is -1"),
        (Coupon("c", amount=Decimal("1e-16")), "15 digits behind"),
        (Coupon("c", amount=Decimal("1e23")), "23 digits before"),
    ],
)
def test_a_coupon_that_is_none_is_a_problem(coupon: Coupon, said: str) -> None:
    with pytest.raises(Problem, match=said):
        coupon.check()


SPENT = st.dictionaries(st.sampled_from(["calls", "tokens"]), st.decimals(0, 90, places=2))


@given(DISCOUNTS, SPENT)
def test_a_usage_discount_is_the_slow_one(one: UsageDiscount, spent: dict[str, Decimal]) -> None:
    of = terms_with(price(), discounts=(one,))
    mine = [Fraction(spent.get(meter, 0)) for meter in one.meters or spent]
    slow = off(one, sum(mine, Fraction(0)))
    assert Fraction(discounted(of.terms, spent)) == slow
    used = [
        replace(new_line(of, SEPTEMBER, "usage", meter, amount), meter=meter)
        for meter, amount in spent.items()
    ]
    found = discount_lines(of, of.terms, spent, SEPTEMBER)
    assert sum((Fraction(line.precise) for line in found), Fraction(0)) == -slow
    posted = sum(rounded(Fraction(amount), 2) for amount in spent.values())
    assert 100 * undiscounted([*used, *found], "USD") == posted


def test_a_usage_discount_is_a_line_that_shows_its_tiers() -> None:
    shares = tiered(("100", "0"), ("200", "0.10"), (None, "0.20")).tiers
    of = price(per_unit("1"), per_unit("1", meter="tokens"))
    of = terms_with(of, discounts=(UsageDiscount("graduated", shares, ("calls",)),))
    *_, line = invoice_lines(of, {"calls": Decimal(250), "tokens": Decimal(7)}, *SEPTEMBER)
    assert (line.kind, line.description) == ("usage", "discount on calls")
    assert [(step.label, str(step.units), str(step.amount)) for step in line.steps] == [
        ("tier 1", "100", "0"),
        ("tier 2", "100", "-10.00"),
        ("tier 3", "50", "-10.00"),
    ]
    assert line.amount_minor == -2000


@given(AMOUNTS, st.integers(0, 50_000), CURRENCIES)
def test_a_maximum_is_met_to_the_minor_unit(
    amounts: list[Decimal], most: int, currency: str
) -> None:
    before = lines(*amounts, currency=currency)
    total = sum(minors(before))
    found = limited(before, min(most, total), currency)
    assert sum(minors(found)) == min(most, total)
    for one, other in zip(before, found, strict=True):
        assert (one == other) == (one.precise == other.precise)
        if one != other:
            assert other.precise == major(other.amount_minor, currency)
            assert other.steps[-1].label == "maximum of the period"
