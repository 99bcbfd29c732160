"""The figures that steer: each by its definition, over small worlds told in rows."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.finance import kpi, mrr, watched, worth
from psizero.finance.definitions import WORDS
from tests.finance.mrr_model import Subscription, Version
from tests.finance.mrr_tables import computed
from tests.laws.cases import empty_tables

NOW = datetime(2026, 3, 10)
BEGIN = datetime(2024, 1, 1)
BOOK = [
    Version(plan, 1, datetime(2023, 1, 1), "USD", "month", 1, base)
    for plan, base in (("small", "10"), ("big", "25"))
]
PLANS = st.sampled_from(["small", "big"])
DAYS = st.integers(0, 800)


def facts_of(subscriptions: list[Subscription]) -> dict[str, pl.DataFrame]:
    """Every table that KPIs read, empty but for MRR."""
    return {**empty_tables(), **computed((subscriptions, BOOK), NOW)}


@st.composite
def lives(draw: st.DrawFn) -> list[Subscription]:
    """Customers with one to three subscriptions, one after the other or side by side."""
    found = []
    for number in range(draw(st.integers(1, 12))):
        start = BEGIN + timedelta(days=draw(DAYS), hours=draw(st.integers(0, 23)))
        ends = draw(st.none() | st.integers(1, 800))
        until = start + timedelta(days=ends) if ends else None
        name, customer = f"s{number}", f"c{draw(st.integers(0, 5))}"
        found.append(Subscription(name, customer, draw(PLANS), 1, start, until))
    return found


def pays(subscriptions: list[Subscription], at: datetime) -> dict[str, int]:
    """Minor units a month by customer just before an instant, those who pay nothing left out."""
    fees: dict[str, int] = {}
    for one in subscriptions:
        if one.starts < at and (one.ends is None or one.ends >= at):
            fee = 1_000 if one.plan == "small" else 2_500
            fees[one.customer] = fees.get(one.customer, 0) + fee
    return fees


@given(lives())
def test_retention_as_counted_customer_by_customer(subscriptions: list[Subscription]) -> None:
    table = kpi.monthly(facts_of(subscriptions), NOW)
    for row in table.iter_rows(named=True):
        end = row["period_end"]
        was = pays(subscriptions, end.replace(year=end.year - 1))
        is_ = pays(subscriptions, end)
        whole = sum(was.values())
        kept = sum(is_.get(one, 0) for one in was)
        capped = sum(min(is_.get(one, 0), fee) for one, fee in was.items())
        assert row["nrr_share"] == (pytest.approx(kept / whole, abs=1e-6) if whole else None)
        assert row["grr_share"] == (pytest.approx(capped / whole, abs=1e-6) if whole else None)
        assert row["retention_customers"] == len(was)
        assert row["mrr_minor"] == sum(is_.values()) and row["arr_minor"] == 12 * row["mrr_minor"]
        assert row["arpa_minor"] == (int(sum(is_.values()) / len(is_) + 0.5) if is_ else None)
        if row["grr_share"] is not None:
            assert row["grr_share"] <= min(1, row["nrr_share"])


def test_usage_stands_apart_and_needs_three_months() -> None:
    days = [
        {"account": account, "currency": "USD", "day": datetime(2026, month, 4), "amount_minor": m}
        for month, account, m in (
            (1, "revenue:usage", 300),
            (2, "revenue:usage", 500),
            (2, "revenue:subscription", 9_999),
        )
    ]
    facts = facts_of([Subscription("s", "c", "small", 1, datetime(2025, 11, 1), None)])
    facts["revenue_daily"] = pl.DataFrame(days, schema_overrides={"day": pl.Datetime("us")})
    posted = {"month": "2025-12", "account": "revenue:usage", "currency": "USD"}
    facts["revenue_posted"] = pl.DataFrame([{**posted, "amount_minor": 100}])
    table = kpi.monthly(facts, NOW)
    assert table["usage_run_rate_minor"].to_list() == [None, None, None, 4 * 900]
    assert table["arr_minor"].to_list() == [12_000] * 4


def worlds(margin: bool) -> dict[str, pl.DataFrame]:
    """Ten customers from 2025 on; five of them leave, one a month; February's books."""
    begun = datetime(2025, 1, 1)
    subscriptions = [
        Subscription(
            f"s{n}",
            f"c{n}",
            "small",
            1,
            begun,
            begun + timedelta(days=30 * (n + 1)) if n < 5 else None,
        )
        for n in range(10)
    ]
    facts = facts_of(subscriptions)
    month = {"currency": "USD", "period_start": datetime(2026, 2, 1)}
    day = {"account": "revenue:usage", "currency": "USD", "day": datetime(2026, 2, 4)}
    revenue = pl.DataFrame([{**day, "amount_minor": 1_000}])
    cost = pl.DataFrame([{**month, "cost_minor": 400 if margin else 1_000}])
    time = pl.Datetime("us")
    facts["revenue_daily"] = revenue.cast({"day": time})
    facts["infrastructure_costs"] = cost.cast({"period_start": time})
    return facts


