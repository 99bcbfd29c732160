"""The passage that answers a question, and how sure that is.

Six signs of nearness for every passage: BM25 and pieces of words against its title and against
all of it, and, from questions that were asked before, the nearest of them and a linear classifier
over them. A conditional logit with an alternative "none of them" weighs the signs (McFadden 1974);
where questions are known, its weights are learned from signs that have not seen them.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from psizero.models.conformal import NEVER as NEVER
from psizero.models.conformal import threshold
from psizero.models.grams import Lens, Space, space
from psizero.models.postings import Desk, Postings, postings
from psizero.models.text import BLOCKS, machine

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
FOLDS = 4
COLD = (6.0, 4.5, 6.0, 4.5, 0.0, 0.0, 5.0)
"""Weights without any question asked before, and the log weight of "none of them" behind them."""
NONE_WEIGHT, RIDGE = 0.3, 0.0005
LEFT_ALONE = 0.97
"""Share of the questions without an answer that is to be left to a person."""
FAR = -1.0
"""Each sign of a passage that is not to be found."""
NOWHERE = -1
QUESTIONS_MIN = 40
"""Fewer questions teach no weights."""
FOUND = {
    "passage": pl.String(),
    "probability": pl.Float64(),
    "second": pl.String(),
    "second_probability": pl.Float64(),
    "none": pl.Float64(),
}


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Questions asked before: where each leads (`of`), and the classifier over them and titles."""

    desk: Postings
    of: tuple[int, ...]
    space: Space
    weights: bytes
    offsets: tuple[float, ...]


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept. `weights`: of the six signs, then of "none of them".

    `answer_from`: the probability from which the precision asked for is reached.
    """

    form: str = "passages 1"
    passages: tuple[str, ...]
    desks: tuple[Postings, ...]
    memory: Memory | None
    weights: tuple[float, ...]
    answer_from: float = NEVER


class Recall:
    """A memory made ready to be asked."""

    def __init__(self, known: Memory, size: int) -> None:
        self.desk, self.lens, self.size = Desk(known.desk), Lens(known.space), size
        self.of = np.array(known.of, dtype=np.int64)
        shape = (known.space.width, size)
        self.weights = np.frombuffer(known.weights, dtype="<f4").reshape(shape)
        self.offsets = np.array(known.offsets)

    def signs(self, question: str) -> Numbers:
        """Nearness of the nearest known question and margin of the classifier, by passage."""
        nearest = np.zeros(self.size)
        np.maximum.at(nearest, self.of, self.desk.scores(question))
        columns, weights = self.lens.vector(question)
        return np.stack([nearest, 1 + weights @ self.weights[columns] + self.offsets], axis=1)


class Reader:
    """A Fitted made ready to be asked."""

    def __init__(self, fitted: Fitted) -> None:
        self.fitted = fitted
        self.desks = [Desk(one) for one in fitted.desks]
        size = len(fitted.passages)
        self.recall = None if fitted.memory is None else Recall(fitted.memory, size)

    def signs(self, question: str) -> Numbers:
        """One row a passage, six columns."""
        near = np.stack([one.scores(question) for one in self.desks], axis=1)
        if self.recall is None:
            return np.hstack([near, np.zeros_like(near[:, :2])])
        return np.hstack([near, self.recall.signs(question)])


def fit(passages: pl.DataFrame, asked: pl.DataFrame, precision: float = 0.95) -> bytes:
    """Passages (passage, title, text) and questions asked before (passage, text), made findable.

    A question whose passage is not among them has no answer here; that teaches too. Raises
    ValueError where there are not two passages.
    """
    names = passages["passage"].to_list()
    if len(names) < 2:
        raise ValueError("two passages are needed")
    titles = passages["title"].to_list()
    whole = [f"{one}\n{two}" for one, two in zip(titles, passages["text"], strict=True)]
    desks = (
        postings(titles, ("stems",), bm25=True),
        postings(whole, ("stems",), bm25=True),
        postings(titles, ("pieces",)),
        postings(whole, ("pieces",)),
    )
    places = {one: n for n, one in enumerate(names)}
    texts = asked["text"].to_list()
    of = np.array([places.get(one, NOWHERE) for one in asked["passage"]], dtype=np.int64)
    answered = np.flatnonzero(of != NOWHERE)
    weights: tuple[float, ...] = COLD
    memory, answer_from = None, NEVER
    if len(answered):
        memory = _memory(titles, [texts[n] for n in answered], of[answered])
    if len(answered) >= QUESTIONS_MIN:
        signs = _crossed(desks, titles, (texts, of))
        gone = _gone(desks, titles, ([texts[n] for n in answered], of[answered]))
        weights = _weights(signs, gone, of)
        answer_from = _answer_from(signs, gone, of, (np.array(weights), precision))
    fitted = Fitted(
        passages=tuple(names),
        desks=desks,
        memory=memory,
        weights=weights,
        answer_from=answer_from,
    )
    return msgspec.msgpack.encode(fitted)


def _memory(
    titles: Sequence[str], texts: Sequence[str], of: Labels, kept: Labels | None = None
) -> Memory:
    """What questions teach; titles are questions too, so that every passage (of `kept`) has one."""
    own = np.arange(len(titles)) if kept is None else kept
    corpus, labels = [*(titles[n] for n in own), *texts], np.append(own, of)
    lens = Lens(known := space(corpus, BLOCKS))
    vectors = [lens.vector(one) for one in corpus]
    weights, offsets = machine(vectors, labels, known.width, 1.0)
    there = np.unique(labels)  # what no text leads to is far
    whole = np.zeros((known.width, len(titles)), dtype="<f4")
    whole[:, there], margins = weights, np.full(len(titles), FAR - 1)
    margins[there] = np.round(offsets, 6)
    return Memory(
        desk=postings(texts, BLOCKS),
        of=tuple(of.tolist()),
        space=known,
        weights=whole.tobytes(),
        offsets=tuple(margins.tolist()),
    )


def _crossed(
    desks: tuple[Postings, ...], titles: Sequence[str], asked: tuple[list[str], Labels]
) -> Numbers:
    """The signs of every question by a memory that has not seen its text.

    Questions times passages times signs.
    """
    texts, of = asked
    found = np.zeros((len(texts), len(titles), len(desks) + 2))
    order = {one: n for n, one in enumerate(dict.fromkeys(texts))}
    fold = np.array([order[one] % FOLDS for one in texts])  # a text may lead to several passages
    for one in range(FOLDS):
        seen = np.flatnonzero((fold != one) & (of != NOWHERE))
        memory = _memory(titles, [texts[n] for n in seen], of[seen])
        names = tuple(map(str, range(len(titles))))
        ready = Reader(Fitted(passages=names, desks=desks, memory=memory, weights=COLD))
        for n in np.flatnonzero(fold == one):
            found[n] = ready.signs(texts[n])
    return found


def _gone(
    desks: tuple[Postings, ...], titles: Sequence[str], asked: tuple[list[str], Labels]
) -> Numbers:
    """The signs of every question where its passage, and each FOLDSth other, had never been."""
    texts, of = asked
    found = np.zeros((len(texts), len(titles), len(desks) + 2))
    names = tuple(map(str, range(len(titles))))
    group = np.arange(len(titles)) % FOLDS
    for one in range(FOLDS):
        seen, mine = np.flatnonzero(group[of] != one), np.flatnonzero(group[of] == one)
        kept = np.flatnonzero(group != one)
        memory = _memory(titles, [texts[n] for n in seen], of[seen], kept)
        ready = Reader(Fitted(passages=names, desks=desks, memory=memory, weights=COLD))
        for n in mine:
            found[n] = ready.signs(texts[n])
            found[n, group == one] = FAR
    return found


def _shares(signs: Numbers, weights: Numbers) -> Numbers:
    """Probabilities of the passages, the last of "none of them"."""
    given = signs @ weights[:-1]
    logits = np.append(given, np.full((*given.shape[:-1], 1), weights[-1]), axis=-1)
    risen = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: Numbers = risen / risen.sum(axis=-1, keepdims=True)
    return found


def _weights(signs: Numbers, gone: Numbers, of: Labels) -> tuple[float, ...]:
    """Those under which the right passage is likeliest, and none where the right one is missing."""
    from scipy.optimize import minimize

    corpus, none = np.concatenate([signs, gone]), signs.shape[1]
    target = np.append(np.where(of == NOWHERE, none, of), np.full(len(gone), none))
    weight = np.append(np.ones(len(of)), np.full(len(gone), NONE_WEIGHT)) / len(of)
    row = np.arange(len(target))

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        shares = _shares(corpus, weights)
        total = -float(weight @ np.log(shares[row, target] + 1e-12))
        shares[row, target] -= 1
        shares *= weight[:, None]
        slope = np.append(np.einsum("qp,qps->s", shares[:, :-1], corpus), shares[:, -1].sum())
        return total + RIDGE * float(weights @ weights), slope + 2 * RIDGE * weights

    bounds = [(0.0, None)] * signs.shape[2] + [(None, None)]  # nearer is never worse
    found = minimize(loss, np.array(COLD), jac=True, method="L-BFGS-B", bounds=bounds)
    return tuple(np.round(found.x, 6).tolist())


def _answer_from(signs: Numbers, gone: Numbers, of: Labels, wanted: tuple[Numbers, float]) -> float:
    """Precise enough among what is answered, and of what has no answer enough is left alone."""
    weights, precision = wanted
    shares = _shares(signs, weights)[:, :-1]
    precise = threshold(shares.max(axis=1), shares.argmax(axis=1) == of, precision)
    missed = _shares(gone, weights)[:, :-1].max(axis=1)
    best = np.append(shares[of == NOWHERE].max(axis=1), missed)
    rank = int(np.ceil((len(best) + 1) * LEFT_ALONE)) - 1
    alone = float(np.sort(best)[rank]) + 1e-6 if rank < len(best) else NEVER
    return round(max(precise, alone), 6)


@lru_cache(maxsize=8)
def reader(fitted: bytes) -> Reader:
    """Kept, since making one costs as much as hundreds of questions."""
    return Reader(msgspec.msgpack.decode(fitted, type=Fitted))


def predict(fitted: bytes, table: pl.DataFrame) -> pl.DataFrame:
    """FOUND for each row of `table` (text), in its order: the two likeliest passages, and none."""
    ready = reader(fitted)
    weights = np.array(ready.fitted.weights)
    rows = list[tuple[str, float, str, float, float]]()
    for one in table["text"]:
        shares = np.round(_shares(ready.signs(one), weights), 6)
        first, second = np.argsort(-shares[:-1], kind="stable")[:2]
        names = ready.fitted.passages
        row = (names[first], float(shares[first]), names[second], float(shares[second]))
        rows.append((*row, float(shares[-1])))
    return pl.DataFrame(rows, schema=FOUND, orient="row")
