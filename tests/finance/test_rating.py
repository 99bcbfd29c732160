"""Rating, case by case as an owner would check it, and as rules over any price."""

from datetime import datetime
from decimal import Decimal, localcontext
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from psizero.core.errors import Problem
from psizero.core.money import EXACT
from psizero.finance.rating import (
    MeterTerms,
    PriceVersion,
    Terms,
    Tier,
    invoice_lines,
    late_line,
    line_json,
    spend,
    unpriced,
    usage_amount,
)

START, END = datetime(2026, 9, 7), datetime(2026, 9, 14)
WEEK = (START, END)


def calls(
    *tiers: tuple[str | None, str], included: str = "0", mode: str = "graduated"
) -> MeterTerms:
    rows = tuple(Tier(Decimal(end) if end else None, Decimal(rate)) for end, rate in tiers)
    return MeterTerms("calls", Decimal(included), mode, rows)


def price(
    *meters: MeterTerms, base: str = "0", minimum: str = "0", tax: str = "0", currency: str = "USD"
) -> PriceVersion:
    terms = Terms(Decimal(base), Decimal(minimum), Decimal(tax), meters)
    return PriceVersion("plan", 1, datetime(2026, 1, 1), currency, "week", 1, terms)


def used(quantity: str) -> dict[str, Decimal]:
    return {"calls": Decimal(quantity)}


def amount(meter: MeterTerms, quantity: str) -> Decimal:
    return usage_amount(meter, Decimal(quantity))[0]


def bill(of: PriceVersion, quantity: str) -> list[tuple[str, int]]:
    return [
        (line.kind, line.amount_minor) for line in invoice_lines(of, used(quantity), START, END)
    ]


TWO_TIERS = calls(("5", "1.00"), (None, "0.50"))
VOLUME = calls(("15", "0.10"), (None, "0.08"), mode="volume")


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("0", "0"), ("5", "5.00"), ("5.001", "5.0005"), ("7", "6.00"), ("-3", "0")],
)
def test_a_tier_holds_its_bound_and_what_is_over_it_enters_the_next(
    quantity: str, expected: str
) -> None:
    assert amount(TWO_TIERS, quantity) == Decimal(expected)


def test_the_steps_show_which_units_cost_what() -> None:
    steps = usage_amount(calls(("5", "1.00"), (None, "0.50"), included="10"), Decimal("15.001"))[1]
    assert [(step.label, str(step.units), str(step.rate)) for step in steps] == [
        ("included", "10", "0"),
        ("tier 1", "5", "1.00"),
        ("tier 2", "0.001", "0.50"),
    ]
    assert [str(step.from_units) for step in steps] == ["0", "0", "5"]
    assert [str(step.to_units) for step in steps] == ["10", "5", "None"]


def test_volume_falls_off_a_cliff_from_15_to_16() -> None:
    assert amount(VOLUME, "15") == Decimal("1.50")
    assert amount(VOLUME, "16") == Decimal("1.28")


def test_free_units_larger_than_use_cost_nothing_and_are_shown() -> None:
    free = price(calls((None, "0.10"), included="100"))
    (line,) = invoice_lines(free, used("40"), START, END)
    assert (line.kind, line.precise, line.amount_minor) == ("usage", Decimal(0), 0)
    assert line.description == "40 calls, 100 included"


def test_tenths_are_exact() -> None:
    quantity = Decimal("0.1") + Decimal("0.2")
    assert usage_amount(calls((None, "1")), quantity)[0] == Decimal("0.3")


def test_fifteen_decimals_times_a_quadrillion_units() -> None:
    fine = calls((None, "0.000123456789123"))
    assert amount(fine, "1000000000000000") == Decimal("123456789123")
    assert amount(fine, "1000000000000000.000000001") == Decimal(
        "123456789123.000000000000123456789123"
    )


@pytest.mark.parametrize(
    ("rate", "currency", "minor"),
    [
        ("224.955", "USD", 22496),
        ("2.675", "USD", 268),
        ("2.674999999999999", "USD", 267),
        ("0.5", "JPY", 1),
        ("2.6755", "KWD", 2676),
    ],
)
def test_halves_go_away_from_zero_once(rate: str, currency: str, minor: int) -> None:
    assert bill(price(calls((None, rate)), currency=currency), "1") == [("usage", minor)]


