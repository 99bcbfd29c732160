"""Shares of a period and amounts divided: nothing is lost, whatever the parts."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.money import EXACT
from psizero.finance.cycles import Cycle, Period, periods
from psizero.finance.proration import (
    WHOLE,
    Share,
    began,
    ended,
    prorated,
    scaled,
    shares,
    split,
    summed,
)
from tests.finance.priced import price, terms_with, tiered

BERLIN = Cycle(interval="month", anchor=date(2026, 1, 1), zone="Europe/Berlin")


def month(since: datetime) -> Period:
    return next(periods(BERLIN, since))


def texts(found: Sequence[Share]) -> list[str]:
    return [one.text for one in found]


def test_by_second_an_hour_less_weighs_more_and_by_day_all_days_are_equal() -> None:
    """March 2026 in Berlin: 743 hours, and 30 of its 31 days are 719 of them."""
    march = month(datetime(2026, 3, 10))
    cuts = [march.start, began(datetime(2026, 3, 29, 23), "Europe/Berlin", "day"), march.end]
    assert cuts[1] == datetime(2026, 3, 29, 22), "the midnight of the 30th, after the change"
    seconds, by_day = shares(march, cuts, "second"), shares(march, cuts, "day")
    assert texts(by_day) == ["29 of 31 days", "2 of 31 days"]
    assert texts(seconds) == ["2,502,000 of 2,674,800 seconds", "172,800 of 2,674,800 seconds"]
    assert sum(one.used for one in seconds) == seconds[0].whole


def test_by_day_what_begins_and_what_ends_on_a_day_have_all_of_it() -> None:
    noon = datetime(2026, 9, 10, 12)
    assert began(noon, "UTC", "day") == datetime(2026, 9, 10)
    assert ended(noon, "UTC", "day") == datetime(2026, 9, 11)
    assert ended(datetime(2026, 9, 10), "UTC", "day") == datetime(2026, 9, 10)
    assert began(noon, "UTC", "second") == ended(noon, "UTC", "second") == noon


def test_a_share_is_of_the_full_period_also_where_it_was_cut() -> None:
    """31 USD from 15 January: 17 for what is left of it."""
    january = month(datetime(2026, 1, 20))
    (share,) = shares(january, [datetime(2026, 1, 14, 23), january.end], "day")
    assert (share.text, prorated(Decimal(31), share)) == ("17 of 31 days", 17)


@pytest.mark.parametrize(("year", "whole"), [(2023, 365), (2024, 366)])
def test_a_leap_year_has_one_day_more_to_divide_by(year: int, whole: int) -> None:
    one = next(periods(Cycle(interval="year", anchor=date(year, 1, 1)), datetime(year, 1, 1)))
    (share,) = shares(one, [datetime(year, 12, 31), one.end], "day")
    assert share == Share(1, whole)
    assert prorated(Decimal(whole), share) == 1


CUTS = st.lists(st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 31)), max_size=5)


@given(CUTS, st.sampled_from(["second", "day"]), st.decimals(0, 10**6, places=15))
def test_parts_of_a_period_come_to_the_whole_of_it(
    cuts: list[datetime], policy: str, value: Decimal
) -> None:
    march = month(datetime(2026, 3, 10))
    inner = sorted(began(at, "Europe/Berlin", policy) for at in cuts)
    found = shares(march, [march.start, *inner, march.end], policy)
    assert all(one.used >= 0 for one in found)
    assert sum(one.used for one in found) == found[0].whole
    exact, parts = summed([(value, share) for share in found])
    with localcontext(EXACT):
        assert exact == value == sum(parts)
    for share, part in zip(found, parts, strict=True):
        off = Fraction(part) - Fraction(value) * share.used / share.whole
        assert abs(off) <= Fraction(1, 10**15)


@given(st.lists(st.tuples(st.decimals(0, 10**6, places=9), st.integers(0, 10**12)), min_size=1))
def test_a_sum_of_shares_is_rounded_from_what_it_exactly_is(
    parts: list[tuple[Decimal, int]],
) -> None:
    whole = 2_674_800_000_001
    exact, found = summed([(value, Share(used, whole)) for value, used in parts])
    slow = sum((Fraction(value) * used / whole for value, used in parts), Fraction(0))
    assert abs(Fraction(exact) - slow) < Fraction(1, 10**50)
    with localcontext(EXACT):
        assert abs(Fraction(sum(found)) - slow) <= Fraction(1, 2 * 10**15)


def test_the_policy_none_counts_every_part_as_whole() -> None:
    march = month(datetime(2026, 3, 10))
    assert shares(march, [march.start, datetime(2026, 3, 9), march.end], "none") == [WHOLE] * 2


def test_what_a_price_allows_for_a_period_counts_by_its_share() -> None:
    of = terms_with(price(tiered(("900", "1"), (None, "0.5")), base="30", minimum="60"), "90")
    (half,) = [scaled(of.terms, Share(1, 3))]
    assert (half.base, half.minimum, half.maximum) == (30, 20, 30)
    assert [tier.up_to for tier in half.meters[0].tiers] == [300, None]
    assert scaled(of.terms, WHOLE) is of.terms


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.integers(0, 10**9), min_size=1).filter(lambda w: sum(w)),
)
def test_a_split_has_no_rest_and_every_part_is_near_its_share(
    total: int, weights: list[int]
) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(total) * weight / sum(weights)
        assert abs(part - exact) < 1
        assert weight or not part


def test_a_split_gives_the_rest_to_the_largest_remainders_and_the_first_of_equal_ones() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(-100, [1, 1, 1]) == [-34, -33, -33]
    assert split(10, [30, 55, 15]) == [3, 6, 1]
    assert split(0, [0, 0]) == [0, 0]
    for weights in ([0, 0], [1, -1], []):
        with pytest.raises(ValueError, match="cannot be divided"):
            split(1, weights)


def test_a_second_of_a_millisecond_is_shown_as_it_is() -> None:
    share = Share(1_500_000, 3_600_000_000, "seconds")
    assert share.text == "1.5 of 3,600 seconds"
    assert timedelta(microseconds=share.whole) == timedelta(hours=1)
