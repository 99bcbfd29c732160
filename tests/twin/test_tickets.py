"""Tickets of the twin: documented shares, true labels, texts of a language, common luck."""

import json
import re
import sys
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

import polars as pl
import pytest

from psizero.core.content import canonical
from psizero.core.events.ticket import KINDS
from psizero.core.tables import POLARS_TYPES, Type
from psizero.twin.dice import Dice
from psizero.twin.emission import Emission, joined
from psizero.twin.scenario import load
from psizero.twin.tickets import replies, tickets
from psizero.twin.wordings.letters import FURIOUS, NOISE, SHAPES
from psizero.twin.wordings.phrases import LANGUAGES, PRIORITIES, intents, priority, words
from psizero.twin.wordings.reactions import QUALITIES

CALM = load("calm")
DAY = datetime(2026, 3, 3)
VOICES = [words(name) for name in LANGUAGES]
KINDS_BY_NAME = {kind.name: kind for kind in KINDS}


def crowd(size: int, **said: object) -> pl.DataFrame:
    """Ordinary customers, in every language by turns."""
    plain = {"segment": "team", "calls_yesterday": 500.0, "failed_share_yesterday": 0.008}
    plain |= {"owing": False, "age_days": 400, "mood": 0.1, **said}
    number = pl.int_range(size, dtype=pl.Int64)
    frame = pl.select(index=number, customer=pl.format("c{}", number))
    language = [LANGUAGES[n % len(LANGUAGES)] for n in range(size)]
    return frame.with_columns(
        pl.Series("language", language), **{k: pl.lit(v) for k, v in plain.items()}
    )


@cache
def year() -> Emission:
    """One day of 10,000 ordinary customers, by seeds 1 to 20."""
    return joined(tickets(Dice(seed), CALM, DAY, crowd(10_000)) for seed in range(1, 21))


@cache
def mails() -> pl.DataFrame:
    """The first mail of each ticket beside its label."""
    said = year().rows["ticket.said"].filter(pl.col("id").str.ends_with(".0"))
    return said.join(year().truth["tickets"], on="ticket", how="left")


def answers(quality: str, attempt: int = 1, author: str = "staff") -> pl.DataFrame:
    """Every ticket of that day answered five hours later."""
    return mails().with_columns(
        pl.col("subject").alias("customer"),
        pl.lit(quality).alias("quality"),
        pl.lit(attempt).alias("attempt"),
        pl.lit(author).alias("author"),
        pl.lit("action-7").alias("cause"),
        pl.format("<{}.answer@psizero.example>", "ticket").alias("message_id"),
        pl.col("occurred_at").alias("opened_at"),
        (pl.col("occurred_at") + timedelta(hours=5)).alias("answered_at"),
    )


def any_of(pools: Iterable[Iterable[str]]) -> str:
    """A pattern that finds any of some phrases, by the longest piece between their gaps."""
    pieces = [max(re.split(r"\{[a-z]+\}", one), key=len) for pool in pools for one in pool]
    return "|".join(re.escape(one) for one in pieces)


def near(found: dict[str, int], shares: dict[str, float]) -> list[str]:
    """The names whose count lies beyond four standard errors of its documented share."""
    total, whole = sum(found.values()), sum(shares.values())
    assert set(found) <= set(shares)
    error = {n: 4 * (s / whole * (1 - s / whole) / total) ** 0.5 for n, s in shares.items()}
    return [n for n, s in shares.items() if abs(found.get(n, 0) / total - s / whole) > error[n]]


def counted(column: pl.Series) -> dict[str, int]:
    return dict(column.value_counts().rows())


