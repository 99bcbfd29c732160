"""The price book: what is taken, what is refused, and what the refusal says."""

import tomllib
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.core.events.price import PRICE_SET
from psizero.core.tables import schema
from psizero.finance.prices import price_rows
from psizero.finance.rating import (
    MeterTerms,
    PriceVersion,
    Terms,
    Tier,
    invoice_lines,
    terms_from_json,
    terms_to_json,
)

EXAMPLE = Path(__file__).parents[2] / "examples" / "prices" / "servegen.toml"
BOOK = """
[[price]]
plan = "pro"
version = 1
valid_from = 2026-09-01T02:00:00+02:00
currency = "USD"
interval = "month"
base = "49.00"
minimum = "0"
tax_share = "0.19"
[[price.meter]]
meter = "calls"
included = "100"
mode = "graduated"
tiers = [{ up_to = "10", rate = "0.10" }, { up_to = "20", rate = "0.08" }, { rate = "0.05" }]
"""


def rows(book: str) -> pl.DataFrame:
    return price_rows(tomllib.loads(book), "prices.toml")


def test_a_book_becomes_rows_of_price_set() -> None:
    frame = rows(BOOK)
    assert frame.schema == schema(PRICE_SET)
    row = frame.row(0, named=True)
    terms = terms_from_json(row.pop("terms"))
    assert row == {
        "occurred_at": None,
        "recorded_at": None,
        "source": "prices",
        "id": "pro@1",
        "subject": "pro",
        "cause": None,
        "version": 1,
        "valid_from": datetime(2026, 9, 1),
        "currency": "USD",
        "interval": "month",
        "interval_count": 1,
    }
    assert (terms.base, terms.tax_share) == (Decimal(49), Decimal("0.19"))
    assert [tier.up_to for tier in terms.meters[0].tiers] == [10, 20, None]


@pytest.mark.parametrize("written", ["2026-09-01", "2026-09-01T00:00:00", "2026-09-01T00:00:00Z"])
def test_a_date_is_its_midnight_in_utc(written: str) -> None:
    frame = rows(BOOK.replace("2026-09-01T02:00:00+02:00", written))
    assert frame["valid_from"].to_list() == [datetime(2026, 9, 1)]


def test_versions_and_plans_stand_in_the_order_of_the_book() -> None:
    second = BOOK.replace("version = 1", "version = 2").replace("2026-09", "2026-10")
    frame = rows(BOOK + second + BOOK.replace('"pro"', '"free"'))
    assert frame["id"].to_list() == ["pro@1", "pro@2", "free@1"]


def test_the_same_terms_in_other_zeros_are_the_same_text() -> None:
    spelt = BOOK.replace('"0.10"', '"0.100000000000000000"').replace('"49.00"', '"049"')
    assert rows(BOOK)["terms"].to_list() == rows(spelt)["terms"].to_list()


MISTAKES = {
    "rate as a float": ('"0.10"', "0.10", "prices.toml: price pro@1, meter calls, tier 1\n`rate`"),
    "small float": ('"0.10"', "0.00001", 'write "0.00001" in quotes\nrates are strings'),
    "base as a float": ('"49.00"', "49.0", "price pro@1\n`base`.*\nrates are strings, or they b"),
    "base as an integer": ('"49.00"', "49", 'it must be a text like "49.00"'),
    "exponent": ('"49.00"', '"4.9e1"', "must be written like"),
    "unknown currency": ('"USD"', '"USX"', "pro@1\n`currency` is 'USX'.*ISO 4217"),
    "unknown key": ("tax_share", "tax_sahre", "pro@1\nunknown key `tax_sahre`\nknown here: plan"),
    "unknown key of a meter": ("included", "free", "meter calls\nunknown key `free`"),
    "unknown key of a tier": ("up_to", "upto", "meter calls, tier 1\nunknown key `upto`"),
    "missing key": ('currency = "USD"', "", "pro@1\nthe key `currency` is missing"),
    "missing plan": ('plan = "pro"', "", r"\[\[price\]\] number 1\nthe key `plan` is missing"),
    "missing rate": ('{ rate = "0.05" }', "{}", "tier 3\nthe key `rate` is missing"),
    "tiers that do not rise": ('"20"', '"10"', "`up_to of tier 2` is 10, it must rise above 10"),
    "bound in the midst missing": ('up_to = "10", ', "", "`up_to of tier 1` is missing"),
    "last tier bounded": ('{ rate = "0.05"', '{ up_to = "30", rate = "0.05"', "has no end"),
    "tier without a rate": (
        '{ rate = "0.05" }',
        '"0.05"',
        "calls\n`tiers` must be a list of tables",
    ),
    "negative rate": ('"0.08"', '"-0.08"', "`rate of tier 2` is -0.08, .*0 or more .meter 'calls'"),
    "negative base": ('"49.00"', '"-49.00"', "`base` is -49.00"),
    "unknown mode": ('"graduated"', '"tiered"', "`mode` is 'tiered', .*graduated or volume"),
    "unknown interval": (
        '"month"',
        '"quarter"',
        "`interval` is 'quarter', .*day or week or month or year",
    ),
    "too many digits behind": ('"0.10"', '"0.1234567890123456"', "15 behind it"),
    "too many digits of units": ('"100"', '"0.1234567891"', "9 behind it"),
    "too many digits before": ('"49.00"', f'"{"9" * 24}"', "at most 23 digits before the point"),
    "version too large": ("version = 1", f"version = {2**63}", "`version` is 9223372036854775808"),
    "version as a truth": ("version = 1", "version = true", "`version` is True"),
    "instant as text": ("2026-09-01T02:00:00+02:00", '"2026-09-01"', "TOML date or date-time"),
    "tax in per cent": ('"0.19"', '"19"', "a share is 0 to 1"),
    "one price, not a list": ("[[price]]", "[price]", "`price` must be a list of tables"),
    "empty plan": ('"pro"', '" "', "`plan` is ' '"),
    "other table": ("[[price]]", "[other]\n[[price]]", "prices.toml\nunknown key `other`"),
}


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_file_price_and_key(right: str, wrong: str, said: str) -> None:
    assert right in BOOK
    with pytest.raises(Problem, match=r"^prices\.toml") as caught:
        rows(BOOK.replace(right, wrong, 1))
    assert len(str(caught.value).splitlines()) <= 3
    caught.match(said)


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ('{"base":"1"}', "missing required field"),
        ("no json", "malformed"),
        ({"base": "NaN"}, "`base` is NaN, it must be 0 or more"),
        ({"minimum": "-1"}, "`minimum` is -1"),
        ({"tax_share": "19"}, "a share is 0 to 1"),
        ({"base": "1e-16"}, "at most 23 digits before the point, 15 behind"),
        ({"base": "1e23"}, "at most 23 digits before the point, 15 behind"),
        ({"discount": "1"}, "unknown field"),
    ],
)
def test_terms_that_cannot_be_rated_are_refused_with_the_reason(
    bad: str | dict[str, str], named: str
) -> None:
    fit = {"base": "1", "minimum": "0", "tax_share": "0", "meters": []}
    text = bad if isinstance(bad, str) else msgspec.json.encode({**fit, **bad}).decode()
    with pytest.raises(Problem, match=named):
        terms_from_json(text)


