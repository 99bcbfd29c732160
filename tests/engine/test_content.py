"""What is the same by content has the same name, however it was written down."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.chance import draw, new_salt
from psizero.core.content import canonical, content_id, decimal_text
from psizero.core.records import Decision, Evidence

NOW = datetime(2026, 10, 1)
texts = st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(texts, below, max_size=3),
    max_leaves=8,
)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.50", "1.5"), ("1E+3", "1000"), ("1000", "1000.000"), ("-0", "0"), ("0E-9", "0")],
)
def test_decimals_that_are_equal_are_one_text(one: str, other: str) -> None:
    assert content_id(Decimal(one)) == content_id(Decimal(other))
    assert decimal_text(Decimal(one)) == decimal_text(Decimal(other))


@given(decimals, decimals)
def test_a_decimal_is_its_text(one: Decimal, other: Decimal) -> None:
    assert Decimal(decimal_text(one)) == one
    assert (decimal_text(one) == decimal_text(other)) == (one == other)


@given(st.dictionaries(texts, values, max_size=4))
def test_the_order_of_keys_is_no_content(told: dict[str, object]) -> None:
    turned = dict(reversed(told.items()))
    assert canonical(told) == canonical(turned)
    assert content_id(told) == content_id(turned)


@given(st.lists(values, max_size=3), st.lists(values, max_size=3))
def test_other_content_is_another_name(one: list[object], other: list[object]) -> None:
    assert (content_id(*one) == content_id(*other)) == (canonical(one) == canonical(other))


def test_parts_do_not_run_together() -> None:
    assert len({content_id("ab", "c"), content_id("a", "bc"), content_id("abc")}) == 3
    assert content_id(("a",), "b") != content_id("a", ("b",))
    assert content_id(NOW) == content_id("2026-10-01T00:00:00Z")
    assert len(content_id()) == 32


def decision(**parts: object) -> Decision:
    """A decision that differs in what is given."""
    known: dict[str, object] = {"verb": "v", "subject": "s", "episode": "e", "parameters": {}}
    because = Evidence(because=str(parts.pop("because", "x")), rule="r", facts={})
    return Decision(**{**known, **parts}, evidence=because)


def test_a_decision_is_named_by_what_it_would_do() -> None:
    first = decision().id_for("a.b")
    others = [{"verb": "w"}, {"subject": "t"}, {"episode": "f"}, {"parameters": {"a": 1}}]
    assert len({first, *(decision(**one).id_for("a.b") for one in others)}) == 5
    assert decision().id_for("a.c") != first
    same = [{"because": "y"}, {"confidence": 0.1}, {"expires_at": NOW}, {"rows": {"k": []}}]
    assert {decision(**one).id_for("a.b") for one in same} == {first}
    amounts = [decision(parameters={"a": Decimal(text)}) for text in ("1.50", "1.5")]
    assert amounts[0].id_for("a.b") == amounts[1].id_for("a.b")


def test_a_draw_is_the_same_in_every_process_and_year() -> None:
    """Written down once: whoever changes it changes every replay."""
    assert draw("salt", NOW, "finance.x", "ada") == 0.35605335380588504
    assert draw("salt", NOW, "finance.x", "bob") != draw("salt", NOW, "finance.x", "ada")
    assert draw("other", NOW, "a") != draw("salt", NOW, "a")
    assert draw("salt", NOW, "a", "b") != draw("salt", NOW, "ab")


@given(texts, st.lists(texts, max_size=3))
def test_a_draw_lies_in_zero_to_one(salt: str, names: list[str]) -> None:
    assert 0 <= draw(salt, NOW, *names) < 1


def test_draws_spread_evenly() -> None:
    drawn = [draw("salt", NOW, str(number)) for number in range(4000)]
    for low in range(10):
        assert 330 < sum(low <= 10 * one < low + 1 for one in drawn) < 470


def test_salts_differ() -> None:
    assert len({new_salt() for _ in range(50)}) == 50
