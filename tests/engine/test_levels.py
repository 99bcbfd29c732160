"""Levels: off is nothing at all, shadow is records alone, and the owner's last word counts."""

from datetime import timedelta
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from psizero.core.policy import Level
from psizero.house.home import House
from tests.toy.town import BEGIN, entered, fly, founded, priced, said, subscribed, take, wished

GREETING, ROUNDS, WISHES = "customers.greeting", "operations.rounds", "growth.wishes"
HOUR = timedelta(hours=1)


def scoped(house: House, automation: str, scope: str, level: str) -> None:
    """A level for one verb, as a later release grants it."""
    kind = house.members.catalog.kinds["policy.changed"]
    row = {"id": f"{automation} {scope}", "subject": automation, "scope": scope, "level": level}
    house.append(kind, "house", [{**row, "by": "owner", "because": "a test"}])


def test_nothing_granted_is_off(tmp_path: Path) -> None:
    """Rule 1: a founding without grants leaves a house that only listens."""
    home = founded(tmp_path / "home", {})
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada")])
        fly(house, BEGIN + 30 * HOUR)
        policy = house.policy()
        assert not any(policy.is_on(name) for name in house.members.automations)
        thinkers = house.members.automations
        assert not set(house.read("run")["subject"]).intersection(thinkers)
    assert said(home) == []


@pytest.mark.parametrize("text", ["AUTO", "on", "full", "", "auto "])
def test_a_level_that_cannot_be_read_is_off(tmp_path: Path, text: str) -> None:
    """Rule 1: whatever came to stand in the log."""
    home = founded(tmp_path / "home", {})
    with entered(home) as house:
        scoped(house, WISHES, "*", text)
        take(house, "wish.made", [wished("gift.send", "ada")])
        fly(house, BEGIN + HOUR)
        assert house.policy().level_of(WISHES, "gift.send") is Level.OFF
        assert house.read("run").is_empty()
    assert said(home) == []


def test_levels_by_verb(tmp_path: Path) -> None:
    """Rule 2: one verb at auto, another in shadow, all others off; and it is thought once."""
    home = founded(tmp_path / "home", {})
    with entered(home) as house:
        scoped(house, WISHES, "gift.send", "auto")
        scoped(house, WISHES, "message.send", "shadow")
        verbs = ("gift.send", "message.send", "access.lift")
        take(house, "wish.made", [wished(verb, "ada") for verb in verbs])
        fly(house, BEGIN + HOUR)
        levels = dict(house.read("verdict").select("verb", "level").iter_rows())
        assert house.read("run").height == 1
    assert levels == {"gift.send": "auto", "message.send": "shadow", "access.lift": "off"}
    assert [call["verb"] for call in said(home)] == ["gift.send"]


@pytest.mark.parametrize(("one", "other"), list(permutations(Level, 2)))
def test_the_last_grant_counts(tmp_path: Path, one: Level, other: Level) -> None:
    """Two words of the owner before the house sealed either: the later one holds."""
    home = founded(tmp_path / "home", {ROUNDS: one})
    with entered(home) as house:
        house.grant({ROUNDS: other}, by="owner", because="changed my mind")
        fly(house, BEGIN)
        assert house.policy().level_of(ROUNDS, "note.write") is other


def test_the_last_grant_counts_in_a_running_house(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {ROUNDS: Level.OFF})
    with entered(home) as house:
        fly(house, BEGIN)
        for level in (Level.AUTO, Level.OFF, Level.SHADOW, Level.APPROVE, Level.OFF):
            house.grant({ROUNDS: level}, by="owner", because="changed my mind")
        fly(house, BEGIN + HOUR)
        assert house.policy().level_of(ROUNDS, "note.write") is Level.OFF
        granted = house.read("policy_changed").filter(pl.col("subject") == ROUNDS)
        assert granted["level"].to_list() == ["off", "auto", "off", "shadow", "approve", "off"]


def test_the_last_word_of_house_toml_counts(tmp_path: Path) -> None:
    """The same for settings: three starts, each with another cap, before anything is sealed."""
    home = founded(tmp_path / "home", {})
    for most in (5, 9, 1, 7, 3):
        said_now = f"[caps.{WISHES}]\nactions_per_day_max = {most}\n"
        (home / "house.toml").write_text(said_now)
        with entered(home) as house:
            house.take_charter()
    with entered(home) as house:
        fly(house, BEGIN)
        assert house.policy().caps[WISHES].actions_per_day_max == 3


def test_demotion_bites_at_the_next_tick(tmp_path: Path) -> None:
    """Rule 9 as far as it exists: nobody has to agree, nothing more is done."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada")])
        fly(house, BEGIN + HOUR)
        house.grant({WISHES: Level.OFF}, by="owner", because="enough")
        take(house, "wish.made", [wished("gift.send", "bob", BEGIN + 2 * HOUR)])
        fly(house, BEGIN + 3 * HOUR)
        assert house.read("run").height == 1
    assert [call["subject"] for call in said(home)] == ["ada"]


def test_promotion_looks_back_no_further_than_the_automation_does(tmp_path: Path) -> None:
    """One that was off thinks on what it finds when it is let, on what it may still act upon."""
    home = founded(tmp_path / "home", {})
    with entered(home) as house:
        priced(house)
        starts = {"ada": BEGIN, "bob": BEGIN + 60 * HOUR}
        rows = [subscribed(name, "steady", at) for name, at in starts.items()]
        take(house, "subscription.started", rows)
        take(house, "wish.made", [wished("gift.send", "cyd", BEGIN + 80 * HOUR)])
        fly(house, BEGIN + 80 * HOUR)
        house.grant({GREETING: Level.AUTO}, by="owner", because="it may")
        fly(house, BEGIN + 81 * HOUR)
    assert [call["subject"] for call in said(home)] == ["bob"]


def test_shadow_parameters_are_those_that_auto_would_use(tmp_path: Path) -> None:
    """Rule 35: what shadow shows is byte for byte what would have been done."""
    decided = {}
    for level in (Level.SHADOW, Level.AUTO):
        home = founded(tmp_path / level.value, {WISHES: level})
        with entered(home) as house:
            wishes = [wished("gift.send", name, BEGIN) for name in ("ada", "bob")]
            take(house, "wish.made", wishes)
            fly(house, BEGIN + HOUR)
            columns = ("id", "subject", "episode", "parameters", "evidence")
            decided[level] = house.read("decision").select(columns).rows()
    assert decided[Level.SHADOW] == decided[Level.AUTO] != []