def test_a_line_is_rounded_once_not_by_tier() -> None:
    thirds = price(calls(("1", "0.004"), ("2", "0.004"), (None, "0.004")))
    assert bill(thirds, "3") == [("usage", 1)]


def test_tax_is_on_the_posted_amount_and_rounded_once_per_line() -> None:
    taxed = price(calls((None, "0.10")), base="49.00", tax="0.19")
    lines = invoice_lines(taxed, used("0.26"), START, END)
    assert [(line.amount_minor, line.tax_minor) for line in lines] == [(4900, 931), (3, 1)]


def test_an_empty_period_is_billed_its_minimum_and_nothing_else() -> None:
    assert bill(price(TWO_TIERS, minimum="20.00"), "0") == [("minimum", 2000)]
    assert bill(price(TWO_TIERS), "0") == []


def test_the_minimum_tops_up_base_and_usage() -> None:
    topped = price(TWO_TIERS, base="10.00", minimum="20.00")
    assert bill(topped, "5") == [("base", 1000), ("usage", 500), ("minimum", 500)]
    assert bill(topped, "15") == [("base", 1000), ("usage", 1000)]


def test_a_total_below_zero_bills_as_zero() -> None:
    assert bill(price(TWO_TIERS, base="10.00"), "-8") == [("base", 1000)]
    assert usage_amount(TWO_TIERS, Decimal(-8)) == (Decimal(0), [])


def test_meters_without_a_price_are_named_when_used() -> None:
    quantities = {**used("1"), "tokens": Decimal(5), "images": Decimal(0)}
    assert unpriced(price(TWO_TIERS), quantities) == {"tokens"}


def test_late_usage_crosses_a_tier_in_its_own_period() -> None:
    line = late_line(price(TWO_TIERS), "calls", used("4"), Decimal(3), WEEK)
    assert (line.kind, line.precise, line.amount_minor) == ("late_usage", Decimal("2.00"), 200)
    assert (line.period_start, line.period_end) == WEEK
    assert [(step.label, str(step.units)) for step in line.steps] == [
        ("tier 1", "1"),
        ("tier 2", "2"),
    ]


def test_late_usage_first_eats_the_top_up_of_the_minimum() -> None:
    topped = price(TWO_TIERS, minimum="6.00")
    within = late_line(topped, "calls", used("2"), Decimal(2), WEEK)
    beyond = late_line(topped, "calls", used("2"), Decimal(6), WEEK)
    assert (within.amount_minor, beyond.amount_minor) == (0, 50)
    assert [(step.label, str(step.amount)) for step in beyond.steps] == [
        ("tier 1", "3.00"),
        ("tier 2", "1.50"),
        ("minimum", "-4.00"),
    ]


def test_late_usage_within_the_included_units_is_free() -> None:
    free = price(calls((None, "1"), included="10"))
    assert late_line(free, "calls", used("4"), Decimal(6), WEEK).precise == 0
    assert late_line(free, "calls", used("4"), Decimal(7), WEEK).precise == 1


def test_late_usage_that_reaches_a_cheaper_volume_tier_is_given_back() -> None:
    line = late_line(price(VOLUME), "calls", used("15"), Decimal(1), WEEK)
    assert line.amount_minor == -22
    assert {step.label: step.amount for step in line.steps} == {
        "tier 1": Decimal("-1.50"),
        "tier 2": Decimal("1.28"),
    }


def test_a_late_line_is_rounded_once_and_is_no_difference_of_rounded_amounts() -> None:
    cents = price(calls((None, "0.004")))
    assert bill(cents, "2") == [("usage", 1)]
    assert bill(cents, "3") == [("usage", 1)]
    line = late_line(cents, "calls", used("2"), Decimal(2), WEEK)
    assert (line.precise, line.amount_minor) == (Decimal("0.008"), 1)
    assert bill(cents, "4") == [("usage", 2)]


def test_late_usage_of_an_unknown_meter_is_a_problem() -> None:
    with pytest.raises(Problem, match=r"plan@1 has no price for the meter 'tokens'"):
        late_line(price(TWO_TIERS), "tokens", {}, Decimal(1), WEEK)


def test_an_invoice_stores_a_line_in_minor_units_and_texts() -> None:
    (line,) = invoice_lines(price(calls((None, "0.50"))), used("5.50"), START, END)
    step = {"label": "tier 1", "from_units": "0", "to_units": None}
    assert line_json(line) == {
        "kind": "usage",
        "description": "5.5 calls, 0 included",
        "meter": "calls",
        "quantity": "5.5",
        "period_start": "2026-09-07T00:00:00Z",
        "period_end": "2026-09-14T00:00:00Z",
        "precise": "2.75",
        "amount": 275,
        "tax": 0,
        "steps": [{**step, "units": "5.5", "rate": "0.5", "amount": "2.75"}],
    }