def test_lifetime_value_is_lived_not_divided() -> None:
    (row,) = worth.lifetime_value(worlds(True), NOW).iter_rows(named=True)
    assert (row["customers"], row["churned"], row["paying"]) == (10, 5, 5)
    assert row["horizon_months"] == pytest.approx(14.226, abs=0.01), "no further than was seen"
    lived = sum(30 * (n + 1) for n in range(5)) + 5 * 433
    assert row["months"] == pytest.approx(lived / 10 / 30.4375, abs=1e-5)
    assert row["months_low"] < row["months"] < row["months_high"]
    assert row["ltv_minor"] == pytest.approx(row["months"] * 1_000 * 0.6, abs=1)
    assert row["ltv_low_minor"] < row["ltv_minor"] < row["ltv_high_minor"]
    facts = worlds(True) | {"infrastructure_costs": empty_tables()["infrastructure_costs"]}
    assert worth.lifetime_value(facts, NOW)["ltv_minor"].to_list() == [None]


def bought(margin: bool) -> list[dict[str, object]]:
    """Search brought c8 and c9, radio nobody."""
    facts = worlds(margin)
    facts["customer_channels"] = pl.DataFrame(
        {"customer": ["c8", "c9"], "channel": ["search", "search"]}
    )
    spent = [
        {"channel": one, "currency": "USD", "period_start": BEGIN.replace(year=2025)}
        | {"spend_minor": 5_001}
        for one in ("search", "radio")
    ]
    facts["channel_spend"] = pl.DataFrame(spent).cast({"period_start": pl.Datetime("us")})
    return worth.acquisition(facts, NOW).to_dicts()


def test_a_channel_without_customers_costs_no_infinity() -> None:
    radio, search = bought(True)
    assert (radio["customers"], radio["cac_minor"], radio["payback_months"]) == (0, None, None)
    assert (search["customers"], search["cac_minor"]) == (2, 2_501)
    assert search["payback_months"] == pytest.approx(5_001 / (2_000 * 0.6), abs=1e-6)


def test_without_a_margin_nothing_pays_back() -> None:
    assert [one["payback_months"] for one in bought(False)] == [None, None]
    assert mrr.MOVEMENTS[0] == "new", "CAC counts first payments alone"


def settings(**said: float) -> pl.DataFrame:
    """The kept table `settings`, in which only these are said."""
    return pl.DataFrame(
        {"name": list(said), "value": [str(value) for value in said.values()]},
        schema={"name": pl.String(), "value": pl.String()},
    ).with_columns(pl.col("name").str.replace("__", ".", n=-1))


def months(values: list[float], figure: str = "arpa_minor") -> pl.DataFrame:
    """A table of figures in which one is known, over as many months from 2024 on."""
    begins = [BEGIN.replace(year=2024 + n // 12, month=n % 12 + 1) for n in range(len(values))]
    blank = {one: [None] * len(values) for one in WORDS}
    columns = {"currency": ["USD"] * len(values), "period_start": begins, **blank, figure: values}
    typed = {"period_start": pl.Datetime("us"), **dict.fromkeys(WORDS, pl.Float64())}
    return pl.DataFrame(columns, schema_overrides=typed)


@pytest.mark.parametrize(
    ("change", "unusual"), [(7.9, False), (8.0, True), (-3.9, False), (-4.0, True)]
)
def test_a_change_unlike_those_before_is_unusual(change: float, unusual: bool) -> None:
    """Changes of 1 and 3 in turn: 2 as the usual, give or take 4 x 1.4826."""
    values = [float(4 * (n // 2) + n % 2) for n in range(9)]
    table = {"kpi_monthly": months([*values, values[-1] + change]), "settings": settings()}
    (row,) = watched.standing(table, NOW).to_dicts()
    assert (row["usual_low"], row["usual_high"]) == pytest.approx((-3.9304, 7.9304))
    assert row["unusual"] is unusual
    assert row["missed"] is False and row["target"] is None


def test_nothing_is_unusual_where_too_little_is_known() -> None:
    table = {"kpi_monthly": months([1.0, 2.0, 1.0, 9.0, 900.0]), "settings": settings()}
    (row,) = watched.standing(table, NOW).to_dicts()
    assert row["usual_low"] is None and row["unusual"] is False


def test_targets_are_those_of_the_house_and_churn_may_not_be_above_its_own() -> None:
    said = settings(targets__arpa_minor=10, settings__finance__kpi_watch__retention_months=6)
    found = {
        figure: watched.standing({"kpi_monthly": months([value], figure), "settings": said}, NOW)
        for figure, value in (("arpa_minor", 9.0), ("customer_churn_share", 0.031))
    }
    assert [row["missed"].to_list() for row in found.values()] == [[True], [True]]
    good = {"kpi_monthly": months([0.029], "customer_churn_share"), "settings": said}
    assert watched.standing(good, NOW)["missed"].to_list() == [False]
    nrr = {"kpi_monthly": months([0.5], "nrr_share"), "settings": said}
    (row,) = watched.standing(nrr, NOW).to_dicts()
    assert row["definition"] == "MRR now of who paid 6 months ago / theirs then", "as it is set"


@given(lives())
def test_churn_by_cohort_is_the_complement_of_what_stays(subscriptions: list[Subscription]) -> None:
    cohorts = facts_of(subscriptions)["cohorts"]
    table = watched.churn({"cohorts": cohorts}, NOW)
    stays = {
        (row["currency"], row["cohort"], row["age_months"]): row["customers"]
        for row in cohorts.iter_rows(named=True)
    }
    for row in table.iter_rows(named=True):
        for months_back, name in ((1, "monthly"), (12, "annual")):
            age = row["age_months"] - months_back
            before = stays.get((row["currency"], row["cohort"], age))
            share = row[f"{name}_customer_churn_share"]
            assert share == (
                pytest.approx(1 - row["customers"] / before, abs=1e-6) if before else None
            )
