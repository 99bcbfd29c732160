"""Intervals of shares."""

from math import sqrt

Z_90 = 1.6448536269514722
"""Quantile of the standard normal distribution for a two-sided 90 % interval."""


def wilson(successes: int, trials: int, z: float = Z_90) -> tuple[float, float]:
    """Bounds of the score interval of a share (Wilson 1927); (0, 1) where nothing was tried.

    Raises ValueError where successes are not between 0 and trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials}")
    if trials == 0:
        return 0.0, 1.0
    share, weight = successes / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * sqrt(share * (1 - share) / trials + weight / (4 * trials))
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == trials else min(1.0, middle + half)
    return round(low, 6), round(high, 6)