def test_shares_are_those_documented() -> None:
    labels = year().truth["tickets"]
    asked = labels.filter(occasion="chance")
    cells = asked.select(pl.format("{}.{}", "category", "priority")).to_series()
    assert near(counted(cells), CALM.shares("tickets.mix")) == []
    assert near(counted(asked["shape"]), CALM.shares("tickets.shapes")) == []
    noise = labels.filter(occasion="noise")
    assert near(counted(noise["shape"]), CALM.shares("tickets.noise")) == []
    foreign = asked.filter(pl.col("index") % 5 > 0)["language"] == "en"
    share = CALM.number("tickets.english_share")
    yes = int(foreign.sum())
    assert near({"y": yes, "n": foreign.len() - yes}, {"y": share, "n": 1 - share}) == []


def test_sentiment_and_hours_are_those_documented() -> None:
    asked = mails().filter(occasion="chance")
    mood = 0.1 * CALM.number("tickets.mood_weight")
    for level, shift in CALM.shares("tickets.sentiment_by_priority").items():
        feels = asked.filter(priority=level)["sentiment"]
        assert abs(float(str(feels.mean())) - shift - mood) < 0.02 + 1.2 / feels.len() ** 0.5
    local = asked.filter(pl.col("subject").str.ends_with("4"))["occurred_at"].dt.offset_by("9h")
    night = CALM.number("tickets.night_share")
    day = int(local.dt.hour().is_between(9, 17).sum())
    assert near({"n": local.len() - day, "d": day}, {"n": night, "d": 1 - night}) == []


def test_rates_are_those_documented() -> None:
    found = counted(year().truth["tickets"]["occasion"])
    factor = CALM.numbers("tickets.weekday_factors")[DAY.weekday()]
    factor *= CALM.shares("tickets.segment_factors")["team"]
    per_day = {"chance": factor * CALM.number("tickets.asked_per_day")}
    per_day["noise"] = CALM.number("tickets.noise_per_day")
    for name, mean in per_day.items():
        assert abs(found[name] - 200_000 * mean) < 4 * (200_000 * mean) ** 0.5
    assert set(found) == set(per_day), "nobody is new, owes or was cut off"


@pytest.mark.parametrize(
    ("said", "occasion", "categories"),
    [
        ({"failed_share_yesterday": 0.6}, "failing", {"technical"}),
        ({"owing": True}, "owing", {"billing"}),
        ({"age_days": 0}, "starting", {"technical", "general"}),
    ],
)
def test_trouble_makes_people_write(
    said: dict[str, object], occasion: str, categories: set[str]
) -> None:
    calm = tickets(Dice(4), CALM, DAY, crowd(4000)).truth["tickets"]
    labels = tickets(Dice(4), CALM, DAY, crowd(4000, **said)).truth["tickets"]
    more = labels.filter(occasion=occasion)
    assert labels.height > calm.height and more.height > 10
    assert set(more["category"]) == categories
    known = intents().intents
    first = more["question_ids"].list.first()
    assert all(occasion in known[one].occasions for one in first), "what they ask is of it"


def test_failures_come_in_waves() -> None:
    def busiest(share: float) -> float:
        found = tickets(Dice(5), CALM, DAY, crowd(4000, failed_share_yesterday=share))
        rows = found.rows["ticket.opened"].join(found.truth["tickets"], on="ticket")
        half_hours = rows.filter(occasion="failing")["occurred_at"].dt.truncate("30m")
        return float(half_hours.value_counts()["count"].top_k(8).sum() / half_hours.len())

    assert busiest(0.6) > 0.75 > 0.6 > busiest(0.045)


def test_same_seed_same_bytes() -> None:
    one, again, other = (tickets(Dice(s), CALM, DAY, crowd(3000)) for s in (8, 8, 9))
    said = [e.rows["ticket.said"].write_json() for e in (one, again, other)]
    assert said[0] == said[1] != said[2]
    assert one.truth["tickets"].equals(again.truth["tickets"])
    twice = [replies(Dice(8), CALM, answers("partial")) for _ in range(2)]
    assert twice[0].rows["ticket.said"].equals(twice[1].rows["ticket.said"])


