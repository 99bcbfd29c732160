"""Of one episode one decision at most ever gets an intent; newer parameters supersede."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.policy import Level
from psizero.engine.episodes import EPISODE, unknown
from psizero.engine.think import DECISION_SCHEMA
from tests.engine.judging import ground
from tests.toy.town import BEGIN, entered, fly, founded, said, take, wished

WISHES = "growth.wishes"
HOUR = timedelta(hours=1)
CLAUSE = dict(off="cooling_down", shadow="in_shadow", approve="asks", auto="within_policy")
small = st.sampled_from("ab")
proposals = st.lists(st.tuples(small, small, st.integers(1, 4)), max_size=8, unique=True)
known_before = st.dictionaries(
    st.tuples(small, small),
    st.tuples(st.integers(1, 4), st.sampled_from(["off", "shadow", "approve", "auto"])),
)


def proposed(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    """Subject, episode and which parameters; the id says all three."""
    made = [
        {"automation": WISHES, "verb": "gift.send", "subject": one, "episode": other}
        | {"id": f"{one}{other}{number}"}
        for one, other, number in rows
    ]
    return pl.DataFrame(made, schema=DECISION_SCHEMA)


def episodes(before: dict[tuple[str, str], tuple[int, str]]) -> pl.DataFrame:
    """The kept table, as the log before has it."""
    rows = [
        (WISHES, "gift.send", one, other, f"{one}{other}{number}", level, CLAUSE[level], 7)
        for (one, other), (number, level) in before.items()
    ]
    columns = dict.fromkeys([*EPISODE, "decision", "level", "clause"], pl.String)
    return pl.DataFrame(rows, schema={**columns, "judged": pl.Int64}, orient="row")


@given(proposals, known_before)
def test_what_is_judged_anew(
    rows: list[tuple[str, str, int]], before: dict[tuple[str, str], tuple[int, str]]
) -> None:
    judged = unknown(proposed(rows), episodes(before), ground(Level.APPROVE))
    fresh = judged.select("subject", "episode", "id").rows()
    assert len({row[:2] for row in fresh}) == len(fresh), "one of an episode in a tick"
    latest = {row[:2]: f"{row[0]}{row[1]}{row[2]}" for row in rows}
    for one, other, key in fresh:
        number, level = before.get((one, other), (0, ""))
        assert level not in ("auto", "shadow"), "an episode that got an intent, or was shadow's"
        assert key != f"{one}{other}{number}", "the same parameters are the same decision"
        assert key == latest[one, other] or latest[one, other] == f"{one}{other}{number}"
    for (one, other), key in latest.items():
        number, level = before.get((one, other), (0, ""))
        if level not in ("auto", "shadow") and key != f"{one}{other}{number}":
            assert (one, other, key) in fresh


def ask_twice(home: Path, level: Level, first: str, then: str) -> list[tuple[str, str]]:
    """Two wishes of one episode, an hour apart; text and level of all that was decided."""
    founded(home, {WISHES: level})
    with entered(home) as house:
        wishes = [
            wished("gift.send", "ada", BEGIN + hour * HOUR, "birthday", text=text)
            for hour, text in enumerate((first, then))
        ]
        take(house, "wish.made", wishes)
        fly(house, BEGIN + 5 * HOUR)
        decided = house.read("decision").select("id", "parameters")
        verdicts = house.read("verdict").select("level", id="decision")
        both = decided.join(verdicts, on="id", maintain_order="left")
        text = pl.col("parameters").str.json_path_match("$.text")
        return both.select(text, "level").rows()


@pytest.mark.parametrize("level", [Level.SHADOW, Level.APPROVE, Level.AUTO])
def test_the_same_again_is_the_same_decision(tmp_path: Path, level: Level) -> None:
    assert ask_twice(tmp_path / "home", level, "cake", "cake") == [("cake", level.value)]


def test_newer_parameters_supersede_what_is_undecided(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert ask_twice(home, Level.APPROVE, "cake", "pie") == [
        ("cake", "approve"),
        ("cake", "off"),
        ("pie", "approve"),
    ]
    with entered(home) as house:
        (one,) = house.read("episodes").select("decision", "level").rows()
        newest = house.read("decision")["id"].to_list()[-1]
        assert one == (newest, "approve"), "only the newer one waits for a person"
        assert house.read("pending")["decision"].to_list() == [newest]
        assert set(house.read("verdict")["clause"]) == {"asks", "superseded"}


def test_what_was_done_is_followed_by_nothing(tmp_path: Path) -> None:
    assert ask_twice(tmp_path / "home", Level.AUTO, "cake", "pie") == [("cake", "auto")]
    assert [call["parameters"] for call in said(tmp_path / "home")] == [
        {"text": "cake", "to": "ada"}
    ]


def test_of_two_in_one_thought_one_is_decided(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        wishes = [wished("gift.send", "ada", BEGIN, "once", text=text) for text in ("a", "b")]
        take(house, "wish.made", wishes)
        fly(house, BEGIN + HOUR)
        assert house.read("decision").height == house.read("verdict").height == 1
    assert len(said(home)) == 1


def test_what_ended_in_shadow_is_not_done_after_promotion(tmp_path: Path) -> None:
    """A sequence that began in shadow ends in shadow: its decision is known already."""
    home = founded(tmp_path / "home", {WISHES: Level.SHADOW})
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada")])
        fly(house, BEGIN + HOUR)
        house.grant({WISHES: Level.AUTO}, by="owner", because="it did well")
        take(house, "wish.made", [wished("gift.send", "bob", BEGIN + 2 * HOUR)])
        fly(house, BEGIN + 3 * HOUR)
    assert [call["subject"] for call in said(home)] == ["bob"]
