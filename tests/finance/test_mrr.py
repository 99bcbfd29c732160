"""MRR over random subscription histories, against a slow and obvious model of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from tests.finance import mrr_model as model
from tests.finance.mrr_model import MOVEMENTS, Subscription, Version
from tests.finance.mrr_tables import Known, computed

FIRST, NOW = datetime(2026, 1, 1), datetime(2026, 4, 20, 13, 30)


def rows(table: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return table.select(columns).rows()


DAYS = st.integers(-70, 130).map(lambda n: FIRST + timedelta(days=n))
INSTANTS = st.builds(
    lambda day, hours: day + timedelta(hours=hours), DAYS, st.sampled_from([0, 0, 0, 7, 23])
)
BASES = st.sampled_from(["0", "0.004", "0.005", "1", "10", "14.99", "50", "663", "0.333333333"])
KEYS = ("currency", "period_start")
few = settings(max_examples=max(10, settings().max_examples // 4))
PLANS = ("small", "large", "odd", "yen")


@st.composite
def books(draw: st.DrawFn) -> list[Version]:
    """One to three versions of every plan; some without a price, one plan in another currency."""
    book: list[Version] = []
    for plan in PLANS:
        for version in range(1, draw(st.integers(1, 3)) + 1):
            valid_from = draw(DAYS) if version > 1 or draw(st.booleans()) else datetime(2025, 1, 1)
            interval = draw(st.sampled_from(["day", "week", "month", "month", "year"]))
            base = None if draw(st.integers(0, 5)) == 0 else draw(BASES)
            currency, count = "JPY" if plan == "yen" else "USD", draw(st.integers(1, 3))
            book.append(Version(plan, version, valid_from, currency, interval, count, base))
    return book


@st.composite
def histories(draw: st.DrawFn) -> Known:
    """Up to eight subscriptions of three customers; plans changed, left, come back to."""
    book, made = draw(books()), list[Subscription]()
    for number in range(draw(st.integers(0, 8))):
        customer = draw(st.sampled_from("abc"))
        ended = [one.ends for one in made if one.customer == customer and one.ends]
        starts = draw(st.sampled_from(ended)) if ended and draw(st.booleans()) else draw(INSTANTS)
        ends = draw(st.none() | INSTANTS)
        plan, seats = draw(st.sampled_from(PLANS)), draw(st.integers(1, 4))
        made.append(Subscription(f"s{number}", customer, plan, seats, starts, ends))
    return [one for one in made if one.starts <= NOW], book


def begins(known: Known) -> datetime:
    return min((one.starts for one in known[0]), default=FIRST).replace(hour=0)


@few
@given(histories())
def test_changes_and_bridge_equal_the_slow_model(known: Known) -> None:
    tables, first = computed(known, NOW), begins(known)
    changed = sorted(model.changes(*known, first, NOW))
    columns = ("customer", "currency", "day", "movement", "before_minor", "after_minor")
    assert rows(tables["mrr_changes"], *columns) == [astuple(one) for one in changed]
    expected = []
    for currency in sorted({one.currency for one in changed}):
        started = min(one.day for one in changed if one.currency == currency)
        for month in model.months(started, NOW):
            said = model.bridge(changed, currency, month)
            expected.append((currency, *month, said.start, *said.sums, *said.counts, said.end))
    sums, counts = ([f"{one}_{unit}" for one in MOVEMENTS] for unit in ("minor", "count"))
    named = ("currency", "period_start", "period_end", "start_minor", *sums, *counts, "end_minor")
    assert rows(tables["mrr_movements"], *named) == expected


@few
@given(histories())
def test_month_ends_equal_the_slow_model(known: Known) -> None:
    tables, (subscriptions, book) = computed(known, NOW), known
    unpriced: dict[tuple[str, datetime], list[str]] = {}
    found = {(row["currency"], row["period_start"]): row for row in tables["mrr"].to_dicts()}
    for start, end in model.months(begins(known), NOW):
        totals = model.totals(*known, end)
        fees: dict[str, list[object]] = {}
        for one in model.running(subscriptions, end):
            currency, amount = model.fee(one, book, end - timedelta(microseconds=1))
            fees.setdefault(currency, []).append(amount)
            if amount is None:
                unpriced.setdefault((one.plan, start), []).append(one.customer)
        for currency in ("USD", "JPY"):
            mine = [amount for (_, said), amount in totals.items() if said == currency]
            row: Mapping[str, object] = found.get((currency, start), {})
            assert row.get("period_end", end) == end
            assert row.get("mrr_minor", 0) == sum(mine)
            assert row.get("arr_minor", 0) == 12 * sum(mine)
            assert row.get("customers", 0) == len([amount for amount in mine if amount])
            paying = [amount for amount in fees.get(currency, []) if amount]
            assert row.get("subscriptions", 0) == len(paying)
            left_out = fees.get(currency, []).count(None)
            assert row.get("unpriced_subscriptions", 0) == left_out
    assert {
        (row["plan"], row["period_start"]): (row["subscriptions"], row["customers"])
        for row in tables["mrr_unpriced"].to_dicts()
    } == {key: (len(some), len(set(some))) for key, some in unpriced.items()}


@few
@given(histories())
def test_cohorts_equal_the_slow_model(known: Known) -> None:
    changed = list(model.changes(*known, begins(known), NOW))
    began = {(one.customer, one.currency): one for one in changed if one.movement == "new"}
    expected = []
    for currency in ("JPY", "USD"):
        mine = {key: one for key, one in began.items() if key[1] == currency}
        for cohort in model.months(begins(known), NOW):
            members_ = {key: one for key, one in mine.items() if cohort[0] <= one.day < cohort[1]}
            start = (len(members_), sum(one.after for one in members_.values()))
            for age, (_, end) in enumerate(model.months(cohort[0], NOW)):
                kept = [model.totals(*known, end).get(key, 0) for key in members_]
                left = (len([one for one in kept if one]), sum(kept)) if age else start
                if members_:
                    expected.append((currency, cohort[0], age, end, *left, *start))
    named = ("currency", "cohort", "age_months", "period_end", "customers", "mrr_minor")
    found = computed(known, NOW)["cohorts"]
    assert rows(found, *named, "start_customers", "start_minor") == expected
    for row in found.to_dicts():
        assert row["customers_share"] == round(row["customers"] / row["start_customers"], 6)
        assert row["mrr_share"] == round(row["mrr_minor"] / row["start_minor"], 6)
        assert row["age_months"] or (row["customers_share"], row["mrr_share"]) == (1, 1)


@few
@given(histories(), st.datetimes(FIRST, NOW).map(lambda at: at.replace(microsecond=0)))
def test_the_bridge_closes_in_every_month_and_currency(known: Known, now: datetime) -> None:
    tables = computed(([one for one in known[0] if one.starts <= now], known[1]), now)
    ends = {row[:2]: row[2:] for row in rows(tables["mrr"], *KEYS, "mrr_minor", "customers")}
    before: dict[str, tuple[int, int]] = {}
    for row in tables["mrr_movements"].to_dicts():
        grown = row["new_minor"] + row["reactivation_minor"] + row["expansion_minor"]
        lost = row["contraction_minor"] + row["churn_minor"]
        assert row["start_minor"] + grown - lost == row["end_minor"]
        came = row["new_count"] + row["reactivation_count"] - row["churn_count"]
        assert row["start_customers"] + came == row["end_customers"]
        start = (row["start_minor"], row["start_customers"])
        assert start == before.get(row["currency"], (0, 0))
        before[row["currency"]] = (row["end_minor"], row["end_customers"])
        assert ends[row["currency"], row["period_start"]] == before[row["currency"]]
    for name in ("mrr", "mrr_movements", "cohorts", "mrr_unpriced"):
        assert not tables[name].filter(pl.col("period_end") > now).height
    assert not tables["mrr_changes"].filter(pl.col("day") + timedelta(days=1) > now).height


@few
@given(histories())
def test_today_is_what_stands_at_this_instant(known: Known) -> None:
    """Just before it, but for what begins or ends in it."""
    now = NOW + timedelta(microseconds=1)
    sums: dict[str, int] = {}
    for (_, currency), amount in model.totals(*known, now).items():
        sums[currency] = sums.get(currency, 0) + amount
    found = dict(rows(computed(known, NOW)["mrr_now"], "currency", "mrr_minor"))
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in sums.items() if v}


@few
@given(histories(), st.randoms(use_true_random=False))
def test_order_and_names_mean_nothing(known: Known, chance: Random) -> None:
    subscriptions, book = ([*some] for some in known)
    chance.shuffle(subscriptions)
    chance.shuffle(book)
    names = dict(zip("abc", chance.sample(["z", "y", "x9"], 3), strict=True))
    renamed = [
        replace(one, name=f"{n}-{one.name}", customer=names[one.customer])
        for n, one in enumerate(subscriptions)
    ]
    before, after = computed(known, NOW), computed((renamed, book), NOW)
    for name in set(before) - {"subscription_fees", "mrr_changes"}:
        assert before[name].equals(after[name]), name


def test_a_price_replaced_at_its_first_instant_times_nothing() -> None:
    """Two versions of one instant: only the later was ever in force, also for its interval."""
    one = Subscription("s0", "a", "small", 1, FIRST, None)
    begin = FIRST + timedelta(days=1)
    book = [
        Version("small", 1, begin, "USD", "day", 1, None),
        Version("small", 2, begin, "USD", "day", 2, "0.004"),
    ]
    month = computed(([one], book), NOW)["mrr"].to_dicts()[0]
    # 0.4 cents for two days are 0.4 * 365 / 12 / 2 = 6.08 cents a month.
    assert month["mrr_minor"] == 6