RATES = st.decimals(0, 1000, places=15)
QUANTITIES = st.decimals(0, 400, places=9) | st.integers(0, 400).map(Decimal)
MODES = st.sampled_from(["graduated", "volume"])
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD"])
CENTS = st.decimals(0, 5000, places=2)


@st.composite
def meters(draw: st.DrawFn, modes: st.SearchStrategy[str] = MODES) -> MeterTerms:
    bounds = sorted(draw(st.sets(st.decimals("0.5", 300, places=3), max_size=4)))
    tiers = tuple(Tier(bound, draw(RATES)) for bound in [*bounds, None])
    return MeterTerms("calls", draw(st.decimals(0, 50, places=2)), draw(modes), tiers)


@st.composite
def prices(draw: st.DrawFn) -> PriceVersion:
    both = draw(meters()), msgspec.structs.replace(draw(meters()), meter="tokens")
    terms = Terms(draw(CENTS), draw(CENTS), draw(st.decimals(0, 1, places=4)), both)
    return PriceVersion("plan", 1, START, draw(CURRENCIES), "week", 1, terms)


@given(meters(st.just("graduated")), QUANTITIES)
def test_graduated_is_each_rate_over_its_own_slice(meter: MeterTerms, quantity: Decimal) -> None:
    """Told from the top: every rate change applies to all units over the bound where it begins."""
    with localcontext(EXACT):
        bounds = [Decimal(0), *(tier.up_to for tier in meter.tiers if tier.up_to is not None)]
        over = [max(Decimal(0), quantity - meter.included - bound) for bound in bounds]
        rate = [Decimal(0), *(tier.rate for tier in meter.tiers)]
        changes = [later - earlier for earlier, later in pairwise(rate)]
        slow = sum(units * change for units, change in zip(over, changes, strict=True))
    assert usage_amount(meter, quantity)[0] == slow


@given(meters(st.just("volume")), QUANTITIES)
def test_volume_is_all_units_at_one_rate(meter: MeterTerms, quantity: Decimal) -> None:
    """Told from the bottom: strike out the bounds that are too small, take the first one left."""
    overage = max(Decimal(0), quantity - meter.included)
    left = [tier for tier in meter.tiers if tier.up_to is None or not tier.up_to < overage]
    with localcontext(EXACT):
        assert usage_amount(meter, quantity)[0] == overage * left[0].rate


@given(meters(st.just("graduated")), QUANTITIES, QUANTITIES)
def test_more_use_never_costs_less(meter: MeterTerms, one: Decimal, other: Decimal) -> None:
    less, more = sorted((one, other))
    assert usage_amount(meter, less)[0] <= usage_amount(meter, more)[0]


@given(prices(), QUANTITIES, QUANTITIES)
def test_lines_sum_to_the_spend_and_steps_to_their_line(
    of: PriceVersion, count: Decimal, tokens: Decimal
) -> None:
    lines = invoice_lines(of, totals := {"calls": count, "tokens": tokens}, START, END)
    with localcontext(EXACT):
        used = sum(line.precise for line in lines if line.kind != "minimum")
        assert used == spend(replace(of.terms, minimum=Decimal(0)), totals)
        for line in lines:
            assert not line.steps or line.precise == sum(step.amount for step in line.steps)


@given(prices(), st.tuples(QUANTITIES, QUANTITIES, QUANTITIES), QUANTITIES)
def test_late_lines_telescope(
    of: PriceVersion, parts: tuple[Decimal, Decimal, Decimal], tokens: Decimal
) -> None:
    with localcontext(EXACT):
        first, second, third = parts
        known = {"calls": first, "tokens": tokens}
        later = {**known, "calls": first + second}
        lates = (
            late_line(of, "calls", known, second, WEEK),
            late_line(of, "calls", later, third, WEEK),
        )
        end = {**known, "calls": first + second + third}
        assert spend(of.terms, known) + sum(line.precise for line in lates) == spend(of.terms, end)
        for line in lates:
            assert line.precise == sum(step.amount for step in line.steps)
            assert of.terms.minimum or all(step.rate or not step.amount for step in line.steps)
