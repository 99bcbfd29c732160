"""Labels of texts, passages and thresholds, on texts of our own writing."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.models import retrieve, text
from psizero.models.conformal import NEVER, threshold
from psizero.models.grams import BLOCKS, said, stem

STARTS = ("please tell me", "i want to know", "can you say", "hello,", "we would like to ask")
ABOUT = {
    "money": ("the invoice is too high", "my card was charged", "refund the payment"),
    "fault": ("the server answers with an error", "requests time out", "results are broken"),
    "wish": ("add a dark mode", "support the new format", "offer a cheaper plan"),
}
NONE = ("the weather in may", "a recipe with rice", "who won the match", "a poem about the sea")


def examples() -> pl.DataFrame:
    """Every start with every end: text and label, and what belongs nowhere."""
    rows = [
        (f"{start} {end}", label)
        for start, (label, ends) in product(STARTS, ABOUT.items())
        for end in ends
    ]
    rows += [(f"{start} {end}", text.OUTSIDE) for start, end in product(STARTS, NONE)]
    return pl.DataFrame(rows, schema=["text", "label"], orient="row")


@pytest.fixture(scope="module")
def fitted() -> bytes:
    return text.fit(examples())


def test_what_was_learned_is_told_again_and_elsewhere(fitted: bytes) -> None:
    new = pl.DataFrame({"text": ["our card was charged twice", "the server had an error today"]})
    found = text.predict(fitted, new)
    assert found["label"].to_list() == ["money", "fault"]
    assert found.schema == pl.Schema(text.PREDICTED)
    assert (found["probability"] > found["second_probability"]).all()
    assert text.OUTSIDE not in [*found["label"], *found["second"]]
    assert text.reasons(fitted, "our card was charged twice", "money")[0][0] in (
        "card",
        "charged",
        "card was",
        "was charged",
    )


def test_what_belongs_nowhere_is_seen(fitted: bytes) -> None:
    new = pl.DataFrame({"text": ["a recipe with fish and rice", "refund the invoice", ""]})
    inside = text.predict(fitted, new)["inside"].to_list()
    assert inside[0] < 0.5 < inside[1]
    assert inside[2] < 0.5


def test_the_same_rows_are_the_same_bytes(fitted: bytes) -> None:
    assert text.fit(examples()) == fitted


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_any_text_gets_shares_and_alone_what_it_gets_among_others(
    fitted: bytes, texts: list[str]
) -> None:
    found = text.predict(fitted, pl.DataFrame({"text": texts}))
    assert found.height == len(texts)
    assert found["probability"].is_between(0, 1).all()
    assert found["inside"].is_between(0, 1).all()
    alone = text.predict(fitted, pl.DataFrame({"text": texts[:1]}))
    assert alone.row(0) == found.row(0)


def test_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="two labels"):
        text.fit(pl.DataFrame({"text": ["a", "b", "c"], "label": ["x", "x", "x"]}))


@given(st.text(max_size=200))
def test_grams_of_any_text(any_text: str) -> None:
    taken = said(any_text)
    assert all(gram for block in BLOCKS.values() for gram in block(taken))
    assert all(stem(one) == one or len(stem(one)) >= 3 for one in taken.words)


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [("this is great", "+"), ("this is not great", "not +"), ("not this. great", "+")],
)
def test_a_not_turns_a_feeling(sentence: str, wanted: str) -> None:
    assert wanted in BLOCKS["tone"](said(sentence))


BOOKS = pl.DataFrame(
    [
        ("keys", "Rotate an API key", "Open the console, choose Keys, and press Rotate."),
        ("limits", "Rate limits", "A plan has a number of calls a minute; more get status 429."),
        ("invoice", "Find an invoice", "Invoices lie in the console under Billing as PDF."),
        ("queue", "Queue times", "Jobs wait until a backend is free; the page shows how long."),
    ],
    schema=["passage", "title", "text"],
    orient="row",
)
WAYS = {
    "keys": ("how to renew a key", "my token is old, get another", "replace the api key"),
    "limits": ("too many requests", "what does 429 mean", "calls per minute allowed"),
    "invoice": ("where is my bill", "download the pdf invoice", "need last month's invoice"),
    "queue": ("how long does a job wait", "job is stuck in the queue", "waiting for a backend"),
}


def asked() -> pl.DataFrame:
    rows = [
        (f"{start} {way}", name) for start in STARTS for name, ways in WAYS.items() for way in ways
    ]
    rows += [(f"{start} {none}", "nowhere") for start in STARTS for none in NONE]
    return pl.DataFrame(rows, schema=["text", "passage"], orient="row")


def test_a_passage_is_found_without_and_with_questions() -> None:
    new = pl.DataFrame(
        {"text": ["rotate the key please", "status 429 on a plan", "download my last bill"]}
    )
    cold = retrieve.fit(BOOKS, asked().clear())
    assert retrieve.predict(cold, new)["passage"].to_list()[:2] == ["keys", "limits"]
    assert retrieve.reader(cold).fitted.answer_from == NEVER
    warm = retrieve.fit(BOOKS, asked())
    found = retrieve.predict(warm, new)
    assert found["passage"].to_list() == ["keys", "limits", "invoice"]
    assert retrieve.fit(BOOKS, asked()) == warm
    wide = found["probability"] + found["second_probability"] + found["none"]
    assert (wide <= 1.00001).all()


def test_what_has_no_answer_is_left_alone() -> None:
    warm = retrieve.fit(BOOKS, asked())
    least = retrieve.reader(warm).fitted.answer_from
    new = pl.DataFrame({"text": [f"hello, {one}" for one in NONE]})
    assert (retrieve.predict(warm, new)["probability"] > least).sum() == 0


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=80), st.floats(0.5, 0.99))
def test_above_the_threshold_enough_is_right(
    rows: list[tuple[int, bool]], precision: float
) -> None:
    scores = np.array([one / 20 for one, _ in rows])
    right = np.array([one for _, one in rows], dtype=bool)
    least = threshold(scores, right, precision)
    acted = scores >= least
    if least == NEVER:
        assert not acted.any()
    else:
        assert (~right[acted]).sum() + 1 <= (1 - precision) * (acted.sum() + 1) + 1e-9
        lower = [one for one in np.unique(scores) if one < least]
        assert all(
            (~right[scores >= one]).sum() + 1 > (1 - precision) * ((scores >= one).sum() + 1)
            for one in lower
        )


def test_a_precision_is_a_share() -> None:
    with pytest.raises(ValueError, match="precision"):
        threshold(np.zeros(1), np.ones(1, dtype=bool), 1.0)
