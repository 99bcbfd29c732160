"""What the company pays: charges that add up, late and double loads, and rates that move."""

from calendar import monthrange
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from psizero.core.events.cost import CATEGORIES
from psizero.twin.costs import ITEMS, budgets, costs, quotes, spend
from psizero.twin.emission import joined
from psizero.twin.planted import rates
from tests.twin.fleets import CALM, DAY
from tests.twin.markets import BEGINS, NONE, PLANTED, company, first, together

CALLS = np.full(365, 90_000)
SEEDS = range(1, 21)


def charges(seed: int, days: int = 365, factor: float = 1.0) -> pl.DataFrame:
    """Charges of a company in which nothing is planted."""
    return costs(company(seed, NONE), BEGINS, factor * CALLS[:days]).rows["cost.charged"]


def effective(frame: pl.DataFrame, name: str) -> int:
    """What an item came to by use."""
    item = ITEMS[name]
    mine = (pl.col("subject") == item.vendor) & (pl.col("service") == item.service)
    return int(frame.filter(mine & (pl.col("charge_category") == "Usage"))["effective_minor"].sum())


def test_a_while_is_the_sum_of_its_days() -> None:
    whose = company(3, PLANTED)
    whole = costs(whose, BEGINS, CALLS[:120]).rows["cost.charged"]
    days = joined(costs(whose, BEGINS + n * DAY, CALLS[:1]) for n in range(120))
    assert days.rows["cost.charged"].equals(whole)
    assert whole["id"].n_unique() == whole.height
    assert (whole["delivered_at"] >= whole["occurred_at"]).all()
    assert (whole["charge_period_start"] < whole["charge_period_end"]).all()
    assert not whole.equals(costs(company(4, PLANTED), BEGINS, CALLS[:120]).rows["cost.charged"])


def test_what_is_paid_ahead_is_billed_once_and_effective_when_used() -> None:
    compute = charges(1).filter(
        (pl.col("service") == "Compute") & (pl.col("charge_category") != "Credit")
    )
    month = pl.col("charge_period_start").dt.month()
    sums = compute.group_by(month).agg(pl.col("billed_minor", "effective_minor").sum())
    assert sums.height == 12
    assert (sums["billed_minor"] == sums["effective_minor"]).all()
    usage = compute.filter(pl.col("charge_category") == "Usage")
    assert (usage["billed_minor"] < usage["effective_minor"]).all()
    bought = compute.filter(pl.col("charge_category") == "Purchase")
    assert bought.height == 12 and bought["effective_minor"].sum() == 0


def test_cost_follows_calls_and_replicas() -> None:
    once, twice = charges(1, 30), charges(1, 30, 2.0)
    for name in ("network", "quantum_time"):
        assert abs(effective(twice, name) / effective(once, name) - 2) < 0.01
    assert effective(twice, "database") == effective(once, "database")
    whose = company(1, NONE)
    few, many = (
        costs(whose, BEGINS, CALLS[:30], np.full(30, hours)).rows["cost.charged"]
        for hours in (400, 800)
    )
    assert effective(many, "compute") > 1.5 * effective(few, "compute")
    assert effective(many, "network") == effective(few, "network")


def test_costs_lie_where_the_scenario_says() -> None:
    rates_minor = CALM.shares("costs.calls_minor")
    said = [effective(charges(seed, 90), "network") for seed in SEEDS]
    expected = rates_minor["network"] * CALLS[:90].sum() / 1000
    # noise is lognormal with median 1
    assert abs(np.mean(said) / (expected * np.exp(0.06**2 / 2)) - 1) < 4 * 0.06 / np.sqrt(1800)
    credits = sum(
        charges(seed).filter(pl.col("charge_category") == "Credit").height for seed in SEEDS
    )
    share = CALM.number("costs.credit_share")
    assert abs(credits - 240 * share) < 4 * np.sqrt(240 * share * (1 - share))


