"""The table `quote`: the same as invoicing bills, with bills inside a period, coupons and tax."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from psizero.core.errors import Problem
from psizero.finance.quote import SCHEMA, quoted
from psizero.finance.quote_document import Document, requests
from psizero.finance.rating import invoice_lines, line_json, terms_to_json
from psizero.finance.terms import PriceVersion
from tests.finance.priced import halves, prices
from tests.finance.quoting import book, quote, told, used
from tests.finance.slow_prices import rounded

PLANS = book({"base": "30"})
ASK: dict[str, object] = {"plan": "small", "start": "2026-09-01"}
START, END = datetime(2026, 9, 1), datetime(2026, 10, 1)


def table(of: PriceVersion) -> pl.DataFrame:
    """The price as the table `prices` has it."""
    row = msgspec.structs.asdict(of) | {"terms": terms_to_json(of.terms)}
    return pl.DataFrame([row])


@given(prices(), halves(0, 40), halves(0, 40), st.integers(0, 5), st.decimals(0, 1, places=3))
def test_a_whole_period_is_what_invoicing_bills(
    of: PriceVersion, calls: Decimal, tokens: Decimal, seats: int, tax: Decimal
) -> None:
    plain = tuple(replace(one, transaction=None) for one in of.terms.meters)
    of = replace(of, terms=replace(of.terms, meters=plain, tax_share=tax))
    rows = [
        {"meter": meter, "quantity": str(quantity), "at": at}
        for meter, quantity, at in (
            ("calls", calls, "2026-09-01T00:00:00Z"),
            ("tokens", tokens, "2026-09-30T23:59:59.999999Z"),
        )
    ]
    said = {"plan": "plan", "start": "2026-09-01", "seats": seats, "usage": rows}
    found = msgspec.convert({"quotes": [said]}, Document)
    frame = quoted({"quote_request": requests(found), "prices": table(of)}, START)
    lines = invoice_lines(of, {"calls": calls, "tokens": tokens}, START, END, seats)
    stored = [line_json(line) for line in lines]
    made = [
        {name: row[name] for name in ("kind", "description", "meter", "precise")}
        | {"amount": row["amount_minor"], "tax": row["tax_minor"]}
        | {"steps": msgspec.json.decode(row["steps"])}
        for row in frame.filter(pl.col("kind") != "note").iter_rows(named=True)
    ]
    assert made == [{name: one[name] for name in made[0]} for one in stored] if made else not stored


@given(prices(), st.lists(st.tuples(st.integers(0, 29), halves(0, 9)), min_size=1, max_size=5))
def test_bills_within_a_period_come_to_the_bill_of_the_period(
    of: PriceVersion, uses: list[tuple[int, Decimal]]
) -> None:
    rows = [
        {"meter": "calls", "quantity": str(quantity), "at": f"2026-09-{day + 1:02}T12:00:00Z"}
        for day, quantity in uses
    ]
    said = {"plan": "plan", "start": "2026-09-01", "usage": rows}
    often = said | {"bills": ["2026-09-05", "2026-09-20", "2026-10-05"]}
    sums, rounded = [], 0
    for one in (said, often):
        found = msgspec.convert({"quotes": [one]}, Document)
        frame = quoted({"quote_request": requests(found), "prices": table(of)}, START)
        sums.append(sum((Fraction(text) for text in frame["precise"]), Fraction(0)))
        if "minimum" in frame["kind"]:  # it is met to the cent of what each line is rounded to
            rounded += frame.height
    assert abs(sums[0] - sums[1]) <= Fraction(rounded, 2 * 100)
    assert frame["bill"].max() == 3


def test_a_bill_before_the_end_takes_the_use_until_then() -> None:
    rows = used(("2026-09-02", "5"), ("2026-09-10", "7"), ("2026-09-30", "1"))
    frame = quote(PLANS, {**ASK, "usage": rows, "bills": ["2026-09-10", "2026-09-11"]})
    assert frame.select("bill", "interim", "kind", "amount_minor").rows() == [
        (1, True, "usage", 500),
        (2, True, "usage", 700),
        (3, False, "base", 3000),
        (3, False, "usage", 100),
    ]
    assert frame["bill_end"].to_list()[:2] == [datetime(2026, 9, 10), datetime(2026, 9, 11)]


COMMITTED = (
    PLANS
    + """
