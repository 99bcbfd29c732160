"""What each input is worth: directions, zero against missing, whose days are counted."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.tables import Facts
from psizero.customers.health import METRICS, Settings
from psizero.customers.signals import signals
from tests.laws.cases import empty_tables

TODAY = datetime(2026, 10, 5)
DAY = timedelta(days=1)
OLD = TODAY - 400 * DAY
USUAL = Settings()
WEEKS = ("week_1", "week_2", "week_3", "week_4")
FEEDS = (
    "meter calls",
    "meters",
    "status calls",
    "activity login",
    "activity feedback",
    "tickets",
    "payments",
)
Rows = list[dict[str, object]]


def facts(**given_rows: Rows) -> Facts:
    """What health reads: one old customer with a year of every feed, and the rows given."""
    always: dict[str, Rows] = {
        "feeds": [{"feed": one, "first_at": OLD, "last_at": TODAY} for one in FEEDS],
        "subscriptions": [{"subscription": "s", "customer": "ada", "started_at": OLD}],
    }
    reads = ("feeds", "subscriptions", "usage_windows", "activity_windows", "ticket_windows")
    return {
        name: pl.DataFrame(
            {**always, **given_rows}.get(name, []), schema=empty_tables()[name].schema
        )
        for name in (*reads, "billing_windows")
    }


def used(now: int, *before: int, failed: int = 0, meter: str = "calls") -> dict[str, object]:
    """A row of usage_windows; `failed` of what there is now."""
    weeks = {name: Decimal(count) for name, count in zip(WEEKS, before, strict=False)}
    none = dict.fromkeys(WEEKS, Decimal(0))
    told = {"succeeded": Decimal(now - failed), "failed": Decimal(failed)}
    return {
        "customer": "ada",
        "meter": meter,
        "first_at": OLD,
        "used": Decimal(now),
        **none,
        **weeks,
        **told,
    }


def done(now: int, *before: int, activity: str = "login") -> dict[str, object]:
    """A row of activity_windows."""
    row = used(now, *before)
    return {name: row[name] for name in row if name not in ("meter", "succeeded", "failed")} | {
        "activity": activity
    }


def worth(metric: str, known: Facts, settings: Settings = USUAL) -> float | None:
    """The value of one metric for ada."""
    found = signals(known, settings, TODAY).filter(pl.col("customer") == "ada")
    value = found[f"{metric}_value"].item()
    assert value is None or isinstance(value, float)
    return value


@pytest.mark.parametrize(
    ("now", "before", "value"),
    [
        (400, (100,) * 4, 62.5),
        (200, (100,) * 4, 31.25),
        (900, (1025,) * 4, 13.719512),
        (640, (100,) * 4, 100.0),
        (4000, (100,) * 4, 100.0),
        (0, (100,) * 4, 0.0),
        (0, (0,) * 4, 0.0),
        (1, (0,) * 4, 100.0),
    ],
)
def test_pace_is_held_against_ones_own(now: int, before: tuple[int, ...], value: float) -> None:
    assert worth("calls", facts(usage_windows=[used(now, *before)])) == value
    assert worth("login", facts(activity_windows=[done(now, *before)])) == value


def test_zero_is_not_missing() -> None:
    """No calls while others call are worth 0; without any feed nothing is known."""
    assert worth("calls", facts()) == 0.0
    assert worth("success", facts()) == 0.0
    assert worth("adoption", facts()) == 0.0
    assert worth("login", facts()) == 0.0
    assert worth("dashboard", facts()) is None
    nothing = facts(feeds=[])
    assert [worth(name, nothing) for name in METRICS] == [None] * 10


@pytest.mark.parametrize(
    ("metric", "feed", "days"),
    [
        ("calls", "meter calls", 14),
        ("success", "status calls", 14),
        ("adoption", "meters", 14),
        ("login", "activity login", 14),
        ("feedback", "activity feedback", 45),
        ("tickets", "tickets", 45),
        ("billing", "payments", 45),
    ],
)
def test_a_stale_feed_is_missing(metric: str, feed: str, days: int) -> None:
    for late, missing in ((0 * DAY, False), (timedelta(seconds=1), True)):
        seen = [{"feed": one, "first_at": OLD, "last_at": TODAY} for one in FEEDS if one != feed]
        seen.append({"feed": feed, "first_at": OLD, "last_at": TODAY - days * DAY - late})
        known = facts(
            feeds=seen,
            usage_windows=[used(10, 10)],
            billing_windows=[{"customer": "ada", "overdue": False, "declined": 0}],
        )
        assert (worth(metric, known) is None) is missing


@pytest.mark.parametrize(
    ("age", "value"), [(27, None), (28, None), (34, None), (35, 62.5), (41, 62.5), (42, 50.0)]
)
def test_only_whole_weeks_that_were_lived(age: int, value: float | None) -> None:
    """100 calls in the only week before, then 150: as often as ever, or less after two weeks."""
    for name in ("subscriptions", "feeds"):
        rows: dict[str, Rows] = {"usage_windows": [used(400, 100, 150, 7, 7)]}
        start = TODAY - age * DAY
        if name == "subscriptions":
            rows[name] = [{"subscription": "s", "customer": "ada", "started_at": start}]
        else:
            feed = {"feed": "meter calls", "first_at": start, "last_at": TODAY}
            rows[name] = [feed]
        assert worth("calls", facts(**rows)) == value


def test_a_silent_customer_has_no_healthy_lack_of_tickets() -> None:
    billed: Rows = [{"customer": "ada", "overdue": False, "declined": 0}]
    silent = facts(billing_windows=billed, usage_windows=[used(0, 9, 9, 9, 9)])
    assert worth("tickets", silent) is None
    assert worth("tickets", facts(usage_windows=[used(1, 9)])) == 100.0
    assert worth("tickets", facts(activity_windows=[done(1)])) == 100.0
    asking: Rows = [{"customer": "ada", "tickets": 1, "open_tickets": 1}]
    assert worth("tickets", facts(ticket_windows=asking)) == 75.0


@given(st.integers(0, 8), st.integers(0, 1), st.integers(0, 4), st.integers(0, 50))
def test_directions(tickets: int, overdue: int, declined: int, failed: int) -> None:
    """One more ticket, failure, overdue or declined payment is never better."""

    def told(tickets: int, overdue: int, declined: int, failed: int) -> list[float]:
        known = facts(
            usage_windows=[used(100, 25, 25, 25, 25, failed=failed)],
            ticket_windows=[{"customer": "ada", "tickets": tickets, "open_tickets": 0}],
            billing_windows=[{"customer": "ada", "overdue": bool(overdue), "declined": declined}],
        )
        row = signals(known, USUAL, TODAY).row(0, named=True)
        return [row[f"{name}_value"] for name in ("tickets", "billing", "success")]

    before = told(tickets, overdue, declined, failed)
    assert before == [
        max(0.0, 100.0 - 25 * tickets),
        max(0.0, 100.0 - 50 * overdue - 25 * declined),
        pytest.approx(max(0.0, 100.0 - 10 * failed)),
    ]
    after = told(tickets + 1, 1, declined + 1, failed + 1)
    assert all(new <= old for new, old in zip(after, before, strict=True))


@given(st.lists(st.integers(0, 1000), min_size=5, max_size=5), st.integers(1, 500))
def test_more_use_is_never_worse(counts: list[int], more: int) -> None:
    now, *before = counts
    low = worth("calls", facts(usage_windows=[used(now, *before)]))
    high = worth("calls", facts(usage_windows=[used(now + more, *before)]))
    past = worth("calls", facts(usage_windows=[used(now, before[0] + more, *before[1:])]))
    assert low is not None and high is not None and past is not None
    assert past <= low <= high or now == 0


def test_adoption_counts_meters() -> None:
    rows = [used(5, 5, meter="calls"), used(0, 5, meter="tiles"), used(9, meter="storage")]
    assert worth("adoption", facts(usage_windows=rows)) == 62.5
    assert worth("adoption", facts(usage_windows=rows[:2])) == 31.25


def test_calls_without_a_status_say_nothing_of_success() -> None:
    row = used(10, 10) | {"succeeded": Decimal(0), "failed": Decimal(0)}
    assert worth("success", facts(usage_windows=[row])) is None


def test_the_meter_of_calls_is_a_setting() -> None:
    feeds: Rows = [{"feed": "meter requests", "first_at": OLD, "last_at": TODAY}]
    known = facts(usage_windows=[used(400, *[100] * 4, meter="requests")], feeds=feeds)
    other = msgspec.structs.replace(USUAL, calls_meter="requests")
    assert worth("calls", known) is None
    assert worth("calls", known, other) == 62.5


def test_who_is_asked_about() -> None:
    """Running subscriptions, and users of a house without any; not those who have left."""
    start, gone = {"started_at": OLD}, {"ended_at": TODAY - DAY}
    known = facts(
        subscriptions=[
            {"subscription": "1", "customer": "ada", **start, **gone},
            {"subscription": "2", "customer": "ada", **start},
            {"subscription": "3", "customer": "bob", **start, **gone},
            {"subscription": "4", "customer": "cyd", "started_at": TODAY},
        ],
        usage_windows=[used(1) | {"customer": name} for name in ("bob", "dan")],
        activity_windows=[done(1) | {"customer": "eve", "first_at": TODAY - 3 * DAY}],
    )
    found = signals(known, USUAL, TODAY)
    assert dict(found.select("customer", "young").iter_rows()) == {
        "ada": False,
        "dan": False,
        "eve": True,
    }


@pytest.mark.parametrize(("age", "young"), [(27, True), (28, False)])
def test_age_grace(age: int, young: bool) -> None:
    start = {"subscription": "s", "customer": "ada", "started_at": TODAY - age * DAY}
    assert signals(facts(subscriptions=[start]), USUAL, TODAY)["young"].item() is young