def test_luck_is_in_common() -> None:
    all_of_them = tickets(Dice(8), CALM, DAY, crowd(3000)).rows["ticket.said"]
    fewer = crowd(3000).filter(pl.col("index") % 3 > 0)[::-1]
    some = tickets(Dice(8), CALM, DAY, fewer).rows["ticket.said"]
    kept = all_of_them.filter(pl.col("subject").is_in(fewer["customer"].to_list()))
    assert some.sort("id").equals(kept.sort("id")), "who else there is changes nothing"
    right, wrong = (replies(Dice(8), CALM, answers(q)) for q in ("right", "wrong"))
    settled = [set(e.truth["ticket_replies"].filter("settled")["ticket"]) for e in (right, wrong)]
    assert settled[1] < settled[0], "a worse answer settles no ticket that a better one does not"


def test_ids_are_unique() -> None:
    later = tickets(Dice(1), CALM, DAY + timedelta(days=1), crowd(10_000))
    answered = [replies(Dice(1), CALM, answers("right", n)) for n in (1, 2)]
    found = joined([year(), later, *answered])
    for name, frame in found.rows.items():
        assert frame["id"].is_unique().all(), name
    said = found.rows["ticket.said"]
    assert said["message_id"].is_unique().all()
    assert set(said["ticket"]) == set(found.rows["ticket.opened"]["ticket"])
    assert joined([year(), later]).rows["ticket.opened"]["ticket"].is_unique().all()


def test_rows_are_of_their_kind() -> None:
    found = joined([year(), replies(Dice(1), CALM, answers("right"))])
    assert set(found.rows) == set(KINDS_BY_NAME)
    for name, frame in found.rows.items():
        kind = KINDS_BY_NAME[name]
        typed = {n: POLARS_TYPES[c.type] for n, c in kind.columns.items()}
        heads = dict.fromkeys(("id", "subject", "cause"), POLARS_TYPES[Type.TEXT])
        instants = dict.fromkeys(("occurred_at", "delivered_at"), POLARS_TYPES[Type.INSTANT])
        assert dict(frame.schema) == heads | instants | typed
        assert (frame["delivered_at"] >= frame["occurred_at"]).all()
        for column, one in kind.columns.items():
            assert not one.required or frame[column].null_count() == 0
            assert not one.choices or frame[column].drop_nulls().is_in(one.choices).all()
    scores = replies(Dice(1), CALM, answers("canned")).rows["ticket.rated"]["score"]
    assert set(scores) == {1, 2, 3, 4, 5}
    said = year().rows["ticket.said"]
    assert said["occurred_at"].is_between(DAY, DAY + timedelta(days=1), closed="left").all()
    assert all(canonical(json.loads(one)) == one for one in said["headers"].unique())


def test_labels_are_consistent() -> None:
    known = intents()
    for one in year().truth["tickets"].to_dicts():
        asks = one["question_ids"]
        assert bool(asks) == (one["shape"] in SHAPES) == (one["shape"] not in NOISE)
        assert one["answerable"] == (bool(asks) and all(known.intents[n].answerable for n in asks))
        if asks:
            assert (known.intents[asks[0]].category, priority(asks[0])) == (
                one["category"],
                one["priority"],
            )
            assert all(
                PRIORITIES.index(priority(n)) >= PRIORITIES.index(priority(asks[0])) for n in asks
            )
            assert set(asks) <= set(words(one["language"]).intents)
            assert len(asks) == 1 or one["shape"] == "several"
        assert -1 <= one["sentiment"] <= 1


