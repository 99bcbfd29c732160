"""A call of which nobody knows is settled by a person: once, by whom, why, and in every replay."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from psizero.cli import desk as screen
from psizero.cli.explanation import explain
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import desk
from psizero.house.aftermath import Finding, State, settle
from psizero.house.home import House
from psizero.house.replay import Trial, replay
from tests.engine.editing import HOUR, WISHES
from tests.engine.intents import flown, receipts, wishing
from tests.toy.town import BEGIN, BINDINGS, answering, entered, fly, founded, said, take, wished

Capsys = pytest.CaptureFixture[str]
LIMITED = """
[people]
anna = "owner"
ben = "owner"
cyd = "seller"
dora = "clerk"
[roles.seller]
domains = ["growth"]
money_minor_max = 100
[roles.clerk]
domains = ["finance"]
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Ada's gift went out, and the line went dead; bob's went through."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, BINDINGS + LIMITED)
    with entered(answering(home, {"ada": "unknown"}, "person")) as known:
        rows = [
            wished("gift.send", one, BEGIN, "e", minor=500, currency="EUR")
            for one in ("ada", "bob")
        ]
        take(known, "wish.made", rows)
        fly(known, BEGIN + HOUR)
        yield known


def key_of(house: House, subject: str = "ada") -> str:
    (key,) = house.read("decision").filter(pl.col("subject") == subject)["id"]
    return str(key)


def found(state: State = "done", by: str = "anna", **more: str) -> Finding:
    return Finding(state=state, reason="looked it up there", by=by, **more)


def states(house: House, subject: str = "ada") -> list[str]:
    return house.read("receipt").filter(pl.col("subject") == subject)["state"].to_list()


@pytest.mark.parametrize(
    ("state", "reference", "reason"),
    [
        ("done", "ch_1", "settled by anna: looked it up there"),
        ("refused", "", "settled by anna: looked it up there (ch_1)"),
    ],
)
def test_it_stands_as_a_person_says(
    house: House, state: State, reference: str, reason: str
) -> None:
    """The word is a verdict of that person, the receipt follows in the next tick."""
    key = key_of(house)
    line = settle(house, key[:8], found(state, reference="ch_1"))
    assert line == f"{key[:12]} is {state}, settled by anna: looked it up there"
    assert states(house) == ["sent", "unknown"], "known at the next tick"
    fly(house, BEGIN + 2 * HOUR)
    assert states(house) == ["sent", "unknown", state]
    last = house.read("receipt").filter(pl.col("decision") == key).row(-1, named=True)
    assert (last["reference"], last["reason"], last["connector"]) == (reference, reason, "recorded")
    word = house.read("verdict").filter(pl.col("by") == "anna").row(0, named=True)
    assert word["clause"] == f"settled_{state}" and word["occurred_at"] > BEGIN
    fate = house.read("fates").filter(pl.col("decision") == key).row(0, named=True)
    assert (fate["state"], fate["level"], fate["overridden"]) == (state, "auto", False)
    fly(house, BEGIN + 90 * HOUR)
    assert len(said(house.home)) == 2, "what was settled is not called again"
    assert house.verify() == []


def test_it_is_settled_once(house: House) -> None:
    """Before the word is sealed, and after; in the same words or in others."""
    key = key_of(house)
    settle(house, key, found())
    for again in (found(), found("refused"), found(by="ben")):
        with pytest.raises(Problem, match="it is settled already"):
            settle(house, key, again)
    fly(house, BEGIN + 2 * HOUR)
    with pytest.raises(Problem, match="its receipt says done: only what is unknown is settled"):
        settle(house, key, found("refused"))
    assert states(house) == ["sent", "unknown", "done"]


def test_only_what_is_unknown(house: House) -> None:
    with pytest.raises(Problem, match="its receipt says done"):
        settle(house, key_of(house, "bob"), found())
    with pytest.raises(Problem, match="no decision with an id"):
        settle(house, "nothing", found())
    with pytest.raises(Problem, match="how do you know"):
        settle(house, key_of(house), Finding(state="done", reason=" ", by="anna"))


def test_by_whom_it_is_to_decide(house: House) -> None:
    """As at the desk: by domain, and by the money that the gate saw at stake."""
    key = key_of(house)
    for name, why in (
        ("zoe", "nobody in this house"),
        ("dora", "does not decide about growth"),
        ("cyd", "up to 100 minor units"),
    ):
        with pytest.raises(Problem, match=why):
            settle(house, key, found(by=name))
    desk.override(house, key, "cyd", "other", "")
    with pytest.raises(Problem, match="up to 100 minor units"):
        settle(house, key, found(by="cyd"))
    fly(house, BEGIN + 2 * HOUR)
    assert states(house) == ["sent", "unknown"]


def test_what_waits_to_be_settled_is_shown(house: House, capsys: Capsys) -> None:
    key = key_of(house)
    screen.pending(house, "", None, "text")
    told = capsys.readouterr().out
    assert "1 called, and nobody knows whether done: settle ID done, or refused" in told
    assert key[:12] in told and "the line went dead" in told and "recorded" in told
    screen.pending(house, "", None, "json")
    (one,) = json.loads(capsys.readouterr().out)["unsettled"]
    assert (one["decision"], one["connector"], one["said"]) == (key, "recorded", None)
    settle(house, key, found(reference="ch_1"))
    fly(house, BEGIN + 2 * HOUR)
    screen.pending(house, "", None, "text")
    assert "nobody knows" not in capsys.readouterr().out
    explain(house, key, "text")
    told = capsys.readouterr().out
    assert "verdict    settled_done by anna, " in told
    assert "changes    receipt: reference = ch_1" in told
    assert "effect     done, ch_1, settled by anna: looked it up there" in told


def test_a_yes_and_a_review_stay_what_they_were(tmp_path: Path) -> None:
    """To settle is to say how it stands, not whether it was right."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, BINDINGS + "[gate]\nreview_share = 1\n")
    wishing(answering(home, {"ada": "unknown"}), "ada")
    flown(home, BEGIN)
    with entered(home) as house:
        settle(house, key_of(house), Finding(state="done", reason="seen"))
        fly(house, BEGIN + HOUR)
        assert house.read("reviews")["decision"].to_list() == [key_of(house)]
        assert house.read("fates")["answer"].to_list() == [None]
    assert receipts(home) == ["sent", "unknown", "done"]


def test_a_replay_settles_it_from_the_record(house: House) -> None:
    """And where the call is not made again, the word opens nothing."""
    settle(house, key_of(house), found(reference="ch_1"))
    fly(house, BEGIN + 2 * HOUR)
    again = replay(house, Trial(), lambda _: None)
    assert again.identical and (again.void, again.differing) == (0, 0)
    never = {f"caps.{WISHES}.actions_per_day_max": 0}
    other = replay(house, Trial(settings=never), lambda _: None)
    assert not other.identical and other.differing == 2