AMOUNTS = st.decimals(0, 10**20, places=9)
RATES = st.decimals(0, 10**20, places=15)
MODES = st.sampled_from(["graduated", "volume"])
LAST_TIER = st.builds(Tier, st.none(), RATES)
BOUNDS = st.sets(st.decimals(1, 10**20, places=9), max_size=3).map(sorted)
TIERS = st.tuples(BOUNDS, LAST_TIER).map(
    lambda drawn: (*(Tier(bound, drawn[1].rate) for bound in drawn[0]), drawn[1])
)


@given(
    st.builds(Terms, AMOUNTS, AMOUNTS, st.decimals(0, 1, places=15), st.just(())),
    st.lists(
        st.builds(MeterTerms, st.text(min_size=1), AMOUNTS, MODES, TIERS),
        unique_by=lambda one: one.meter,
    ),
)
def test_terms_come_back_from_their_json_the_same(fees: Terms, meters: list[MeterTerms]) -> None:
    terms = msgspec.structs.replace(fees, meters=tuple(meters))
    text = terms_to_json(terms)
    assert terms_from_json(text) == terms
    assert terms_to_json(terms_from_json(text)) == text


def test_the_same_version_twice_is_refused_even_when_equal() -> None:
    with pytest.raises(Problem, match="price pro@1 stands there twice"):
        rows(BOOK + BOOK)


def test_the_same_meter_twice_is_refused() -> None:
    meter = BOOK[BOOK.index("[[price.meter]]") :]
    with pytest.raises(Problem, match="stands once in a price"):
        rows(BOOK + meter)


def test_a_mistake_in_the_last_price_leaves_nothing() -> None:
    with pytest.raises(Problem, match="price free@1"):
        rows(BOOK + BOOK.replace('"pro"', '"free"').replace('"USD"', '"dollar"'))


def test_a_plan_without_meters_is_a_flat_fee() -> None:
    flat = BOOK[: BOOK.index("[[price.meter]]")]
    assert terms_from_json(rows(flat)["terms"][0]).meters == ()


def test_the_example_bills_what_its_page_says() -> None:
    frame = price_rows(tomllib.loads(EXAMPLE.read_text()), EXAMPLE.name)
    row = frame.row(0, named=True)
    price = PriceVersion(
        plan=row["subject"],
        version=row["version"],
        valid_from=row["valid_from"],
        currency=row["currency"],
        interval=row["interval"],
        interval_count=row["interval_count"],
        terms=terms_from_json(row["terms"]),
    )
    used = {"calls": Decimal("1250000.5")}
    fee, calls = invoice_lines(price, used, datetime(2026, 9, 7), datetime(2026, 9, 14))
    assert (fee.amount_minor, calls.precise, calls.amount_minor) == (
        4900,
        Decimal("491.2501375"),
        49125,
    )
    page = EXAMPLE.with_name("README.md").read_text()
    assert "491.2501375 USD" in page
    assert "540.25 USD" in page
