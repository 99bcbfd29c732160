"""Caps: over one a decision waits for a person, it is never dropped; counted from the log alone."""

from datetime import timedelta
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.policy import Caps, Level
from psizero.engine.ground import acts
from tests.engine.judging import (
    ACTS,
    HOUR,
    NOW,
    VERBS,
    WISHES,
    Asked,
    any_caps,
    caps_of_one,
    ground,
    many_asked,
    taken,
    verdicts,
)
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, said, take, wished

HOUR_NOW = NOW.replace(minute=0)
done_before = st.lists(
    st.tuples(
        st.sampled_from(sorted(VERBS)),
        st.integers(0, 30),
        st.integers(1, 4),
        st.integers(0, 900),
    ),
    max_size=4,
)


def tightened(one: Caps, other: Caps) -> Caps:
    """The lower of each two caps."""
    pairs = {
        name: [cap for cap in (getattr(one, name), getattr(other, name)) if cap is not None]
        for name in Caps.__struct_fields__
    }
    return Caps(**{name: min(both, default=None) for name, both in pairs.items()})


@given(many_asked(), any_caps, any_caps)
def test_more_caps_never_more_actions(
    asked: list[Asked], caps: dict[str, Caps], more: dict[str, Caps]
) -> None:
    both = {
        name: tightened(caps.get(name, Caps()), more.get(name, Caps())) for name in {*caps, *more}
    }
    assert taken(asked, ground(caps=both)) <= taken(asked, ground(caps=caps))


@given(many_asked(), any_caps)
def test_over_a_cap_is_asked_not_dropped(asked: list[Asked], caps: dict[str, Caps]) -> None:
    """Rule 37: what a cap takes from auto goes to approve, and nothing else changes."""
    free, capped = verdicts(asked, ground()), verdicts(asked, ground(caps=caps))
    for key, before in free.items():
        assert capped[key] == before or (before[0], capped[key]) == (
            "auto",
            ("approve", "over_cap"),
        )


@given(many_asked(), caps_of_one, done_before)
def test_no_cap_is_ever_broken(
    asked: list[Asked], caps: Caps, before: list[tuple[str, int, int, int]]
) -> None:
    """With what was done in the running hour and day, the caps hold for all that is taken."""
    rows = [
        (name, f"verb {place}", HOUR_NOW - hours * HOUR, count, money)
        for place, (name, hours, count, money) in enumerate(before)
    ]
    known = ground(caps=dict.fromkeys(VERBS, caps), acts=rows)
    free = taken(asked, known)
    went = [one for one in asked if one.id in free]
    for name in VERBS:
        mine = [one for one in went if one.automation == name]
        day = [row for row in rows if row[0] == name and row[2].date() == NOW.date()]
        hour = [row for row in day if row[2] == HOUR_NOW]
        money = sum(one.money_minor for one in mine)
        for cap, used, new in (
            (caps.actions_per_hour_max, sum(row[3] for row in hour), len(mine)),
            (caps.actions_per_day_max, sum(row[3] for row in day), len(mine)),
            (caps.money_minor_per_day_max, sum(row[4] for row in day), money),
            (caps.money_minor_per_action_max, 0, max((one.money_minor for one in mine), default=0)),
        ):
            assert cap is None or not mine or used + new <= cap


def test_acts_are_counted_by_utc_hour_and_day() -> None:
    rows = [
        (WISHES, "a", HOUR_NOW, 2, 10),
        (WISHES, "b", HOUR_NOW, 1, 5),
        (WISHES, "a", HOUR_NOW - HOUR, 4, 100),
        (WISHES, "a", HOUR_NOW.replace(hour=0), 8, 1000),
        (WISHES, "a", HOUR_NOW.replace(hour=0) - HOUR, 16, 10_000),
    ]
    counted = acts(pl.DataFrame(rows, schema=ACTS, orient="row"), NOW)
    assert counted.rows() == [(WISHES, 3, 15, 1115)]


def test_an_hour_s_cap_over_the_hours(tmp_path: Path) -> None:
    """Two an hour, three a day; counted over ticks and over a restart, free again the next day."""
    cap = f"[caps.{WISHES}]\nactions_per_hour_max = 2\nactions_per_day_max = 3\n"
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, BINDINGS + cap)
    minutes = (0, 10, 20, 70, 80, 24 * 60 + 1)
    wishes = [
        wished("gift.send", f"s{minute}", BEGIN + timedelta(minutes=minute)) for minute in minutes
    ]
    with entered(home) as house:
        take(house, "wish.made", wishes)
        fly(house, BEGIN + timedelta(minutes=15))
    with entered(home) as house:
        fly(house, BEGIN + timedelta(days=2))
        first = house.read("verdict").unique("subject", keep="first", maintain_order=True)
        found = dict(first.select("subject", "clause").iter_rows())
        waiting = house.read("episodes").filter(pl.col("level") == "approve")["subject"]
    assert found == {
        "s0": "within_policy",
        "s10": "within_policy",
        "s20": "over_cap",
        "s70": "within_policy",
        "s80": "over_cap",
        "s1441": "within_policy",
    }
    assert sorted(waiting) == ["s20", "s80"]
    assert [call["subject"] for call in said(home)] == ["s0", "s10", "s70", "s1441"]


def test_a_cap_on_money(tmp_path: Path) -> None:
    cap = f"[caps.{WISHES}]\nmoney_minor_per_day_max = 100\nmoney_minor_per_action_max = 80\n"
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, BINDINGS + cap)
    sums = {"a": 70, "b": 40, "c": 30, "d": 90}
    wishes = [
        wished("gift.send", name, BEGIN + timedelta(hours=hour), minor=minor, currency="EUR")
        for hour, (name, minor) in enumerate(sums.items())
    ]
    with entered(home) as house:
        take(house, "wish.made", wishes)
        fly(house, BEGIN + timedelta(hours=20))
        levels = dict(house.read("verdict").select("subject", "level").iter_rows())
    assert levels == {"a": "auto", "b": "approve", "c": "auto", "d": "approve"}


def test_what_is_over_the_cap_takes_room_all_the_same() -> None:
    """Else a further cap on the dear one would set the small one free: more caps, more actions."""
    asked = [Asked(id="dear", money_minor=300), Asked(id="small", subject="bob", money_minor=20)]
    for one in (Caps(money_minor_per_day_max=100), Caps(actions_per_day_max=0)):
        assert taken(asked, ground(caps={WISHES: one})) == set()
