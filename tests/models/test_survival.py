"""Lives and their lengths, against slow second ways and published numbers."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.models.survival import (
    geometric_beta,
    geometric_beta_survival,
    kaplan_meier,
    restricted_mean,
)

LIVES = st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=40)
Lives = list[tuple[int, bool]]
# remission of 21 leukaemia patients on 6-MP (Freireich et al. 1963), as every text book has it
FREIREICH = [(t, True) for t in (6, 6, 6, 7, 10, 13, 16, 22, 23)]
FREIREICH += [(t, False) for t in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]


def counted(lives: Lives) -> list[tuple[float, int, int]]:
    """Times with how many ended and how many were last seen then."""
    ended = Counter(time for time, died in lives if died)
    left = Counter(time for time, died in lives if not died)
    return [(float(time), ended[time], left[time]) for time in {*ended, *left}]


def survival(lives: Lives, at: float) -> float:
    """The share alive just after an instant, by the definition."""
    share = 1.0
    for time in sorted({time for time, died in lives if died and time <= at}):
        risk = sum(other >= time for other, _ in lives)
        share *= 1 - sum(died and other == time for other, died in lives) / risk
    return share


@given(LIVES)
def test_the_curve_is_the_definition(lives: Lives) -> None:
    for step in kaplan_meier(counted(lives)):
        assert step.survival == pytest.approx(survival(lives, step.time), abs=1e-12)


@given(LIVES, st.integers(1, 30))
def test_the_restricted_mean_is_the_area(lives: Lives, horizon: int) -> None:
    found = restricted_mean(counted(lives), horizon)
    assert found is not None
    until = min(horizon, max(time for time, _ in lives))
    assert found.horizon == until
    assert found.value == pytest.approx(sum(survival(lives, n) for n in range(until)), abs=1e-5)
    assert 0 <= found.low <= found.value <= found.high <= until


def test_a_text_book_life() -> None:
    """Survival .857, .807, .753, .690, .627, .538, .448; restricted mean 23.3 (se 2.83) at 35."""
    steps = kaplan_meier(counted(FREIREICH))
    curve = [round(one.survival, 3) for one in steps]
    assert curve == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    found = restricted_mean(counted(FREIREICH), 100)
    assert found is not None
    assert found.value == pytest.approx(23.287, abs=0.001)
    assert (found.value - found.low) / 1.959964 == pytest.approx(2.827, abs=0.001)


def test_where_nobody_left_all_of_the_horizon_is_lived() -> None:
    found = restricted_mean([(12.0, 0, 5)], 60)
    assert found is not None and (found.value, found.low, found.high) == (12, 12, 12)
    assert restricted_mean([], 60) is None


@pytest.mark.parametrize(("alpha", "beta"), [(0.7, 1.2), (2.5, 9.0), (0.3, 3.0)])
def test_the_curve_that_was_drawn_is_found_again(alpha: float, beta: float) -> None:
    drawn = geometric_beta_survival(alpha, beta, 9)
    assert geometric_beta(drawn) == pytest.approx((alpha, beta), rel=1e-3)


def test_survivors_that_become_more_are_refused() -> None:
    with pytest.raises(ValueError, match="never become more"):
        geometric_beta([1.0, 0.8, 0.9])


@pytest.mark.parametrize(
    ("segment", "published"), [("regular", (0.704, 1.182)), ("high_end", (0.668, 3.806))]
)
def test_the_published_parameters(
    data_folder: Path, segment: str, published: tuple[float, float]
) -> None:
    """Fader and Hardie 2007, fitted over 7 years."""
    years = pl.read_parquet(data_folder / "ltv_sbg_retention" / "*.parquet").sort("year")
    alpha, beta = geometric_beta(years.filter(pl.col("year") <= 7)[segment].to_list())
    assert (round(alpha, 3), round(beta, 3)) == published