[price.commitment]
amount = "200"
periods = 3
"""
)


def test_a_commitment_is_topped_up_at_the_end_of_its_term() -> None:
    rows = used(("2026-09-02", "20"), ("2026-11-02", "10"), ("2026-12-02", "500"))
    ask = {**ASK, "usage": rows, "until": "2027-03-01"}
    found = [line for line in told(quote(COMMITTED, ask)) if "commitment" in line]
    assert found == ["11-01 12-01 top-up to the commitment of 200.00 USD over 3 periods: 8000"]


def test_a_commitment_is_due_where_the_subscription_ends_within_its_term() -> None:
    found = told(quote(COMMITTED, {**ASK, "ends_at": "2026-09-16", "until": "2027-01-01"}))
    assert found == [
        "09-01 09-16 small, fixed fee for 1,296,000 of 2,592,000 seconds: 1500",
        "09-01 09-16 top-up to the commitment of 200.00 USD over 3 periods: 18500",
    ]


def test_a_coupon_counts_for_periods_that_begin_while_it_is_valid() -> None:
    """It ends in the midst of October: October has it in full, November has not."""
    coupon = {"name": "half", "share": "0.5", "start": "2026-09-02", "until": "2026-10-15"}
    frame = quote(PLANS, {**ASK, "coupons": [coupon], "until": "2026-11-02"})
    assert frame["amount_minor"].to_list() == [3000, 1500, 3000]


def test_an_amount_off_a_period_comes_off_once_however_often_it_is_billed() -> None:
    coupon = {"name": "ten", "amount": 10}
    rows = used(("2026-09-02", "6"), ("2026-09-20", "1"))
    frame = quote(PLANS, {**ASK, "usage": rows, "bills": ["2026-09-10"], "coupons": [coupon]})
    assert frame.group_by("bill").agg(pl.col("amount_minor").sum()).sort("bill").rows() == [
        (1, 0),
        (2, 3100 - 400),
    ]


def test_taxes_instead_of_the_price_own_one() -> None:
    tax = {"taxes": [{"name": "VAT", "share": "0.19"}], "inclusive": True}
    frame = quote(PLANS.replace('tax_share = "0"', 'tax_share = "0.07"'), {**ASK, "tax": tax})
    assert frame.select("amount_minor", "tax_minor").row(0) == (2521, 479)
    assert msgspec.json.decode(frame["taxes"][0]) == [{"name": "VAT", "share": "0.19", "tax": 479}]
    own = quote(PLANS.replace('tax_share = "0"', 'tax_share = "0.07"'), ASK)
    assert own.select("amount_minor", "tax_minor", "taxes").row(0) == (3000, 210, "[]")


@pytest.mark.parametrize(
    ("currency", "rate", "minor"), [("JPY", "0.5", 1), ("USD", "0.005", 1), ("KWD", "0.0005", 1)]
)
def test_currencies_without_and_with_three_digits(currency: str, rate: str, minor: int) -> None:
    plans = book({"currency": currency, "base": rate})
    frame = quote(plans, {**ASK, "usage": used(("2026-09-02", "-2.675"))})
    assert frame["amount_minor"].to_list() == [minor, 0]
    assert rounded(Fraction("-2.675"), 2) == -268


def test_what_costs_nothing_is_noted() -> None:
    rows = [{"meter": "tokens", "quantity": 5}, {"meter": "calls", "quantity": "-3"}]
    assert told(quote(PLANS, {**ASK, "usage": rows}))[1:] == [
        "09-01 10-01 -3 calls: a total below zero costs nothing: 0",
        "09-01 10-01 5 tokens: no price: 0",
    ]
    assert told(quote(book({"base": "0"}), ASK)) == ["09-01 10-01 nothing to bill: 0"]


def test_use_at_the_start_counts_and_at_the_end_does_not() -> None:
    start, end = "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"
    frame = quote(PLANS, {**ASK, "until": "2026-10-02", "usage": used((start, "1"), (end, "2"))})
    assert [line for line in told(frame) if "calls" in line] == [
        "09-01 10-01 1 calls, 0 included: 100",
        "10-01 11-01 2 calls, 0 included: 200",
    ]
    with pytest.raises(
        Problem, match="1 rows of usage lie in no quoted period; the first is calls"
    ):
        quote(PLANS, {**ASK, "usage": used((start, "1"), (end, "2"))})


def test_tenths_quadrillions_and_fifteen_decimals_are_exact() -> None:
    plans = PLANS.replace('rate = "1"', 'rate = "0.000123456789123"')
    rows = used(("2026-09-02", "0.1"), ("2026-09-03", "0.2"), ("2026-09-04", "1000000000000000"))
    frame = quote(plans, {**ASK, "usage": rows})
    assert frame["precise"][1] == "123456789123.0000370370367369"
    assert frame["quantity"][1] == Decimal("1000000000000000.3")


def test_several_quotes_are_told_apart_and_nothing_asked_is_nothing() -> None:
    frame = quote(PLANS, ASK, {**ASK, "name": "b", "seats": 2})
    assert frame["quote"].to_list() == ["1", "b"]
    empty = quoted({"prices": pl.DataFrame()}, START)
    assert empty.is_empty() and dict(empty.schema) == SCHEMA
