"""The desk, end to end: what people answer, what silence says, and what never acts."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import desk
from psizero.house.home import House
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, said, take, wished

WISHES, HOUR = "growth.wishes", timedelta(hours=1)
PEOPLE = """
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
    """Wishes at approve, four people, one wish waiting since an hour after the beginning."""
    home = founded(tmp_path / "home", {WISHES: Level.APPROVE}, BINDINGS + PEOPLE)
    with entered(home) as known:
        wish(known, "ada")
        take(
            known,
            "customer.created",
            [{"id": "bob", "subject": "bob", "occurred_at": BEGIN + HOUR}],
        )
        fly(known, BEGIN + HOUR)
        yield known


def wish(house: House, subject: str, at_hour: int = 0, **more: object) -> None:
    """One wish for a gift."""
    take(house, "wish.made", [wished("gift.send", subject, BEGIN + at_hour * HOUR, "e", **more)])


def waiting(house: House) -> list[str]:
    return [str(key) for key in house.read("pending")["decision"]]


def clauses(house: House, by: str = "policy") -> list[str]:
    verdicts = house.read("verdict").filter(pl.col("by") == by)
    return [str(one) for one in verdicts["clause"]]


def test_a_yes_acts_once(house: House) -> None:
    (key,) = waiting(house)
    assert said(house.home) == []
    assert desk.approve(house, [key[:8]], "anna") == [
        f"{key[:12]} approved by anna; taken at the next tick"
    ]
    fly(house, BEGIN + 3 * HOUR)
    assert [call["key"] for call in said(house.home)] == [key]
    assert waiting(house) == []
    with pytest.raises(Problem, match="does not wait any more: approved"):
        desk.approve(house, [key], "ben")
    fly(house, BEGIN + 90 * HOUR)
    assert len(said(house.home)) == 1


def test_silence_is_no(house: House) -> None:
    """Rules 17 and 18: asked of a second person at half the window, and at its end it is no."""
    (key,) = waiting(house)
    fly(house, BEGIN + 40 * HOUR)
    assert clauses(house) == ["asks", "escalated"]
    at = house.read("verdict")["occurred_at"].to_list()
    assert at[1] - at[0] == 36 * HOUR
    fly(house, BEGIN + 80 * HOUR)
    assert clauses(house) == ["asks", "escalated", "unanswered"]
    assert waiting(house) == [] and said(house.home) == []
    with pytest.raises(Problem, match="unanswered"):
        desk.approve(house, [key], "anna")
    wish(house, "ada", 81, text="otherwise")
    fly(house, BEGIN + 90 * HOUR)
    assert waiting(house) == [], "an expired step counts as skipped"


def test_a_late_yes_never_acts(house: House) -> None:
    """One that got into the log past its window, as two processes could do, changes nothing."""
    (key,) = waiting(house)
    desk.approve(house, [key], "anna")
    verdict = house.store.everything("verdict").row(-1, named=True)
    assert verdict["by"] == "anna"
    fly(house, BEGIN + 2 * HOUR)
    assert len(said(house.home)) == 1


def test_no_needs_a_reason_and_is_kept(house: House) -> None:
    (key,) = waiting(house)
    with pytest.raises(Problem, match="reasons: wrong_amount"):
        desk.decline(house, key, "anna", "because", "")
    desk.decline(house, key, "anna", "not_needed", "she has one")
    fly(house, BEGIN + 3 * HOUR)
    assert waiting(house) == [] and said(house.home) == []
    assert house.read("votes").select("by", "clause", "because").rows() == [
        ("anna", "declined", "not_needed: she has one")
    ]
    with pytest.raises(Problem, match="declined"):
        desk.approve(house, [key], "ben")


def test_authority_by_role_and_amount(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.APPROVE}, BINDINGS + PEOPLE)
    with entered(home) as house:
        wish(house, "ada", minor=101, currency="EUR")
        wish(house, "bob", minor=100, currency="EUR")
        fly(house, BEGIN + HOUR)
        rows = house.read("pending").select("subject", "decision").iter_rows()
        much, little = (key for _, key in sorted(rows))
        for who, objection in {
            "cyd": "the role seller decides up to 100",
            "dora": "the role clerk does not decide about growth",
        }.items():
            with pytest.raises(Problem, match=f"{objection}.*\nwho may: anna, ben"):
                desk.approve(house, [much], who)
        for who in ("eve", ""):
            with pytest.raises(Problem, match="people: anna, ben, cyd, dora"):
                desk.approve(house, [much], who)
        desk.approve(house, [little], "cyd")
        fly(house, BEGIN + 2 * HOUR)
        assert [call["key"] for call in said(home)] == [little]


