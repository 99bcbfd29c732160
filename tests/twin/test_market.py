"""What others do: visits, competitors' pages, news, and what is planted among it."""

from datetime import timedelta

import numpy as np
import polars as pl

from psizero.core.events.site import PAGE_GROUPS
from psizero.twin.market import FEEDS, news, outside
from psizero.twin.planted import factor, planted, planted_rows, whale
from psizero.twin.rivals import PLANS, RIVALS, changes, fetched, price_minor
from psizero.twin.visits import anonymous, visits
from tests.twin.fleets import CALM, DAY, changed
from tests.twin.markets import BEGINS, NONE, PLANTED, company, first, together

SEEDS = range(1, 21)
NAMES = {
    "holiday",
    "partial_day",
    "late_load",
    "duplicate_load",
    "tracking_break",
    "currency_move",
    "whale",
}


def leads(number: int, intent: float) -> pl.DataFrame:
    """Leads that are alike."""
    return pl.DataFrame(
        {
            "index": np.arange(number),
            "lead": [f"lead-{n}" for n in range(number)],
            "intent": np.full(number, intent),
            "channel": ["search", "ads"] * (number // 2),
        }
    )


def test_a_month_at_once_says_what_its_days_say() -> None:
    whose = company(7, PLANTED)
    day, month, all_of = (together(outside, whose, 180, step) for step in (1, 30, 180))
    assert day.keys() == month.keys() == all_of.keys() and len(day) >= 9
    for name, frame in all_of.items():
        by = "id" if "id" in frame.columns else list(frame.columns)
        assert frame.sort(by).equals(month[name].sort(by)), name
        assert frame.sort(by).equals(day[name].sort(by)), name
        if "id" in frame.columns and not name.startswith("truth"):
            assert frame["id"].n_unique() == frame.height, name
            assert (frame["delivered_at"] >= frame["occurred_at"]).all(), name


def test_the_same_seed_gives_the_same_rows_and_another_one_others() -> None:
    one, again, other = (together(outside, company(seed), 40, 40) for seed in (2, 2, 3))
    assert all(one[name].equals(again[name]) for name in one)
    assert not one["page.viewed"].equals(other["page.viewed"])
    assert not one["marketing.spent"].equals(other["marketing.spent"])


def test_each_cause_is_planted_once_in_a_quarter_and_stands_in_the_truth() -> None:
    for seed in SEEDS:
        found = planted(company(seed, PLANTED), BEGINS + 360 * DAY)
        for quarter in range(4):
            begins = BEGINS + quarter * 90 * DAY
            mine = [one for one in found if begins <= one.starts_at < begins + 90 * DAY]
            assert sorted(one.name for one in mine) == sorted(NAMES)
        truth = planted_rows(company(seed, PLANTED), BEGINS, 360).truth["planted"]
        assert truth.height == 28 and (truth["start"] < truth["end"]).all()
        assert planted(company(seed, NONE), BEGINS + 360 * DAY) == ()
    share = np.mean([len(planted(company(s), BEGINS + 360 * DAY)) / 28 for s in SEEDS])
    assert abs(share - CALM.number("market.planted_share")) < 4 * np.sqrt(0.7 * 0.3 / 560)


def test_a_holiday_and_a_whale_are_told_to_whoever_makes_the_calls() -> None:
    whose = company(3, PLANTED)
    away, large = first(whose, "holiday"), first(whose, "whale")
    factors = [factor(whose, BEGINS + n * DAY) for n in range(90)]
    assert factors.count(away.size) == 3 and factors.count(1.0) == 87
    assert factor(whose, away.starts_at) == away.size == 0.45
    days = [n for n in range(90) if whale(whose, BEGINS + n * DAY) == large]
    assert days == [(large.starts_at - BEGINS) // DAY + n for n in range(6)]


def test_views_lie_where_the_scenario_says() -> None:
    daily = sum(CALM.shares("site.anonymous_daily").values()) * 20
    weekdays = CALM.numbers("use.weekday")
    days = [BEGINS + n * DAY for n in range(28)]
    expected = daily * sum(weekdays[one.weekday()] for one in days)
    for seed in SEEDS:
        rows = anonymous(company(seed, NONE), BEGINS, 28).rows["page.viewed"]
        assert abs(float(rows["quantity"].sum()) - expected) < 5 * np.sqrt(expected)
        assert set(rows["page_group"]) == set(PAGE_GROUPS)
        assert set(rows["subject"]) == {"anonymous"}


def test_keen_leads_look_more_and_each_has_its_own_luck() -> None:
    whose = company(1, NONE)
    seen = []
    for intent in (0.1, 0.5, 0.9):
        rows = visits(whose, BEGINS, leads(400, intent)).rows["page.viewed"]
        assert rows["id"].n_unique() == rows.height
        seen.append(float(rows["quantity"].sum()))
    expected = 400 * sum(CALM.shares("site.lead_views_daily").values())
    expected *= CALM.numbers("use.weekday")[BEGINS.weekday()]
    assert abs(seen[1] - expected) < 5 * np.sqrt(expected)
    assert seen[0] < seen[1] < seen[2]
    alone = visits(whose, BEGINS, leads(400, 0.5)[100:140]).rows["page.viewed"]
    crowd = visits(whose, BEGINS, leads(400, 0.5)).rows["page.viewed"]
    assert alone.equals(crowd.filter(pl.col("subject").is_in(alone["subject"].implode())))
    assert not visits(whose, BEGINS, leads(0, 0.5)).rows


def test_a_broken_tracking_loses_one_channel_for_a_while() -> None:
    whose, calm = company(2, PLANTED), company(2, NONE)
    broken = first(whose, "tracking_break")
    channel = broken.where.partition("/")[2]
    rows, usual = (anonymous(one, BEGINS, 90).rows["page.viewed"] for one in (whose, calm))
    inside = pl.col("occurred_at").is_between(broken.starts_at, broken.ends_at, closed="left")
    mine = pl.col("channel") == channel
    assert usual.filter(inside & mine).height > 50
    assert not rows.filter(inside & mine).height
    assert rows.filter(~inside & mine).height > 0 < rows.filter(inside & ~mine).height
    day = broken.starts_at
    found = visits(whose, day, leads(200, 0.9).with_columns(channel=pl.lit(channel)))
    assert not found.rows["page.viewed"].height


def test_a_partial_day_ends_at_noon() -> None:
    whose, calm = company(4, PLANTED), company(4, NONE)
    stop = first(whose, "partial_day")
    day = stop.starts_at.replace(hour=0)
    assert stop.starts_at - day == timedelta(hours=12) and stop.ends_at == day + DAY
    rows, usual = (anonymous(one, day, 1).rows["page.viewed"] for one in (whose, calm))
    after = pl.col("occurred_at") >= stop.starts_at
    assert usual.filter(after).height and not rows.filter(after).height
    assert rows.filter(~after).height


def test_pages_tell_the_price_of_the_day_unless_they_cannot_be_read() -> None:
    rows = fetched(company(5), BEGINS, 365).rows["market.page_fetched"]
    assert rows.height == 52 * len(RIVALS) * len(PLANS)
    read = rows.filter(pl.col("status") == "ok")
    known = {one.name: one for one in RIVALS}
    for rival, plan, at, minor in read.select(
        "subject", "plan", "occurred_at", "price_minor"
    ).iter_rows():
        assert price_minor(company(5), known[rival], plan, at) == minor
    lost = rows.filter(pl.col("status") != "ok")
    assert lost["price_minor"].null_count() == lost.height > 0
    assert set(lost["fields"]) == {"{}"}
    challenged = rows.filter(pl.col("status") == "captcha")
    assert set(challenged["http_status"]) == {200}, "a captcha looks like an answer"


def test_fetches_fail_and_prices_change_as_often_as_the_scenario_says() -> None:
    share = sum(CALM.shares("market.fetch_fails_share").values())
    failed = total = moved = 0
    for seed in SEEDS:
        rows = fetched(company(seed), BEGINS, 182).rows["market.page_fetched"]
        total += rows.height
        failed += rows.filter(pl.col("status") != "ok").height
        moved += len(changes(company(seed), BEGINS + 728 * DAY))
    assert abs(failed - share * total) < 4 * np.sqrt(share * total)
    expected = len(SEEDS) * len(RIVALS) * CALM.number("market.price_changes_yearly") * 728 / 365
    assert abs(moved - expected) < 4 * np.sqrt(expected)


def test_a_price_is_another_only_after_its_change() -> None:
    whose = company(5)
    rivals = {one.name: one for one in RIVALS}
    found = changes(whose, BEGINS + 365 * DAY)
    assert found
    for one in found:
        before, after = (
            price_minor(whose, rivals[one.rival], "scale", at)
            for at in (one.at, one.at + timedelta(seconds=1))
        )
        assert abs(after / before - one.factor) < 0.01
    truth = fetched(whose, BEGINS, 365).truth["price_changes"]
    assert truth["at"].to_list() == [one.at for one in found]


def test_stories_stand_in_several_feeds_in_other_words() -> None:
    said = news(company(3), BEGINS, 200)
    rows = said.rows["market.news_published"].join(said.truth["stories"], on="id")
    assert rows.height == said.truth["stories"].height
    assert set(rows["subject"]) == set(FEEDS)
    by = rows.group_by("story").agg(pl.len(), pl.col("title").n_unique().alias("titles"))
    assert (by["len"] == by["titles"]).all()
    assert by["len"].max() == len(FEEDS) and by["len"].min() == 1
    assert set(rows["delivered_at"].dt.hour()) == {6}
    assert (rows["delivered_at"] - rows["occurred_at"] < DAY).all()
    feeds = rows.select(pl.struct("story", "subject").n_unique()).item()
    assert feeds == rows.height


def test_stories_are_repeated_as_often_as_the_scenario_says() -> None:
    for share in (0.0, 0.45, 1.0):
        repeated = changed({"market.repeated_share": share})
        said = [news(company(seed, repeated), BEGINS, 200).truth["stories"] for seed in SEEDS]
        stories = sum(one["story"].n_unique() for one in said)
        copies = sum(one.height for one in said) - stories
        assert abs(copies - 2 * share * stories) <= 4 * np.sqrt(2 * stories * share * (1 - share))


def test_a_story_of_a_price_follows_its_change() -> None:
    told = 0
    for seed in SEEDS:
        said = news(company(seed), BEGINS, 200)
        rows = said.rows["market.news_published"].join(said.truth["stories"], on="id")
        prices = rows.filter(pl.col("topic") == "price")
        known = [one for one in changes(company(seed), BEGINS + 199 * DAY) if one.told]
        assert set(prices["rival"]) == {one.rival for one in known}
        for rival, at in prices.select("rival", "occurred_at").iter_rows():
            assert any(one.rival == rival and one.at < at < one.at + 3 * DAY for one in known)
        told += len(known)
    assert told > 20


def test_no_news_and_no_failures_where_the_scenario_has_none() -> None:
    silent = changed({"market.stories_daily": 0.0, "market.price_changes_yearly": 0.0})
    assert not news(company(1, silent), BEGINS, 60).rows
    sound = changed({"market.fetch_fails_share": 0.0})
    rows = fetched(company(1, sound), BEGINS, 60).rows["market.page_fetched"]
    assert set(rows["status"]) == {"ok"}
