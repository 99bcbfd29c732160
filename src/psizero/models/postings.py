"""Postings: which texts of a corpus hold a gram, and how much it weighs there.

Cosine of TF-IDF, or BM25 (Robertson and Zaragoza 2009) divided by the most that the words of the
question could bring, so that both lie between 0 and about 1 and mean the same in every corpus.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from psizero.models.grams import BLOCKS, Lens, Space, counted, said, space

Scores = npt.NDArray[np.float64]
SATURATION, LENGTH = 1.2, 0.75
"""BM25's k1 and b, as usual."""


class Postings(msgspec.Struct, frozen=True, kw_only=True):
    """`pointers` (8-byte integers) begin each gram's part of `texts` (4) and `weights` (4-byte)."""

    space: Space
    bm25: bool
    size: int
    pointers: bytes
    texts: bytes
    weights: bytes


def postings(corpus: Sequence[str], blocks: tuple[str, ...], bm25: bool = False) -> Postings:
    """All texts of a corpus, to look questions up in."""
    known = space(corpus, blocks)
    lens = Lens(known)
    vectors = [lens.vector(one) for one in corpus]
    columns = np.concatenate([one for one, _ in vectors] or [np.zeros(0, dtype=np.int32)])
    texts = np.repeat(np.arange(len(vectors)), [len(one) for one, _ in vectors])
    if bm25:
        weights = _bm25(corpus, blocks[0], lens)
    else:
        weights = np.concatenate([one for _, one in vectors] or [np.zeros(0, dtype=np.float32)])
        weights = weights / np.sqrt(len(blocks))
    order = np.lexsort((texts, columns))
    pointers = np.searchsorted(columns[order], np.arange(known.width + 1))
    return Postings(
        space=known,
        bm25=bm25,
        size=len(corpus),
        pointers=pointers.astype("<i8").tobytes(),
        texts=texts[order].astype("<i4").tobytes(),
        weights=weights[order].astype("<f4").tobytes(),
    )


def _bm25(corpus: Sequence[str], block: str, lens: Lens) -> npt.NDArray[np.float32]:
    """The saturated count of each gram in each text, in the order of the lens' vectors."""
    counted = list[npt.NDArray[np.float64]]()
    sizes = list[int]()
    for one in corpus:
        grams = BLOCKS[block](said(one))
        sizes.append(len(grams))
        places = np.array([lens.columns[0][gram] for gram in grams], dtype=np.int64)
        counted.append(np.unique(places, return_counts=True)[1].astype(np.float64))
    mean = max(1.0, float(np.mean(sizes or [1])))
    found = [
        times * (SATURATION + 1) / (times + SATURATION * (1 - LENGTH + LENGTH * size / mean))
        for times, size in zip(counted, sizes, strict=True)
    ]
    whole: npt.NDArray[np.float32] = np.concatenate([*found, np.zeros(0)]).astype(np.float32)
    return whole


class Desk:
    """Postings made ready to be asked."""

    def __init__(self, known: Postings) -> None:
        self.known, self.lens = known, Lens(known.space)
        self.pointers = np.frombuffer(known.pointers, dtype="<i8")
        self.texts = np.frombuffer(known.texts, dtype="<i4")
        self.weights = np.frombuffer(known.weights, dtype="<f4")

    def scores(self, question: str) -> Scores:
        """How near each text of the corpus is, in its order."""
        columns, weights = self.lens.vector(question)
        if self.known.bm25:
            weights = self.lens.rarity[0][columns]
            most = self._most(question)
            weights = weights / most if most else weights
        else:
            weights = weights / np.float32(np.sqrt(len(self.lens.blocks)))
        starts = self.pointers[columns]
        sizes = self.pointers[columns + 1] - starts
        ends = np.cumsum(sizes)
        if not len(ends) or not self.known.size:
            return np.zeros(self.known.size)
        where = np.arange(int(ends[-1])) + np.repeat(starts - ends + sizes, sizes)
        found: Scores = np.bincount(
            self.texts[where],
            weights=self.weights[where] * np.repeat(weights, sizes),
            minlength=self.known.size,
        ).astype(np.float64)
        return found

    def _most(self, question: str) -> float:
        """What the grams of the question would bring if all were found; unknown ones are rarest."""
        grams = counted(question, self.lens.blocks[0])
        known, rarity = self.lens.columns[0], self.lens.rarity[0]
        rarest = float(rarity.max()) if len(rarity) else 1.0
        return sum(float(rarity[known[one]]) if one in known else rarest for one in sorted(grams))