def test_texts_are_written_out() -> None:
    said = mails()
    blank = said["text"].str.strip_chars() == ""
    assert blank.equals(said["shape"] == "empty")
    assert said.filter(pl.col("text").str.contains(r"\{[a-z]+\}|~~|##")).is_empty()
    for language in LANGUAGES:
        for shape in SHAPES:
            assert not said.filter(language=language, shape=shape).is_empty()
    asked = said.filter(pl.col("shape").is_in(SHAPES) & (pl.col("shape") != "one_liner"))
    assert asked["text"].n_unique() > 0.97 * asked.height
    clean = asked.filter(pl.col("shape") != "typos")
    furious = clean["text"].str.contains(any_of(n.feelings["furious"] for n in VOICES))
    assert furious.any() and furious.equals(clean["sentiment"] < FURIOUS), "the tone is the label's"


def test_rows_do_not_tell_the_label() -> None:
    said = mails()
    shown = said.select("id", "ticket", "message_id").select(pl.concat_str(pl.all())).to_series()
    told = "|".join((*SHAPES, *NOISE, "inject"))
    assert not shown.str.contains(told).any()
    assert year().rows["ticket.opened"]["topic"].null_count() == said.height
    injected, plain = said.filter(shape="injected"), said.filter(shape="plain")
    assert set(injected["headers"]) <= set(plain["headers"])
    assert set(injected["author"]) == {"customer"}
    orders = any_of(n.parts["injections"] for n in VOICES)
    assert injected["text"].str.contains(orders).all()
    assert not said.filter(pl.col("shape") != "injected")["text"].str.contains(orders).any()


def test_further_mails_name_the_one_before() -> None:
    again = year().rows["ticket.said"].filter(~pl.col("id").str.ends_with(".0"))
    before = mails().select("ticket", pl.col("message_id").alias("in_reply_to"))
    assert again.height == again.join(before, on=["ticket", "in_reply_to"]).height > 50


def test_answers_are_taken_by_their_worth() -> None:
    assert replies(Dice(2), CALM, answers("right").clear()).rows == {}
    people = mails().filter(pl.col("shape").is_in(SHAPES)).height
    points, shares = {}, CALM.shares("tickets.solved_share")
    for quality in QUALITIES:
        found = replies(Dice(2), CALM, answers(quality))
        truth = found.truth["ticket_replies"]
        asked = truth.join(mails().filter(pl.col("shape").is_in(SHAPES)), on="ticket", how="semi")
        settled = int(asked["settled"].sum())
        share = {"y": shares[quality], "n": 1 - shares[quality]}
        assert near({"y": settled, "n": people - settled}, share) == []
        points[quality] = float(str(found.rows["ticket.rated"]["score"].mean()))
        after = joined([found]).rows["ticket.said"].join(answers(quality), on="ticket", suffix="_0")
        assert (after["occurred_at"] > after["answered_at"]).all()
        assert all(set(frame["cause"]) == {"action-7"} for frame in found.rows.values())
        written = truth.drop_nulls("message_id")
        assert set(written["message_id"]) <= set(found.rows["ticket.said"]["message_id"])
    assert points["right"] > points["partial"] > points["canned"] > points["wrong"]


def test_loops_end_and_spam_is_deaf() -> None:
    most = int(CALM.number("tickets.loop_most"))
    away = mails().filter(shape="out_of_office")["ticket"]
    for attempt in (1, most, most + 1):
        found = replies(Dice(2), CALM, answers("right", attempt))
        said = found.rows["ticket.said"]
        assert said["ticket"].is_in(away.to_list()).sum() == (away.len() if attempt <= most else 0)
        for shape in ("spam", "bounce", "list"):
            deaf = mails().filter(shape=shape)["ticket"].to_list()
            assert deaf and not any(f["ticket"].is_in(deaf).any() for f in found.rows.values())


def test_speed_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    many, begun = crowd(100_000), time.perf_counter()
    found = tickets(Dice(1), CALM, DAY, many).rows["ticket.opened"].height
    pace = 100_000 / (time.perf_counter() - begun)
    with capsys.disabled():
        sys.stdout.write(f"\n{pace:,.0f} customer-days a second, {found} tickets\n")
    assert 1_800 < found < 2_700
