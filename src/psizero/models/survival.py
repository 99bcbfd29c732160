"""How long lives last: the Kaplan-Meier curve, its restricted mean, and the shifted beta-geometric.

Pure maths on times; a life is observed until it ended, or is still going on (censored).
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, inf, log, sqrt

import msgspec

from psizero.models.interval import Z_95

_TINY = 1e-10


class Step(msgspec.Struct, frozen=True):
    """At `time` so many were at risk, and so many of these ended."""

    time: float
    at_risk: int
    ended: int
    survival: float


def kaplan_meier(counts: Sequence[tuple[float, int, int]]) -> list[Step]:
    """The survival just after each time at which lives ended (Kaplan and Meier 1958).

    `counts`: time, lives that ended then, lives last seen then without an end; each time once, in
    any order. Who is last seen at a time was at risk at it.
    """
    at_risk, survival, found = sum(ended + left for _, ended, left in counts), 1.0, list[Step]()
    for time, ended, left in sorted(counts):
        if ended:
            survival *= 1 - ended / at_risk
            found.append(Step(time, at_risk, ended, survival))
        at_risk -= ended + left
    return found


class Mean(msgspec.Struct, frozen=True):
    """A restricted mean, its bounds at 95 %, and up to when it was taken."""

    value: float
    low: float
    high: float
    horizon: float


def restricted_mean(counts: Sequence[tuple[float, int, int]], horizon: float) -> Mean | None:
    """The area under the curve up to the horizon, or to the last time seen where that is earlier.

    Nothing is extrapolated. Variance: Greenwood's, summed over the areas right of each end
    (Klein and Moeschberger 2003, 4.5.2). Rounded to 6 decimals; None where nobody was seen.
    """
    seen = max((time for time, _, _ in counts), default=0.0)
    until = min(horizon, seen)
    if until <= 0:
        return None
    steps = [one for one in kaplan_meier(counts) if one.time < until]
    times = [0.0, *(one.time for one in steps), until]
    heights = [1.0, *(one.survival for one in steps)]
    areas = [height * (times[n + 1] - times[n]) for n, height in enumerate(heights)]
    mean, right, variance = sum(areas), 0.0, 0.0
    for step, area in zip(reversed(steps), reversed(areas[1:]), strict=True):
        right += area
        if step.at_risk > step.ended:
            variance += right**2 * step.ended / (step.at_risk * (step.at_risk - step.ended))
    half = Z_95 * sqrt(variance)
    bounds = (mean, max(0.0, mean - half), min(until, mean + half), until)
    return Mean(*(round(one, 6) for one in bounds))


def geometric_beta(survivors: Sequence[float]) -> tuple[float, float]:
    """alpha and beta of the shifted beta-geometric (Fader and Hardie 2007), by likelihood.

    `survivors`: how many are left after 0, 1, 2 ... periods, or their shares; at least one must
    have left. Rounded to 6 decimals.
    """
    lost = [before - after for before, after in pairwise(survivors)]
    if not lost or min(lost) < 0 or sum(lost) <= 0:
        raise ValueError("survivors may never become more, and some must have left")

    def unlikely(logs: Sequence[float]) -> float:
        alpha, beta = exp(logs[0]), exp(logs[1])
        chance, left, total = alpha / (alpha + beta), 1.0, 0.0
        for period, count in enumerate(lost, 1):
            if period > 1:
                chance *= (beta + period - 2) / (alpha + beta + period - 1)
            left -= chance
            total += count * log(max(chance, _TINY))
        return -total - survivors[-1] * log(max(left, _TINY))

    alpha, beta = (exp(one) for one in lowest(unlikely, (0.0, 0.0)))
    return round(alpha, 6), round(beta, 6)


def geometric_beta_survival(alpha: float, beta: float, periods: int) -> list[float]:
    """The share left after 0, 1 ... `periods`, by the recursion of the same paper."""
    found = [1.0]
    for period in range(1, periods + 1):
        found.append(found[-1] * (beta + period - 1) / (alpha + beta + period - 1))
    return [round(one, 6) for one in found]


def lowest(
    score: Callable[[Sequence[float]], float], start: Sequence[float], steps_max: int = 5_000
) -> list[float]:
    """Where a smooth function is lowest, by Nelder and Mead's simplex (1965); deterministic."""
    points = [list(start)]
    points += [
        [one + 0.5 * (n == place) for n, one in enumerate(start)] for place in range(len(start))
    ]
    scored = sorted((score(one), one) for one in points)
    for _ in range(steps_max):
        if _spread([one for _, one in scored]) < 1e-9:
            break
        scored = sorted(_moved(score, scored), key=lambda one: one[0])
    return scored[0][1]


def _spread(points: Sequence[Sequence[float]]) -> float:
    widths = [max(column) - min(column) for column in zip(*points, strict=True)]
    return float(max(widths))


def _moved(
    score: Callable[[Sequence[float]], float], scored: list[tuple[float, list[float]]]
) -> list[tuple[float, list[float]]]:
    """The simplex with its worst point reflected, expanded or contracted, or all of it shrunk."""
    best, worst = scored[0], scored[-1]
    middle = [
        sum(column) / (len(scored) - 1) for column in zip(*(p for _, p in scored[:-1]), strict=True)
    ]

    def at(factor: float) -> tuple[float, list[float]]:
        point = [m + factor * (w - m) for m, w in zip(middle, worst[1], strict=True)]
        value = score(point)
        return (value if value == value else inf), point

    reflected = at(-1.0)
    if reflected[0] < best[0]:
        return [*scored[:-1], min(reflected, at(-2.0), key=lambda one: one[0])]
    if reflected[0] < scored[-2][0]:
        return [*scored[:-1], reflected]
    contracted = at(-0.5 if reflected[0] < worst[0] else 0.5)
    if contracted[0] < min(reflected[0], worst[0]):
        return [*scored[:-1], contracted]
    shrunk = [[(b + o) / 2 for b, o in zip(best[1], one, strict=True)] for _, one in scored[1:]]
    return [best, *((score(one), one) for one in shrunk)]
