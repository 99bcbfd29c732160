"""A figure of ours beside the plain baseline's, on the same rows, and whether a goal is reached."""

from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Picked = npt.NDArray[np.int64]
ROUNDS, SEED = 2000, 20261123


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`low` and `high`: the 95 % interval of the difference; null where there is no baseline."""

    task: str
    measure: str
    rows: int
    ours: float
    plain: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    goal: str = ""
    reached: bool | None = None

    @property
    def held(self) -> bool:
        """Not below its baseline by more than noise."""
        return self.high is None or self.high >= 0


def paired(
    names: tuple[str, str], rows: int, measure: Callable[[Picked], tuple[float, float]]
) -> Result:
    """`measure` gives ours and the plain one on picked rows; rows are drawn again 2,000 times."""
    dice = np.random.default_rng(SEED)
    ours, plain = measure(np.arange(rows))
    drawn = [measure(dice.integers(0, rows, rows)) for _ in range(ROUNDS)]
    low, high = np.percentile([one - other for one, other in drawn], [2.5, 97.5])
    return Result(
        task=names[0],
        measure=names[1],
        rows=rows,
        ours=round(ours, 4),
        plain=round(plain, 4),
        difference=round(ours - plain, 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
    )


def shares(task: tuple[str, str], ours: Flags, plain: Flags) -> Result:
    """Two shares of rows, such as of right ones."""

    def measure(picked: Picked) -> tuple[float, float]:
        return float(ours[picked].mean()), float(plain[picked].mean())

    return paired(task, len(ours), measure)


def macro_f1(right: npt.NDArray[np.int64], said: npt.NDArray[np.int64]) -> float:
    """The mean over the labels of the harmonic mean of precision and recall."""
    size = int(max(right.max(), said.max())) + 1
    seen = np.bincount(right * size + said, minlength=size * size).reshape(size, size)
    both = seen.sum(axis=0) + seen.sum(axis=1)
    kept = seen.sum(axis=1) > 0
    found: float = (2 * np.diag(seen) / np.maximum(both, 1))[kept].mean()
    return float(found)


def aimed(result: Result, goal: str, reached: bool) -> Result:
    """With the goal of the plan."""
    return msgspec.structs.replace(result, goal=goal, reached=reached)