def test_two_people_where_two_are_asked_for(tmp_path: Path) -> None:
    """Rule 15: distinct people; the same one again has no effect."""
    two = f"[caps.{WISHES}]\napprovals_min = 2\n"
    home = founded(tmp_path / "home", {WISHES: Level.APPROVE}, BINDINGS + PEOPLE + two)
    with entered(home) as house:
        wish(house, "ada")
        fly(house, BEGIN + HOUR)
        (key,) = waiting(house)
        desk.approve(house, [key], "anna")
        with pytest.raises(Problem, match="anna has approved this already"):
            desk.approve(house, [key], "anna")
        fly(house, BEGIN + 2 * HOUR)
        assert said(home) == [] and waiting(house) == [key]
        assert desk.pending(house)["approved_by"].to_list() == ["anna"]
        desk.approve(house, [key], "ben")
        fly(house, BEGIN + 3 * HOUR)
        assert len(said(home)) == 1
        assert "approved by anna, ben" in house.read("verdict")["because"].to_list()


def test_newer_parameters_void_the_yes(house: House) -> None:
    """Rule 12: the yes was for other words."""
    (key,) = waiting(house)
    desk.approve(house, [key], "anna")
    wish(house, "ada", 1, text="something else")
    fly(house, BEGIN + 3 * HOUR)
    assert said(house.home) == []
    (newer,) = waiting(house)
    assert newer != key
    assert clauses(house) == ["asks", "superseded", "asks"]
    with pytest.raises(Problem, match="superseded"):
        desk.approve(house, [key], "ben")


def test_what_is_not_proposed_any_more_is_stale(tmp_path: Path) -> None:
    """Rule 19: re-read at the approval, and again before it is taken."""
    limit = "[settings.growth.wishes]\nmoney_minor_max = {}\n"
    toml = BINDINGS + PEOPLE
    home = founded(tmp_path / "home", {WISHES: Level.APPROVE}, toml)
    with entered(home) as house:
        wish(house, "ada", minor=50, currency="EUR")
        wish(house, "bob", minor=60, currency="EUR")
        fly(house, BEGIN + HOUR)
        first, second = waiting(house)
        desk.approve(house, [first], "anna")
    (home / "house.toml").write_text('[company]\nname = "Town"\n' + toml + limit.format(10))
    with entered(home) as house:
        fly(house, BEGIN + 2 * HOUR)
        assert said(home) == []
        assert clauses(house)[-1] == "stale"
        with pytest.raises(Problem, match="does not propose this any more"):
            desk.approve(house, [second], "anna")


def test_what_was_done_can_be_called_wrong(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, BINDINGS + "[gate]\nreview_share = 1\n")
    with entered(home) as house:
        wish(house, "ada")
        wish(house, "bob")
        fly(house, BEGIN + HOUR)
        first, second = house.read("reviews")["decision"].to_list()
        desk.approve(house, [first], "")
        desk.override(house, second, "", "wrong_subject", "")
        fly(house, BEGIN + 2 * HOUR)
        assert house.read("reviews").is_empty()
        fates = house.read("fates").select("decision", "answer", "overridden")
        assert sorted(fates.rows()) == sorted(
            [(first, "reviewed", False), (second, "overridden", True)]
        )
        with pytest.raises(Problem, match="overridden already"):
            desk.override(house, second, "", "wrong_subject", "")


def test_what_waits_for_the_outside_is_not_called_once_overridden(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    (home / "recorded").mkdir()
    (home / "recorded" / "behaviour.toml").write_text('[answers]\nada = "later"\n')
    with entered(home) as house:
        wish(house, "ada")
        fly(house, BEGIN + timedelta(minutes=10))
        (key,) = house.read("intents")["decision"].to_list()
        desk.override(house, key, "", "not_needed", "")
        fly(house, BEGIN + 5 * HOUR)
        assert len(said(home, "effects")) == 0
        assert house.read("intents").is_empty()


def test_a_sample_is_drawn(tmp_path: Path) -> None:
    """Rule 10: about the share that the owner set; the same in every flight of one salt."""
    home = founded(
        tmp_path / "home", {WISHES: Level.AUTO}, BINDINGS + "[gate]\nreview_share = 0.2\n"
    )
    with entered(home) as house:
        for number in range(200):
            wish(house, f"s{number}")
        fly(house, BEGIN + HOUR)
        assert 20 <= house.read("reviews").height <= 60
        assert house.read("fates").filter(pl.col("level") == "auto").height == 200


def test_an_explanation_says_what_would_flip(house: House) -> None:
    verdict = house.read("verdict").row(-1, named=True)
    said = {"input": "policy_level", "was": "approve", "would_be": "auto"}
    assert json.loads(verdict["counterfactual"]) == said
