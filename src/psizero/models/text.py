"""Labels of texts: a linear classifier that knows how sure it is, and when a text is none of it.

Grams weighted by TF-IDF, one linear support vector machine a label (squared hinge; Fan et al.
2008), its margins turned into probabilities by one temperature (Guo et al. 2017), found on folds
that the margins were not fitted on. Rows labelled OUTSIDE teach when a text belongs nowhere.
"""

from functools import lru_cache

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from psizero.models.grams import Lens, Space, Vector, space

OUTSIDE = ""
"""The label of a text that belongs to no label."""
BLOCKS = ("words", "pieces", "pairs")
Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
PREDICTED = {
    "label": pl.String(),
    "probability": pl.Float64(),
    "second": pl.String(),
    "second_probability": pl.Float64(),
    "inside": pl.Float64(),
    "known_share": pl.Float64(),
}


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How a classifier is fitted. `slack`: the machine's C; a gram needs `texts_min` texts."""

    blocks: tuple[str, ...] = BLOCKS
    slack: float = 1.0
    texts_min: int = 1
    folds: int = 3


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept. `weights`: width of the space times labels, 4-byte floats, row by row.

    `scope`: an offset and a weight for each of the five signs, of the log odds that a text is
    inside; empty where no text outside was known.
    """

    form: str = "linear text 1"
    space: Space
    labels: tuple[str, ...]
    weights: bytes
    offsets: tuple[float, ...]
    temperature: float
    scope: tuple[float, ...]


class Reader:
    """A Fitted made ready to predict."""

    def __init__(self, fitted: Fitted) -> None:
        self.fitted, self.lens = fitted, Lens(fitted.space)
        shape = (fitted.space.width, len(fitted.labels))
        self.weights = np.frombuffer(fitted.weights, dtype="<f4").reshape(shape)
        self.offsets = np.array(fitted.offsets)
        self.inner = np.array([one != OUTSIDE for one in fitted.labels])
        self.names = [one for one in fitted.labels if one != OUTSIDE]

    def margins(self, text: str) -> Numbers:
        """One margin a label, in the order of the labels."""
        columns, weights = self.lens.vector(text)
        found: Numbers = weights @ self.weights[columns] + self.offsets
        return found


def fit(table: pl.DataFrame, shape: Shape | None = None) -> bytes:
    """A classifier of `table`: text and label, OUTSIDE where it belongs nowhere. Same rows, same
    bytes. Raises ValueError where there are not two labels, or one has fewer rows than folds.
    """
    how = shape or Shape()
    texts, said = table["text"].to_list(), table["label"].to_list()
    names = tuple(sorted(set(said)))
    rows = {one: said.count(one) for one in names}
    if len([one for one in names if one != OUTSIDE]) < 2 or min(rows.values()) < how.folds:
        raise ValueError(f"two labels, and {how.folds} texts of each, are needed: {rows}")
    labels = np.array([names.index(one) for one in said])
    lens = Lens(known := space(texts, how.blocks, how.texts_min))
    vectors = [lens.vector(one) for one in texts]
    margins = _crossed(vectors, labels, known.width, how)
    weights, offsets = machine(vectors, labels, known.width, how.slack)
    known_shares = np.array([lens.known_share(one) for one in texts])
    inner = np.array([one != OUTSIDE for one in names])
    fitted = Fitted(
        space=known,
        labels=names,
        weights=weights.astype("<f4").tobytes(),
        offsets=tuple(np.round(offsets, 6).tolist()),
        temperature=_temperature(margins, labels, inner),
        scope=_scope(margins, labels, inner, known_shares),
    )
    return msgspec.msgpack.encode(fitted)


def machine(
    vectors: list[Vector], labels: Labels, width: int, slack: float
) -> tuple[Numbers, Numbers]:
    """Linear machines, one a label against all others: weights, width times labels, and offsets."""
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    sizes = np.cumsum([0, *(len(columns) for columns, _ in vectors)])
    frame = csr_matrix(
        (
            np.concatenate([weights for _, weights in vectors]).astype(np.float64),
            np.concatenate([columns for columns, _ in vectors]),
            sizes,
        ),
        shape=(len(vectors), width),
    )
    machine = LinearSVC(C=slack, random_state=0).fit(frame, labels)
    weights, offsets = np.asarray(machine.coef_).T, np.asarray(machine.intercept_)
    if weights.shape[1] == 1:  # of two labels one machine tells both
        weights, offsets = np.hstack([-weights, weights]), np.concatenate([-offsets, offsets])
    return weights, offsets


def _crossed(vectors: list[Vector], labels: Labels, width: int, how: Shape) -> Numbers:
    """The margins of every text by a machine that has not seen it."""
    nth = np.zeros(len(labels), dtype=np.int64)
    for one in np.unique(labels):
        mine = np.flatnonzero(labels == one)
        nth[mine] = np.arange(len(mine))
    margins = np.zeros((len(labels), int(labels.max()) + 1))
    for fold in range(how.folds):
        seen = np.flatnonzero(nth % how.folds != fold)
        weights, offsets = machine([vectors[n] for n in seen], labels[seen], width, how.slack)
        for n in np.flatnonzero(nth % how.folds == fold):
            columns, values = vectors[n]
            margins[n] = values @ weights[columns] + offsets
    return margins


def shares(margins: Numbers, temperature: float) -> Numbers:
    """Probabilities of margins, which lie in the last axis."""
    risen = np.exp((margins - margins.max(axis=-1, keepdims=True)) / temperature)
    found: Numbers = risen / risen.sum(axis=-1, keepdims=True)
    return found


def _temperature(margins: Numbers, labels: Labels, inner: npt.NDArray[np.bool_]) -> float:
    """The one of a fine grid under which the labels are likeliest (log loss)."""
    mine = inner[labels]
    place = (np.cumsum(inner) - 1)[labels[mine]]
    kept, row = margins[mine][:, inner], np.arange(int(mine.sum()))
    grid = np.exp(np.linspace(np.log(0.02), np.log(3.0), 80))
    losses = [-np.log(shares(kept, one)[row, place] + 1e-12).mean() for one in grid]
    return round(float(grid[int(np.argmin(losses))]), 6)


def signs(margins: Numbers, inner: npt.NDArray[np.bool_], known_share: Numbers) -> Numbers:
    """Highest margin, its lead, the second, that of outside, and the share of words known."""
    kept = np.sort(margins[..., inner], axis=-1)
    outer = margins[..., ~inner].sum(axis=-1)
    lead = kept[..., -1] - kept[..., -2]
    return np.stack([kept[..., -1], lead, kept[..., -2], outer, known_share], axis=-1)


def _scope(
    margins: Numbers, labels: Labels, inner: npt.NDArray[np.bool_], known_share: Numbers
) -> tuple[float, ...]:
    """Logistic regression of being inside, both sides weighing the same."""
    if inner.all():
        return ()
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000, tol=1e-8).fit(
        signs(margins, inner, known_share), inner[labels]
    )
    numbers = [float(found.intercept_[0]), *np.asarray(found.coef_)[0].tolist()]
    return tuple(round(one, 6) for one in numbers)


@lru_cache(maxsize=8)
def reader(fitted: bytes) -> Reader:
    """Kept, since making one costs as much as hundreds of texts."""
    return Reader(msgspec.msgpack.decode(fitted, type=Fitted))


def predict(fitted: bytes, table: pl.DataFrame) -> pl.DataFrame:
    """PREDICTED for each row of `table` (text), in its order; scores rounded to 6 decimals.

    `inside`: how likely the text is of any label at all, where texts inside and outside are
    equally frequent; 0 where no word is known, null where nothing outside was at the fit.
    """
    ready = reader(fitted)
    texts = table["text"].to_list()
    margins = np.array([ready.margins(one) for one in texts]).reshape(len(texts), -1)
    known = np.array([ready.lens.known_share(one) for one in texts])
    found = shares(margins[:, ready.inner], ready.fitted.temperature)
    order, row = np.argsort(-found, axis=1, kind="stable")[:, :2], np.arange(len(texts))
    inside: Numbers | None = None
    if ready.fitted.scope:
        odds = signs(margins, ready.inner, known) @ np.array(ready.fitted.scope[1:])
        inside = np.where(known > 0, 1 / (1 + np.exp(-(odds + ready.fitted.scope[0]))), 0.0)
    return pl.DataFrame(
        {
            "label": [ready.names[n] for n in order[:, 0]],
            "probability": np.round(found[row, order[:, 0]], 6),
            "second": [ready.names[n] for n in order[:, 1]],
            "second_probability": np.round(found[row, order[:, 1]], 6),
            "inside": [None] * len(texts) if inside is None else np.round(inside, 6),
            "known_share": np.round(known, 6),
        },
        schema=PREDICTED,
    )


def reasons(fitted: bytes, text: str, label: str, most: int = 4) -> list[tuple[str, float]]:
    """The whole words that spoke most for a label, and how much of its margin each was."""
    ready = reader(fitted)
    columns, values = ready.lens.vector(text)
    if label == OUTSIDE or label not in ready.fitted.labels:
        return []
    mine = columns < len(ready.fitted.space.grams[0])
    points = values[mine] * ready.weights[columns[mine], ready.fitted.labels.index(label)]
    known = ready.fitted.space.grams[0]
    named = [(known[n], float(point)) for n, point in zip(columns[mine], points, strict=True)]
    best = sorted((one for one in named if one[1] > 0), key=lambda one: (-one[1], one[0]))
    return [(word, round(point, 6)) for word, point in best[:most]]
