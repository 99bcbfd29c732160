"""Figures as bars and shades, clocks in words, and the order of a queue: pure."""

from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.console.books import accounts
from psizero.console.chart import GAINS, LOSSES, WIDTH, bars, bridge, shade
from psizero.console.dunning import run
from psizero.console.money import cohorts
from psizero.console.support import left, queue
from psizero.finance.dunning import Settings

NOW = datetime(2026, 10, 11, 12)
MINOR = st.integers(min_value=0, max_value=10**12)


def moved(start: int, **movements: int) -> dict[str, object]:
    """A row of `mrr_movements`."""
    named = {name: movements.get(name, 0) for name in (*GAINS, *LOSSES)}
    end = start + sum(named[one] for one in GAINS) - sum(named[one] for one in LOSSES)
    row: dict[str, object] = {"start_minor": start, "end_minor": end, "start_customers": 1}
    row |= {f"{name}_minor": minor for name, minor in named.items()}
    return row | {f"{name}_count": 1 for name in named} | {"end_customers": 2}


def test_a_bridge_leads_from_the_start_to_the_end() -> None:
    found, cut = bridge(moved(100, new=60, churn=40))
    assert cut == 0 and [one.label for one in found] == ["start", *GAINS, *LOSSES, "end"]
    begins = {one.label: (one.begin, one.width, one.tone) for one in found}
    assert begins["start"] == (0, 625, "total") and begins["new"] == (625, 375, "gain")
    assert begins["churn"] == (750, 250, "loss") and begins["end"] == (0, 750, "total")
    assert (found[0].count, found[-1].count) == (1, 2)


def test_small_movements_are_seen_and_where_the_bars_begin_is_said() -> None:
    found, cut = bridge(moved(100_000, new=100))
    assert cut == 99_900
    assert [(one.begin, one.width) for one in found if one.label == "new"] == [(500, 500)]


@given(MINOR, MINOR, MINOR, MINOR)
def test_every_bar_lies_inside_and_joins_the_one_before(
    start: int, new: int, up: int, down: int
) -> None:
    found, cut = bridge(moved(start, new=new, expansion=up, contraction=min(down, start)))
    assert 0 <= cut <= start
    assert all(one.begin >= 0 and one.width >= 0 for one in found)
    assert all(one.begin + one.width <= WIDTH for one in found)
    for one, two in pairwise(found[1:-1]):
        ends = {one.begin, one.begin + one.width}
        assert any(
            abs(edge - end) <= 1 for edge in (two.begin, two.begin + two.width) for end in ends
        )


def test_bars_and_shades() -> None:
    assert [one.width for one in bars([("a", 50), ("b", 100), ("c", -3)])] == [500, 1000, 0]
    assert bars([]) == [] and [one.width for one in bars([("a", 0)])] == [0]
    assert [shade(one) for one in (None, 0.0, 0.5, 1.0, 1.7, -1.0)] == [0, 0, 5, 9, 9, 0]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(5, "in 5 min"), (125, "in 2 h 5 min"), (1500, "in 1 d 1 h"), (-61, "1 h 1 min late")],
)
def test_a_clock_in_words(minutes: int, words: str) -> None:
    assert left(NOW + timedelta(minutes=minutes), NOW) == words


def clock(ticket: str, response: int, resolution: int, **more: object) -> dict[str, object]:
    """A row of `ticket_clocks`, due in so many hours."""
    row: dict[str, object] = {"ticket": ticket, "human_response_minutes": 1.0, "staff_at": None}
    row |= {"response_due_at": NOW + timedelta(hours=response), "waits_for": "us"}
    row |= {"resolution_due_at": NOW + timedelta(hours=resolution), "closed_at": None}
    return row | more


def test_the_queue_has_first_what_is_owed_first() -> None:
    rows = [
        clock("later", 5, 9),
        clock("answered", 1, 4, staff_at=NOW),
        clock("late", -2, 9),
        clock("theirs", -9, -9, waits_for="the customer"),
        clock("done", -9, -9, closed_at=NOW),
        clock("by itself", 1, 3, human_response_minutes=None),
    ]
    schema = {"staff_at": pl.Datetime("us"), "closed_at": pl.Datetime("us")}
    found = queue(pl.DataFrame(rows, schema_overrides=schema), NOW)
    assert [one["ticket"] for one in found] == ["late", "by itself", "answered", "later", "theirs"]
    assert [one["what"] for one in found][:3] == ["first answer", "settled", "settled"]
    assert found[0]["late"] and found[0]["left"] == "2 h 0 min late" and not found[1]["late"]
    assert queue(pl.DataFrame(rows[4:5], schema_overrides=schema), NOW) == []


def test_a_run_says_its_day_and_its_next_step() -> None:
    began = NOW - timedelta(days=4)
    row = {"customer": "ada", "currency": "EUR", "owed_minor": 900, "invoices": 1}
    row |= {"first_failed_at": began, "decline_code": "insufficient_funds"}
    found = run(row, Settings(), NOW)
    assert (found["days"], found["why"], found["limit"]) == (4, "soft", "50 %")
    assert found["coming_at"] == "2026-10-14T12:00:00Z" and "support: call" in str(found["coming"])
    assert run(row | {"owed_minor": 1}, Settings(), NOW)["small"]
    last = run(row | {"first_failed_at": NOW - timedelta(days=30)}, Settings(), NOW)
    assert (last["coming"], last["limit"]) == ("no further step", "may only read")


def test_accounts_lead_to_their_rows() -> None:
    days = [datetime(2026, 9, 30), datetime(2026, 10, 1), datetime(2026, 10, 1)]
    journal = pl.DataFrame(
        {
            "currency": ["EUR"] * 3,
            "account": ["receivable", "receivable", "revenue"],
            "amount_minor": [100, 30, -130],
            "booked_for": days,
            "month": ["2026-09", "2026-10", "2026-10"],
        }
    )
    first, second = accounts(journal, "2026-10")
    assert (first["amount_minor"], first["month_minor"]) == (130, 30)
    assert (second["amount_minor"], second["month_minor"]) == (-130, -130)
    assert str(first["month_url"]).endswith("is.booked_for=2026-10-01T00%3A00%3A00Z")
    assert accounts(journal, "2026-08")[0]["month_url"] == ""


def test_a_cohort_begins_whole_and_its_cells_lead_to_their_rows() -> None:
    frame = pl.DataFrame(
        {
            "currency": ["EUR"] * 3,
            "cohort": [datetime(2026, 8, 1), datetime(2026, 8, 1), datetime(2026, 9, 1)],
            "age_months": [1, 0, 0],
            "customers_share": [0.5, 1.0, 1.0],
            "mrr_share": [1.2, 1.0, 1.0],
            "start_customers": [2, 2, 1],
            "start_minor": [200, 200, 100],
        }
    )
    new, old = cohorts(frame, "mrr")
    assert (new["cohort"], old["cohort"]) == ("2026-09", "2026-08")
    assert isinstance(old["cells"], list)
    assert [one["shade"] for one in old["cells"]] == [9, 9]
    assert old["cells"][1]["url"].endswith("is.age_months=1")
    (_, halved) = cohorts(frame, "customers")
    assert isinstance(halved["cells"], list) and halved["cells"][1]["shade"] == 5
