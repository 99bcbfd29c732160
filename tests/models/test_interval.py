"""Intervals and tests of shares, against slow second ways."""

from datetime import datetime
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.chance import draw
from psizero.models.interval import Z_90, wilson
from psizero.models.sequential import evidence_over

NOW = datetime(2026, 1, 1)


@given(st.integers(0, 300), st.integers(0, 300))
def test_bounds_solve_the_score_equation(yes: int, no: int) -> None:
    """A bound b is where the share lies z standard errors of b away from b."""
    trials = yes + no
    for bound in wilson(yes, trials) if trials else ():
        error = sqrt(bound * (1 - bound) / trials)
        assert abs(abs(yes / trials - bound) - Z_90 * error) < 1e-4


@pytest.mark.parametrize(("yes", "trials"), [(-1, 3), (4, 3)])
def test_counts_that_are_none(yes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="of 3"):
        wilson(yes, trials)
    with pytest.raises(ValueError, match="of 3"):
        evidence_over(yes, trials, 0.5)


def test_nothing_tried_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert evidence_over(0, 0, 0.2) == 1.0


def _alarms(share: float, runs: int, looks: int) -> float:
    """Share of runs in which the evidence ever reached 20, looked at after every trial."""
    alarms = 0
    for run in range(runs):
        bad = 0
        for look in range(1, looks + 1):
            bad += draw("alarms", NOW, str(run), str(look)) < share
            if evidence_over(bad, look, 0.2) >= 20:
                alarms += 1
                break
    return alarms / runs


def test_looking_after_every_outcome_rarely_alarms_falsely() -> None:
    """At the border itself at most 5 % of runs, with a look after each of 120 outcomes."""
    assert _alarms(0.2, 300, 120) <= 0.05
    assert _alarms(0.5, 100, 120) >= 0.95
