"""Intervals of shares and of means."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

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


Z_95 = 1.959963984540054
"""Quantile of the standard normal distribution for a two-sided 95 % interval."""


def mean_interval(values: Sequence[float], z: float = Z_95) -> tuple[float, float, float]:
    """The mean of independent values and the bounds of Student's interval around it.

    The quantile is the normal one with the terms of Cornish and Fisher to the third power of
    1 / degrees of freedom (Abramowitz and Stegun 26.7.5). Raises ValueError below four values.
    """
    if len(values) < 4:
        raise ValueError("an interval of a mean needs four values")
    free = len(values) - 1
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    quantile = z + first / free + second / free**2 + third / free**3
    mean, half = fmean(values), quantile * stdev(values) / sqrt(len(values))
    return mean, mean - half, mean + half