def test_ten_times_the_company_costs_ten_times_as_much() -> None:
    small, large = (
        costs(company(2, NONE, size), BEGINS, size * CALLS[:31]).rows["cost.charged"]
        for size in (20, 200)
    )
    ratio = large["effective_minor"].sum() / small["effective_minor"].sum()
    assert abs(ratio - 10) < 0.001


def test_a_late_load_comes_two_days_later() -> None:
    whose = company(5, PLANTED)
    late = first(whose, "late_load")
    rows = costs(whose, BEGINS, CALLS[:90]).rows["cost.charged"]
    usage = rows.filter(pl.col("charge_category") == "Usage")
    waits = usage["delivered_at"] - usage["occurred_at"]
    planted = usage["charge_period_start"].is_between(late.starts_at, late.ends_at, closed="left")
    assert planted.sum() == 6
    assert (waits.filter(planted) == timedelta(days=2, hours=6)).all()
    assert (waits.filter(~planted) == timedelta(hours=6)).all()


def test_a_duplicate_load_has_the_same_rows_under_other_ids() -> None:
    whose = company(5, PLANTED)
    double = first(whose, "duplicate_load")
    rows = spend(whose, BEGINS, 90).rows["marketing.spent"]
    assert rows["id"].n_unique() == rows.height
    said = rows.drop("id", "delivered_at")
    again = said.filter(said.is_duplicated())
    assert again.height == 2 * 5 and set(again["period_start"]) == {double.starts_at}
    none = spend(company(5, NONE), BEGINS, 90).rows["marketing.spent"].drop("id", "delivered_at")
    assert not none.is_duplicated().any() and said.unique().height == none.height


def test_the_currency_moves_and_stays_and_costs_follow() -> None:
    whose, calm = company(6, PLANTED), company(6, NONE)
    move = first(whose, "currency_move")
    begins, ends = ((at - BEGINS) // DAY for at in (move.starts_at, move.ends_at))
    ratio = rates(whose, BEGINS, 90) / rates(calm, BEGINS, 90)
    assert np.allclose(ratio[:begins], 1, atol=1e-5)
    assert np.allclose(ratio[ends:], move.size, atol=1e-5)
    euros, others = (
        [costs(one, BEGINS, CALLS[:90]).rows["cost.charged"].filter(kept) for one in (whose, calm)]
        for kept in (
            pl.col("pricing_currency") == "EUR",
            pl.col("pricing_currency").is_null(),
        )
    )
    after = pl.col("charge_period_start") >= move.ends_at
    dear, usual = (float(one.filter(after)["billed_minor"].sum()) for one in euros)
    assert abs(dear / usual - move.size) < 0.001
    assert others[0].drop("delivered_at").equals(others[1].drop("delivered_at"))
    quoted = quotes(whose, BEGINS, 90).rows["exchange.quoted"]
    assert np.allclose(quoted["rate"].cast(pl.Float64).to_numpy(), rates(whose, BEGINS, 90))


def test_budgets_are_set_for_each_month() -> None:
    whose = company(1, NONE)
    rows = together(budgets, whose, 120, 1)["budget.set"]
    assert rows.equals(together(budgets, whose, 120, 60)["budget.set"])
    assert rows.height == 4 * len(CATEGORIES) and set(rows["subject"]) == set(CATEGORIES)
    for starts, ends in rows.select("period_start", "period_end").iter_rows():
        assert isinstance(starts, datetime) and starts.day == 1
        assert ends - starts == monthrange(starts.year, starts.month)[1] * DAY


def test_budgets_are_near_what_is_spent() -> None:
    """Of an ordinary year: an owner who budgets at random learns nothing from a variance."""
    calls = np.full(365, 4500 * 20)
    rows = costs(company(1, NONE), BEGINS, calls).rows["cost.charged"]
    spent = dict(rows.group_by("category").agg(pl.col("billed_minor").sum()).iter_rows())
    spent["marketing"] = (
        spend(company(1, NONE), BEGINS, 365).rows["marketing.spent"]["amount_minor"].sum()
    )
    for name, month_minor in CALM.shares("costs.budget_minor").items():
        assert 0.85 < spent[name] / (12 * 20 * month_minor) < 1.05, name
