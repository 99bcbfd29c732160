"""Tasks where a text gets a label: 77 classes, out of scope, type of issue, sentiment."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from benchmarks.models import plain, sets, splits
from benchmarks.models.paired import Picked, Result, aimed, macro_f1, paired, shares
from psizero.models import text


def classes() -> Iterator[Result]:
    """BANKING77: accuracy."""
    train, test = _cut("banking77", sets.banking77())
    ours = text.predict(text.fit(train, text.Shape(texts_min=2)), test)
    said = pl.Series(plain.labels(train, test["text"].to_list()))
    right = [(one == test["label"]).to_numpy() for one in (ours["label"], said)]
    found = shares(("77 classes (banking77)", "accuracy"), right[0], right[1])
    yield aimed(found, "+0.025", (found.difference or 0) >= 0.025)


def scope() -> Iterator[Result]:
    """CLINC150 with its official parts: accuracy, and what is recognised as none of it."""
    frame = sets.clinc150()
    train = frame.filter(pl.col("part").is_in(["train", "oos_train"]))
    test = frame.filter(pl.col("part").is_in(["val", "oos_val"]))
    ours = text.predict(text.fit(train, text.Shape(texts_min=2)), test)
    said, margins, least = plain.with_scope(train, test["text"].to_list())
    inner = (test["label"] != "").to_numpy()
    right = [(one == test["label"]).to_numpy() for one in (ours["label"], pl.Series("label", said))]
    kept = [(ours["inside"] >= 0.5).to_numpy(), margins >= least]
    task = "with out-of-scope (clinc150)"
    found = shares((task, "accuracy inside, nothing refused"), right[0][inner], right[1][inner])
    yield aimed(found, "0.94", found.ours >= 0.94)
    found = shares((task, "out-of-scope recall"), ~kept[0][~inner], ~kept[1][~inner])
    yield aimed(found, "0.92", found.ours >= 0.92)
    both = [one & other for one, other in zip(right, kept, strict=True)]
    found = shares((task, "accuracy inside after refusal"), both[0][inner], both[1][inner])
    yield aimed(found, "0.88", found.ours >= 0.88)


def issues() -> Iterator[Result]:
    """NLBSE 2024: macro-F1 of one model for all repositories."""
    train, test = _cut("nlbse24", sets.nlbse24())
    shape = text.Shape()
    yield _f1("issue type (nlbse24)", (train, test), shape, 0.02)


def sentiment() -> Iterator[Result]:
    """Senti4SD: macro-F1."""
    train, test = _cut("senti4sd", sets.senti4sd())
    shape = text.Shape(blocks=("words", "pieces", "tone"), slack=0.3)
    yield _f1("sentiment (senti4sd)", (train, test), shape, 0.015)


def _f1(
    task: str, frames: tuple[pl.DataFrame, pl.DataFrame], shape: text.Shape, wanted: float
) -> Result:
    train, test = frames
    names = sorted(train["label"].unique())
    right = np.array([names.index(one) for one in test["label"]])
    ours = text.predict(text.fit(train, shape), test)["label"]
    one = np.array([names.index(label) for label in ours])
    other = np.array([names.index(label) for label in plain.labels(train, list(test["text"]))])

    def measure(picked: Picked) -> tuple[float, float]:
        kept = right[picked]
        return macro_f1(kept, one[picked]), macro_f1(kept, other[picked])

    found = paired((task, "macro-F1"), len(right), measure)
    return aimed(found, f"+{wanted}", (found.difference or 0) >= wanted)


def _cut(split: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is learned from, and what is tested."""
    tested = splits.parts(split, frame["text"]) == 0
    return frame.filter(~tested), frame.filter(tested)
