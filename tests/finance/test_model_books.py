"""The price book in TOML: every model, what is refused, and older terms that stay as they were."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.finance.faults import terms_from_json
from psizero.finance.prices import price_rows
from psizero.finance.terms import (
    MODES,
    Commitment,
    MeterTerms,
    Terms,
    UsageDiscount,
    terms_to_json,
)
from tests.finance.priced import AMOUNTS, DISCOUNTS, meters

ZERO = Decimal(0)
EXAMPLE = Path(__file__).parents[2] / "examples" / "prices" / "models.toml"
HEAD = """
[[price]]
plan = "pro"
version = 1
valid_from = 2026-09-01
currency = "USD"
interval = "month"
base = "0"
minimum = "10"
tax_share = "0"
"""
BOOK = (
    HEAD
    + """
maximum = "90"
[price.seats]
included = "1"
mode = "per_unit"
rate = "5"
[price.commitment]
amount = "1000"
periods = 12
[[price.discount]]
meters = ["calls"]
mode = "volume"
tiers = [{ up_to = "100", share = "0" }, { share = "0.1" }]
[[price.meter]]
meter = "calls"
included = "0"
mode = "package"
package = "100"
rate = "0.5"
minimum = "2"
maximum = "50"
[[price.meter]]
meter = "paid"
included = "0"
mode = "percentage"
rate = "0.029"
transaction_fee = "0.30"
transaction_minimum = "0.50"
transaction_maximum = "5"
[[price.meter]]
meter = "moved"
included = "0"
mode = "graduated_percentage"
tiers = [{ up_to = "1000", rate = "0.03", fee = "1" }, { rate = "0.01" }]
"""
)


def terms(book: str) -> Terms:
    return terms_from_json(price_rows(tomllib.loads(book), "book.toml")["terms"][0])


def test_the_example_has_every_model() -> None:
    found = price_rows(tomllib.loads(EXAMPLE.read_text()), EXAMPLE.name)
    known = [terms_from_json(text) for text in found["terms"]]
    assert {one.mode for of in known for one in of.meters} == set(MODES)
    for name in ("maximum", "seats", "commitment", "discounts"):
        assert any(getattr(of, name) for of in known), name


def test_every_key_is_read() -> None:
    found = terms(BOOK)
    calls, paid, moved = found.meters
    assert (str(found.maximum), str(calls.package), str(calls.maximum)) == ("90", "100", "50")
    assert found.commitment == Commitment(Decimal(1000), 12)
    assert found.seats is not None and found.seats.meter == "seats"
    assert [str(tier.rate) for tier in found.discounts[0].tiers] == ["0", "0.1"]
    each = paid.transaction
    assert each is not None
    assert [str(one) for one in (each.fee, each.minimum, each.maximum)] == ["0.3", "0.5", "5"]
    assert str(moved.tiers[0].fee) == "1"


MISTAKES = {
    "no rate": ('rate = "5"\n', "", "pro@1, seats\nthe key `rate` is missing: the mode per_unit"),
    "both": ('rate = "5"', 'rate = "5"\ntiers = []', "seats\n`rate` and `tiers` stand there both"),
    "tiers of one rate": ('rate = "5"', 'tiers = [{ rate = "5" }]', "`tiers` is there: the mode"),
    "no tiers": ('mode = "package"', 'mode = "volume"', "missing: the mode volume has tiers"),
    "percentage of seats": ('mode = "per_unit"', 'mode = "percentage"', "per_unit or graduated"),
    "maximum below minimum": ('maximum = "90"', 'maximum = "9"', "below the minimum of 10"),
    "float maximum": ('maximum = "90"', "maximum = 90.5", 'write "90.5" in quotes'),
    "meter's maximum": ('maximum = "50"', 'maximum = "1"', "below the minimum of 2 .meter 'calls'"),
    "no package": ('package = "100"\n', "", "`package` is missing: how many units are in one"),
    "package of nothing": ('package = "100"', 'package = "0"', "`package` is 0"),
    "package elsewhere": (
        'rate = "0.029"',
        'rate = "0.029"\npackage = "5"',
        "for the mode package",
    ),
    "transaction elsewhere": (
        'mode = "percentage"',
        'mode = "per_unit"',
        "are for percentage, not",
    ),
    "a share above one": ('rate = "0.029"', 'rate = "2.9"', "a share is 0 to 1 .2.9 % is 0.029."),
    "transaction bounds": ('transaction_maximum = "5"', 'transaction_maximum = "0.1"', "0.5"),
    "a fee below zero": ('fee = "1"', 'fee = "-1"', "`fee of tier 1` is -1"),
    "no periods": ("periods = 12", "periods = 0", "commitment\n`periods` is 0"),
    "too many periods": ("periods = 12", "periods = 1201", "must be 1 to 1,200 .commitment"),
    "commitment as a number": ('amount = "1000"', "amount = 1000", 'a text like "49.00"'),
    "discount of a stranger": ('["calls"]', '["cals"]', "`meters` names 'cals'"),
    "discount twice": ('["calls"]', '["calls", "calls"]', "and named once"),
    "discount of no list": ('["calls"]', '"calls"', "`meters` is 'calls', it must be a list"),
    "discount above all": ('share = "0.1"', 'share = "1.1"', "`share of tier 2` is 1.1, a share"),
    "discount with a rate": ('share = "0.1"', 'rate = "0.1"', "tier 2\nunknown key `rate`"),
    "discount of a mode": (
        'mode = "volume"',
        'mode = "package"',
        "graduated or volume .discount 1",
    ),
    "two kinds of discount": (
        'mode = "volume"',
        'share = "0.1"\nmode = "volume"',
        "unknown key `mode`",
    ),
    "seats as a list": ("[price.seats]", "[[price.seats]]", "`seats` must be one table"),
    "seats with a minimum": (
        'rate = "5"',
        'rate = "5"\nminimum = "1"',
        "seats\nunknown key `minimum`",
    ),
    "tiers with a share": ('rate = "0.01"', 'share = "0.01"', "moved, tier 2\nunknown key `share`"),
}


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named(right: str, wrong: str, said: str) -> None:
    assert right in BOOK
    with pytest.raises(Problem, match=said) as caught:
        terms(BOOK.replace(right, wrong, 1))
    assert str(caught.value).startswith("book.toml: price pro@1")
    assert len(str(caught.value).splitlines()) <= 3


OLD = (
    '{"base":"49","meters":[{"included":"1000","meter":"calls","mode":"graduated","tiers":'
    '[{"rate":"0.01","up_to":"5000"},{"rate":"0.005","up_to":null}]}],"minimum":"0",'
    '"tax_share":"0.19"}'
)


def test_older_terms_are_the_same_bytes() -> None:
    assert terms_to_json(terms_from_json(OLD)) == OLD
    book = (
        HEAD.replace('base = "0"', 'base = "49"')
        .replace('"10"', '"0"')
        .replace('tax_share = "0"', 'tax_share = "0.19"')
    )
    meter = """
[[price.meter]]
meter = "calls"
included = "1000"
mode = "graduated"
tiers = [{ up_to = "5000", rate = "0.01" }, { rate = "0.005" }]
"""
    assert price_rows(tomllib.loads(book + meter), "book.toml")["terms"][0] == OLD


@given(
    st.lists(meters(), unique_by=lambda one: one.meter, max_size=1),
    st.none() | AMOUNTS,
    st.none() | st.builds(Commitment, AMOUNTS, st.integers(1, 1200)),
    st.lists(DISCOUNTS.filter(lambda one: set(one.meters) <= {"calls"}), max_size=2),
)
def test_terms_of_every_model_come_back_from_their_json(
    of: list[MeterTerms],
    maximum: Decimal | None,
    commitment: Commitment | None,
    discounts: list[UsageDiscount],
) -> None:
    known = tuple(one for one in discounts if of or not one.meters)
    whole = Terms(ZERO, ZERO, ZERO, tuple(of), maximum, None, commitment, known)
    text = terms_to_json(whole)
    assert terms_from_json(text) == whole
    assert terms_to_json(terms_from_json(text)) == text
