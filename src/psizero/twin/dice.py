"""Chance of the twin: a generator for each name, the same in every flight of one seed.

Common random numbers: a draw is named by what it decides (a stream, a day) and vectors are laid
out by the fixed index of who it concerns. Two flights that differ in policy alone so meet the
same luck, and what differs between them is the policy's doing.
"""

from hashlib import sha256

import msgspec
import numpy as np


class Dice(msgspec.Struct, frozen=True):
    """The seed of one twin."""

    seed: int

    def of(self, *names: str | int) -> np.random.Generator:
        """The generator of these names; asked again it begins again."""
        said = "\x1f".join(str(name) for name in (self.seed, *names))
        key = int.from_bytes(sha256(said.encode()).digest()[:16], "big")
        return np.random.Generator(np.random.Philox(key=key))


def counts(luck: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Poisson counts by inversion: one share of luck each, so that a rate moves only its own.

    Above a rate of 12 the normal approximation with its skew (Cornish and Fisher).
    """
    rates = np.maximum(rates, 0.0)
    small = np.zeros(luck.shape)
    term = np.exp(-np.minimum(rates, 12.0))
    summed = term.copy()
    for number in range(1, 40):
        small += luck >= summed
        term = term * np.minimum(rates, 12.0) / number
        summed += term
    score = normal(luck)
    large = np.floor(rates + np.sqrt(rates) * score + (score**2 - 1) / 6 + 0.5)
    return np.where(rates <= 12.0, small, np.maximum(large, 0.0)).astype(np.int64)


def normal(luck: np.ndarray) -> np.ndarray:
    """Standard normal scores of shares of luck (Acklam's rational approximation, error 1e-9)."""
    p = np.clip(luck, 1e-12, 1 - 1e-12)
    tail = np.sqrt(-2 * np.log(np.minimum(p, 1 - p)))
    outer = np.polyval(_C, tail) / np.polyval(np.append(_D, 1.0), tail)
    q = p - 0.5
    inner = np.polyval(_A, q * q) * q / np.polyval(np.append(_B, 1.0), q * q)
    return np.where(np.abs(q) <= 0.47575, inner, np.where(q < 0, outer, -outer))


def _coefficients(text: str) -> np.ndarray:
    return np.array([float(one) for one in text.split()])


# Of Acklam's approximation, highest power first.
_A = _coefficients(
    "-39.69683028665376 220.9460984245205 -275.9285104469687 "
    "138.3577518672690 -30.66479806614716 2.506628277459239"
)
_B = _coefficients(
    "-54.47609879822406 161.5858368580409 -155.6989798598866 66.80131188771972 -13.28068155288572"
)
_C = _coefficients(
    "-0.007784894002430293 -0.3223964580411365 -2.400758277161838 "
    "-2.549732539343734 4.374664141464968 2.938163982698783"
)
_D = _coefficients("0.007784695709041462 0.3224671290700398 2.445134137142996 3.754408661907416")
