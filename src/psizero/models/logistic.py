"""Logistic regression: the chance of an event as a sum of contributions. Pure maths on columns.

    p = 1 / (1 + exp(-(a + sum(w_i * z_i))))        z_i = (x_i - mean_i) / spread_i, within 4 of 0

Fitted by Newton's method (iteratively reweighted least squares) with a ridge on all weights but
the constant; one answer for the same rows. Calibrated on rows that it was not fitted on by slope
and offset of the sum (Platt 1999), so that contributions stay exact: they sum to the log odds.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
ROUNDS, FAR = 50, 4.0


class Fitted(msgspec.Struct, frozen=True):
    """All of it, in the order of `names`; `constant` is the log odds of the average row."""

    names: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    constant: float


def fit(names: Sequence[str], rows: Numbers, happened: Numbers, ridge: float = 1.0) -> Fitted:
    """`rows` has a column a name, `happened` 0 or 1. Raises ValueError where one of the two never
    is so."""
    if not 0 < happened.sum() < happened.size:
        raise ValueError("nothing can be learned where all is the same")
    means, spreads = rows.mean(axis=0), rows.std(axis=0)
    spreads = np.where(spreads > 1e-9, spreads, 1.0)
    scaled = _scaled(rows, means, spreads)
    penalty = np.full(scaled.shape[1] + 1, ridge)
    penalty[0] = 0.0
    weights = _newton(np.column_stack([np.ones(rows.shape[0]), scaled]), happened, penalty)
    return Fitted(
        tuple(names),
        tuple(np.round(means, 6).tolist()),
        tuple(np.round(spreads, 6).tolist()),
        tuple(np.round(weights[1:], 6).tolist()),
        round(float(weights[0]), 6),
    )


def calibrated(fitted: Fitted, rows: Numbers, happened: Numbers) -> Fitted:
    """The same with slope and offset of its log odds fitted on other rows; the slope stays above
    zero, and is drawn to 1 where the rows say little."""
    said = logits(fitted, rows)
    moved = _newton(
        np.column_stack([np.ones(said.size), said]),
        happened,
        np.array([0.1, 4.0]),
        np.array([0, 1.0]),
    )
    slope = max(float(moved[1]), 0.05)
    return msgspec.structs.replace(
        fitted,
        weights=tuple(round(slope * one, 6) for one in fitted.weights),
        constant=round(slope * fitted.constant + float(moved[0]), 6),
    )


def contributions(fitted: Fitted, rows: Numbers) -> Numbers:
    """What each column adds to the log odds of each row; with the constant their sum."""
    scaled = _scaled(rows, np.array(fitted.means), np.array(fitted.spreads))
    found: Numbers = scaled * np.array(fitted.weights)[None, :]
    return found


def logits(fitted: Fitted, rows: Numbers) -> Numbers:
    """The log odds of each row."""
    found: Numbers = contributions(fitted, rows).sum(axis=1) + fitted.constant
    return found


def chances(fitted: Fitted, rows: Numbers) -> Numbers:
    """0 to 1, rounded to 6 decimals."""
    found: Numbers = np.round(1 / (1 + np.exp(-np.clip(logits(fitted, rows), -30, 30))), 6)
    return found


def losses(chance: Numbers, happened: Numbers) -> Numbers:
    """Minus the logarithm of the chance that was given to what happened, by row."""
    sure = np.clip(chance, 1e-6, 1 - 1e-6)
    found: Numbers = -(happened * np.log(sure) + (1 - happened) * np.log(1 - sure))
    return found


def average_precision(chance: Numbers, happened: Numbers) -> float:
    """The mean precision at each event, in falling order of chance; ties share their place."""
    if not happened.sum():
        return 0.0
    order = np.argsort(-chance, kind="stable")
    last = np.append(np.diff(chance[order]) != 0, True)
    hits, seen = np.cumsum(happened[order])[last], (np.flatnonzero(last) + 1)
    gained = np.diff(np.append(0.0, hits))
    return float((gained * hits / seen).sum() / happened.sum())


def calibration_error(chance: Numbers, happened: Numbers, bins: int = 10) -> float:
    """Expected calibration error: the mean gap of chance and share, in bins of equal width."""
    place = np.minimum((chance * bins).astype(np.int64), bins - 1)
    gaps = [abs(float((chance - happened)[place == one].sum())) for one in range(bins)]
    return sum(gaps) / max(chance.size, 1)


def _scaled(rows: Numbers, means: Numbers, spreads: Numbers) -> Numbers:
    found: Numbers = np.clip((rows - means[None, :]) / spreads[None, :], -FAR, FAR)
    return found


def _newton(
    rows: Numbers, happened: Numbers, penalty: Numbers, towards: Numbers | None = None
) -> Numbers:
    aim = np.zeros(rows.shape[1]) if towards is None else towards
    weights: Numbers = aim.copy()
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (happened - chance) - penalty * (weights - aim)
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curve, slope)
        weights = np.add(weights, step, dtype=np.float64)
        if float(np.abs(step).max()) < 1e-9:
            break
    return weights


def evaluated(chance: Numbers, happened: Numbers) -> Mapping[str, float]:
    """What is said of a model in its record."""
    return {
        "rows": float(happened.size),
        "events": float(happened.sum()),
        "loss": round(float(losses(chance, happened).mean()), 6),
        "average_precision": round(average_precision(chance, happened), 6),
        "calibration_error": round(calibration_error(chance, happened), 6),
    }
