"""From which score on may be acted, so that enough of what is acted on is right."""

import numpy as np
import numpy.typing as npt

NEVER = 2.0
"""A threshold that no probability reaches."""


def threshold(
    scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], precision: float
) -> float:
    """The lowest score above which (wrong + 1) / (all + 1) is at most 1 - `precision`, or NEVER.

    The one is added for the case to come, as conformal risk control does (Angelopoulos et al.
    2024), and holds on average where cases to come are like those calibrated on. Ties are taken
    together. Raises ValueError where `precision` is not between 0 and 1.
    """
    if not 0 < precision < 1:
        raise ValueError(f"a precision of {precision}")
    order = np.argsort(-scores, kind="stable")
    kept = scores[order]
    wrong = np.cumsum(~right[order])
    whole = np.append(kept[1:] < kept[:-1], True) if len(kept) else np.zeros(0, dtype=bool)
    good = whole & ((wrong + 1) <= (1 - precision) * (np.arange(len(kept)) + 2) + 1e-12)
    return round(float(kept[np.flatnonzero(good)[-1]]), 6) if good.any() else NEVER
