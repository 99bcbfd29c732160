"""Tests that may be looked at after every trial."""

from math import exp, log

_STEPS = 40


def evidence_over(successes: int, trials: int, share: float) -> float:
    """An e-value against "the success probability is at most `share`"; 20 is 5 % evidence.

    The mean over equally spaced alternatives p of the likelihood ratio of p to `share`. Each is
    a supermartingale under the hypothesis, so with every look the probability of ever reaching
    1/alpha is at most alpha (Ville 1939). Raises ValueError where a count or share is none.
    """
    if not 0 <= successes <= trials or not 0 < share < 1:
        raise ValueError(f"{successes} of {trials} against {share}")
    failures, total = trials - successes, 0.0
    for step in range(_STEPS):
        other = share + (1 - share) * (step + 0.5) / _STEPS
        ratio = successes * log(other / share) + failures * log((1 - other) / (1 - share))
        total += exp(min(ratio, 700.0))
    return round(total / _STEPS, 6)
