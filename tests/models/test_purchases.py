"""How often those buy who never say that they left, against the published fit and by definition."""

from datetime import datetime, timedelta
from math import exp, gamma
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.models.purchases import Bought, Rates, alive_share, fitted, likelihood

RATES = Rates(0.243, 4.414, 0.793, 2.426)
WEEK = timedelta(weeks=1)


def _beta(first: float, second: float) -> float:
    return gamma(first) * gamma(second) / gamma(first + second)


def slow(rates: Rates, customer: Bought) -> float:
    """The likelihood as the paper writes it (equation 6), with plain gamma functions."""
    (count, last, seen), (r, alpha, a, b) = customer, (rates.r, rates.alpha, rates.a, rates.b)
    bought = gamma(r + count) * alpha**r / gamma(r)
    stayed = _beta(a, b + count) / _beta(a, b) / (alpha + seen) ** (r + count)
    left = 0.0
    if count:
        left = _beta(a + 1, b + count - 1) / _beta(a, b) / (alpha + last) ** (r + count)
    return float(bought * (stayed + left))


@st.composite
def customers(draw: st.DrawFn) -> Bought:
    """Up to 20 purchases within 80 weeks."""
    count, seen = draw(st.integers(0, 20)), draw(st.integers(0, 80))
    return count, float(draw(st.integers(0, seen)) if count else 0), float(seen)


@given(customers())
def test_the_likelihood_is_that_of_the_paper(customer: Bought) -> None:
    assert exp(likelihood(RATES, customer)) == pytest.approx(slow(RATES, customer), rel=1e-9)


@given(customers(), st.integers(1, 40))
def test_who_is_silent_for_longer_is_less_likely_alive(customer: Bought, weeks: int) -> None:
    count, last, seen = customer
    assert 0 <= alive_share(RATES, customer) <= 1
    later = alive_share(RATES, (count, last, seen + weeks))
    assert later <= alive_share(RATES, customer)
    assert count or later == 1


def test_one_who_bought_often_and_stopped_has_left() -> None:
    """Two purchases tell less than twenty: the same silence weighs more."""
    shares = [alive_share(RATES, (count, 30.0, 40.0)) for count in (0, 2, 20)]
    assert shares == sorted(shares, reverse=True) and shares[1] > 0.5 > shares[2]


@pytest.mark.parametrize("wrong", [[(0, 0.0, 5.0)], [(1, 6.0, 5.0)], []])
def test_what_cannot_be_fitted_is_refused(wrong: list[Bought]) -> None:
    with pytest.raises(ValueError, match=r"bought twice|the last day"):
        fitted(wrong)


def test_the_published_parameters(data_folder: Path) -> None:
    """CDNOW, the official sample of 2,357, 39 weeks: .243, 4.414, .793, 2.426; LL -9,582.4."""
    end = datetime(1997, 9, 30)
    days = (
        pl.read_parquet(data_folder / "ltv_cdnow" / "*.parquet")
        .filter(pl.col("in_official_sample") & (pl.col("date") <= end))
        .select("customer_id", pl.col("date").cast(pl.Datetime("us")))
        .unique()
    )
    each = days.group_by("customer_id").agg(
        pl.len(), first=pl.col("date").min(), last=pl.col("date").max()
    )
    bought = [
        (many - 1, (last - first) / WEEK, (end - first) / WEEK)
        for many, first, last in each.select("len", "first", "last").iter_rows()
    ]
    assert len(bought) == 2_357
    found = fitted(bought)
    assert [round(one, 3) for one in (found.r, found.alpha, found.a, found.b)] == [
        0.243,
        4.414,
        0.793,
        2.426,
    ]
    assert sum(likelihood(found, one) for one in bought) == pytest.approx(-9_582.4, abs=0.05)
