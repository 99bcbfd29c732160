"""Tasks where a question gets a passage: the right one first, and answered or escalated."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from benchmarks.models import plain, sets, splits
from benchmarks.models.paired import Flags, Result, aimed, shares
from psizero.models import retrieve
from psizero.models.conformal import threshold

COLD_GOALS = {"stackfaq": 0.82, "covidfaq": 0.45}
PAST_GOALS = {"stackfaq": 0.92, "covidfaq": 0.71}
PRECISION = 0.95


def passages() -> Iterator[Result]:
    """Right passage first: every question once, by what the other four fifths teach."""
    for name in COLD_GOALS:
        books, asked = sets.passages(name), sets.questions(name)
        part = splits.parts(name, asked["text"])
        cold = retrieve.predict(retrieve.fit(books, asked.clear()), asked)["passage"]
        shelf = plain.Shelf(books)
        first = [shelf.names[n] for n in shelf.scores(asked["text"].to_list()).argmax(axis=1)]
        found = shares(
            (f"right passage first, cold start ({name})", "share"),
            (cold == asked["passage"]).to_numpy(),
            (pl.Series(first) == asked["passage"]).to_numpy(),
        )
        yield aimed(found, str(COLD_GOALS[name]), found.ours >= COLD_GOALS[name])
        ours, other = list[bool](), list[bool]()
        for one in range(splits.PARTS[name]):
            known, test = asked.filter(part != one), asked.filter(part == one)
            test = test.filter(pl.col("passage").is_in(known["passage"].implode()))
            said = retrieve.predict(retrieve.fit(books, known), test)["passage"]
            ours += (said == test["passage"]).to_list()
            past = pl.Series(plain.past(known, test["text"].to_list()))
            other += (past == test["passage"]).to_list()
        task = (f"right passage first, past questions ({name})", "share")
        found = shares(task, np.array(ours), np.array(other))
        yield aimed(found, str(PAST_GOALS[name]), found.ours >= PAST_GOALS[name])


def escalation() -> Iterator[Result]:
    """Answered at a precision, some passages kept back: two halves, each tested by the other.

    The passages kept back that teach are others than those that are tested.
    """
    books, asked = sets.passages("stackfaq"), sets.questions("stackfaq")
    kept = books.filter(~pl.col("removed"))
    half = splits.parts("stackfaq", asked["text"]) % 2
    gone = [splits.name(one) for one in asked["passage"]]
    lost = ~asked["passage"].is_in(kept["passage"].implode())
    half = pl.select(
        pl.when(lost).then(pl.Series([int(one, 16) % 2 for one in gone])).otherwise(half)
    ).to_series()
    tested, answered, right, plain_answered, plain_right = (list[Flags]() for _ in range(5))
    for one in (0, 1):
        known, test = asked.filter(half != one), asked.filter(half == one)
        fitted = retrieve.fit(kept, known, PRECISION)
        said = retrieve.predict(fitted, test)
        answer_from = retrieve.reader(fitted).fitted.answer_from
        answered.append((said["probability"] >= answer_from).to_numpy())
        right.append((said["passage"] == test["passage"]).to_numpy())
        flags, sure = _plain(kept, known, test)
        plain_answered.append(sure)
        plain_right.append(flags)
        tested.append(test["passage"].is_in(kept["passage"].implode()).to_numpy())
    can = np.concatenate(tested)
    ours, other = np.concatenate(answered), np.concatenate(plain_answered)
    good, fair = np.concatenate(right), np.concatenate(plain_right)
    task = "answered or escalated (stackfaq, 95 % precision asked for)"
    precise = Result(
        task=task,
        measure="precision of what is answered",
        rows=int(ours.sum()),
        ours=round(float(good[ours].mean()), 4),
        plain=round(float(fair[other].mean()), 4) if other.any() else None,
    )
    yield aimed(precise, str(PRECISION), precise.ours >= PRECISION)
    found = shares((task, "answered, of all questions"), ours, other)
    yield aimed(found, "0.4", found.ours >= 0.4)
    found = shares((task, "escalated, of those without a passage"), ~ours[~can], ~other[~can])
    yield aimed(found, "0.97", found.ours >= 0.97)


def _plain(kept: pl.DataFrame, known: pl.DataFrame, test: pl.DataFrame) -> tuple[Flags, Flags]:
    """Whether the baseline is right, and whether it answers."""
    shelf = plain.Shelf(kept)
    names = np.array(shelf.names)

    def said(frame: pl.DataFrame) -> tuple[Flags, plain.Numbers]:
        scores = shelf.scores(frame["text"].to_list())
        return names[scores.argmax(axis=1)] == frame["passage"].to_numpy(), scores.max(axis=1)

    flags, scores = said(known)
    least = threshold(scores, flags, PRECISION)
    flags, scores = said(test)
    return flags, scores >= least
