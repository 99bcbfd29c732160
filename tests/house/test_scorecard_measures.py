"""What the house itself measures, in golden cases; and the page that people read."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl
import pytest

from psizero.cli.scorecard import STATUSES, flat, screen
from psizero.house import measures
from psizero.house.measures import Measure
from psizero.house.members import members
from psizero.house.scorecard import COUNTS, Scorecard, counted, lines, rates

TODAY, HOUR, DAY = datetime(2026, 6, 15), timedelta(hours=1), timedelta(days=1)
NOW = TODAY + 9 * HOUR
BRIEFING, INVOICING = "intelligence.morning_briefing", "finance.invoicing"


def actions(*rows: tuple[str, str, int, dict[str, int]]) -> pl.DataFrame:
    """Rows of actions_recounted: automation, verb, days ago, counts."""
    typed = {"automation": pl.String(), "verb": pl.String(), "day": pl.Datetime("us")}
    full = [
        {"automation": name, "verb": verb, "day": TODAY - ago * DAY}
        | dict.fromkeys(COUNTS, 0)
        | {"proved": 0}
        | said
        for name, verb, ago, said in rows
    ]
    return pl.DataFrame(full, schema={**typed, **dict.fromkeys((*COUNTS, "proved"), pl.Int64())})


def said(**columns: Sequence[object]) -> pl.DataFrame:
    """A frame of these columns."""
    return pl.DataFrame(columns)


def test_an_invoice_without_a_price_is_written_by_hand() -> None:
    known = actions(
        (INVOICING, "invoice.issue", 1, {"eligible": 30, "automatic": 29}),
        (INVOICING, "invoice.issue", 2, {"eligible": 5, "automatic": 5}),
        ("customers.health_watch", "task.assign", 2, {"eligible": 5, "automatic": 5}),
    )
    ends = [TODAY - DAY, TODAY - 91 * DAY, TODAY]
    facts = {"actions_recounted": known, "unpriced_periods": said(period_end=ends)}
    found = measures.billing_automation(facts, NOW)
    assert (found.numerator, found.denominator) == (34, 36)


def test_a_morning_without_a_briefing_was_scheduled() -> None:
    two, one = {"eligible": 2, "proved": 2}, {"eligible": 2, "proved": 1}
    known = actions(
        (BRIEFING, "message.send", 1, one),  # its outcome is not due yet
        (BRIEFING, "message.send", 2, one),
        (BRIEFING, "message.send", 5, two),  # on the mornings 4 and 3 there was none
        (BRIEFING, "message.send", 6, {"shadow": 2}),
        (BRIEFING, "message.send", 9, {"shadow": 2}),
        (INVOICING, "invoice.issue", 7, two),
    )
    found = measures.report_automation({"actions_recounted": known}, NOW)
    assert (found.numerator, found.denominator) == (3, 8)
    assert measures.report_automation({"actions_recounted": actions()}, NOW).n == 0


def test_health_is_the_mean_of_fresh_scores() -> None:
    def standing(at: datetime) -> dict[str, pl.DataFrame]:
        return {"health_standing": said(score=[50.0, 70.0, None, 90.0], scored_at=[at] * 4)}

    found = measures.health_average(standing(TODAY + 5 * HOUR), NOW)
    assert (found.value, found.n) == (70.0, 3)
    assert found.high == pytest.approx(70 + 1.959964 * 20 / 3**0.5, abs=1e-5)
    assert measures.health_average(standing(TODAY - 3 * DAY), NOW).n == 0, "of another day"


def tickets() -> dict[str, pl.DataFrame]:
    """Four: one settled, one asked again after it was closed, one open, one of last year."""
    at = [TODAY - 2 * DAY, TODAY - DAY, TODAY - DAY + 5 * HOUR, TODAY - HOUR, TODAY - 300 * DAY]
    names, closed = ["t1", "t2", "t2", "t3", "t0"], [TODAY - 2 * DAY + 3 * HOUR, TODAY - 22 * HOUR]
    return {
        "ticket_opened": said(subject=["a", "b", "b", "a", "a"], ticket=names, occurred_at=at),
        "ticket_closed": said(subject=["a", "b"], ticket=["t1", "t2"], occurred_at=closed),
        "ticket_said": said(
            subject=["a", "a", "b", "b"],
            ticket=["t1", "t1", "t2", "t2"],
            direction=["out", "out", "in", "out"],
            author=["staff", "autopilot", "customer", "machine"],
            occurred_at=[at[0] + 2 * HOUR, at[0] + HOUR / 60, at[1] + HOUR, at[1] + HOUR],
        ),
        "ticket_rated": said(
            subject=["a", "a", "b"],
            ticket=["t1", "t1", "t2"],
            score=[1, 5, 4],
            occurred_at=[TODAY - DAY] * 3,
            position=[1, 3, 2],
        ),
    }


def test_a_ticket_that_waits_counts_as_long_as_it_waits() -> None:
    resolved = measures.resolution_hours(tickets(), NOW)
    assert (resolved.numerator, resolved.n) == (3 + 33 + 10, 3)
    response = measures.first_response_seconds(tickets(), NOW)
    assert (response.value, response.low, response.high) == (36_000, 60, 33 * 3600)
    rated = measures.support_satisfaction(tickets(), NOW)
    assert (rated.value, rated.n) == (4.5, 2)


def test_a_median_has_the_bounds_of_its_ranks() -> None:
    """Of 100 values the ranks 40 and 61 hold the median in 95 % of samples (a textbook table)."""
    found = measures.median("any", pl.Series([float(n) for n in range(1, 101)]), "ranks")
    assert (found.value, found.low, found.high, found.n) == (50.5, 40, 61, 100)


def test_a_payment_is_recovered_within_28_days() -> None:
    old = TODAY - 60 * DAY
    failed = said(
        subject=["a", "a", "b", "c", "d", "e"],
        invoice=["1", "1", "2", None, "4", "5"],
        currency=["EUR"] * 6,
        amount_minor=[100, 100, 200, 300, 400, 500],
        occurred_at=[old, old + 3 * DAY, old, old, old, TODAY - 20 * DAY],
    )
    paid = said(
        subject=["a", "b", "c", "d", "e"],
        invoice=["1", "2", None, "3", "5"],
        currency=["EUR"] * 5,
        amount_minor=[100, 200, 300, 400, 500],
        occurred_at=[old + 7 * DAY, old + 29 * DAY, old + DAY, old + DAY, TODAY],
    )
    found = measures.payment_recovery({"payment_failed": failed, "payment_succeeded": paid}, NOW)
    assert (found.numerator, found.denominator) == (2, 4)


def page() -> Scorecard:
    """One of each status."""
    known = actions(
        (INVOICING, "invoice.issue", 1, {"eligible": 2000, "automatic": 1990, "reverted": 3}),
        ("customers.health_watch", "task.assign", 1, {"eligible": 90, "asked": 90, "shadow": 7}),
    )
    found = [
        Measure(metric="health_average", value=65.6, low=62.1, high=69.0, n=24, method="mean"),
        Measure(metric="resolution_hours", value=1234.5, low=1100.0, high=2345.6, n=5),
        measures.share("uptime", 999_999, 1_000_000),
    ]
    return Scorecard(
        at=NOW,
        since=TODAY - 90 * DAY,
        until=TODAY,
        differing=0,
        rates=rates(counted(known, members().verbs), members().automations, [INVOICING]),
        metrics=lines({one.metric: one for one in found}),
    )


@pytest.mark.parametrize("width", [80, 100, 110, 120, 200])
def test_the_page_fits_and_needs_no_colour(width: int) -> None:
    text = [line.plain for line in screen(page(), width)]
    assert max(map(len, text)) <= width
    assert {one.status for one in page().metrics} | {one.status for one in page().rates} == set(
        STATUSES
    )
    ends = [line for line in text if line.endswith(tuple(STATUSES))]
    assert len(ends) == 45
    for line in page().metrics:
        assert [one for one in ends if one.strip().startswith(line.name)], line.name
    joined = " ".join(" ".join(text).split())
    assert "1,990 of 2,000" in joined
    assert "guardrail breaches: 1; 398.0 h of manual work replaced" in joined
    assert "left out: 7 in shadow" in joined
    assert "kept tables say the same" in joined


def test_a_fold_that_went_wrong_is_said() -> None:
    text = " ".join(
        line.plain for line in screen(msgspec.structs.replace(page(), differing=2), 200)
    )
    assert "2 rows of the kept tables say otherwise" in text


def test_a_row_a_target() -> None:
    frame = flat(page())
    assert frame.height == 45 and frame["domain"].n_unique() == 5
    assert frame.filter(metric="automation_rate")["hours_replaced"].max() == 398.0
