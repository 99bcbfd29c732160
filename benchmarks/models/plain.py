"""The plain baselines: what anybody would build first with scikit-learn, with its own settings."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from psizero.models.postings import Desk, postings

Numbers = npt.NDArray[np.float64]
Texts = Sequence[str]


def tfidf() -> Pipeline:
    """Words and pairs of words, pieces of 2 to 5 characters, and a linear machine."""
    grams = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    )
    return make_pipeline(grams, LinearSVC(random_state=0))


def labels(train: pl.DataFrame, texts: Texts) -> list[str]:
    """What the baseline says of every text."""
    found = tfidf().fit(train["text"].to_list(), train["label"].to_list()).predict(list(texts))
    return [str(one) for one in found]


def with_scope(train: pl.DataFrame, texts: Texts) -> tuple[list[str], Numbers, float]:
    """Labels, highest margins, and the margin below which a text is none of the labels.

    The threshold parts the texts outside that are in `train` from those inside best (mean of the
    two recalls), by margins of machines that have not seen them.
    """
    inner, outer = train.filter(pl.col("label") != ""), train.filter(pl.col("label") == "")
    known, said = inner["text"].to_list(), inner["label"].to_list()
    machine = tfidf().fit(known, said)
    crossed = cross_val_predict(tfidf(), known, said, cv=3, method="decision_function")
    inside = np.sort(np.asarray(crossed).max(axis=1))
    outside = np.sort(machine.decision_function(outer["text"].to_list()).max(axis=1))
    grid = np.unique(np.concatenate([inside, outside]))
    kept = 1 - np.searchsorted(inside, grid) / len(inside)
    caught = np.searchsorted(outside, grid) / len(outside)
    margins = machine.decision_function(list(texts))
    names = [str(machine.classes_[one]) for one in margins.argmax(axis=1)]
    return names, margins.max(axis=1), float(grid[int(np.argmax(kept + caught))])


class Shelf:
    """BM25 over the words of title and text, plus the cosine of TF-IDF of words and of pieces."""

    def __init__(self, passages: pl.DataFrame) -> None:
        self.names = passages["passage"].to_list()
        whole = [f"{a} {b}" for a, b in zip(passages["title"], passages["text"], strict=True)]
        self.bm25 = Desk(postings(whole, ("words",), bm25=True))
        self.words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        self.pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        self.known = (self.words.fit_transform(whole), self.pieces.fit_transform(whole))

    def scores(self, questions: Texts) -> Numbers:
        """The sum of the three, BM25 being at most about 1 as the cosines are."""
        bm25 = np.array([self.bm25.scores(one) for one in questions])
        words = (self.words.transform(questions) @ self.known[0].T).toarray()
        pieces = (self.pieces.transform(questions) @ self.known[1].T).toarray()
        found: Numbers = bm25 + words + pieces
        return found


def past(train: pl.DataFrame, texts: Texts) -> list[str]:
    """A linear machine over the pieces of questions asked before."""
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    machine = make_pipeline(grams, LinearSVC(random_state=0))
    found = machine.fit(train["text"].to_list(), train["passage"].to_list()).predict(list(texts))
    return [str(one) for one in found]
