"""Edits at the desk (rules 14 and 20): a new decision, asked anew; the old one never acts."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import desk
from psizero.house.edit import edit
from psizero.house.home import House
from psizero.house.replay import Trial, replay
from tests.engine.editing import HOUR, PEOPLE, SECOND, WISHES, asking, waits, wanted
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, said, take, wished


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with asking(tmp_path / "home") as known:
        yield known


def clauses(house: House, key: str) -> list[tuple[str, str]]:
    verdicts = house.read("verdict").filter(pl.col("decision") == key)
    return [(str(by), str(clause)) for by, clause in verdicts.select("by", "clause").iter_rows()]


def texts(house: House) -> list[str]:
    """What went out, call by call."""
    return [
        msgspec.convert(call["parameters"], dict[str, str])["text"] for call in said(house.home)
    ]


def edited(house: House, hours: int = 2, *changes: str) -> tuple[str, str]:
    """Edited by anna, and asked anew; the old decision and the new one."""
    old = waits(house)
    line = edit(house, old[:8], wanted(*changes))
    fly(house, BEGIN + hours * HOUR)
    new = waits(house)
    assert line == f"{old[:12]} edited by anna: wrong_text; {new[:12]} is asked at the next tick"
    return old, new


def test_an_edit_is_asked_anew_and_acts_instead(house: House) -> None:
    old, new = edited(house)
    assert clauses(house, old) == [("policy", "asks"), ("anna", "edited"), ("policy", "superseded")]
    assert clauses(house, new) == [("policy", "edited")]
    decision = house.read("decision").filter(pl.col("id") == new).row(0, named=True)
    assert json.loads(decision["parameters"]) == {"to": "ada", "text": "as I wish"}
    facts = json.loads(decision["evidence"])["facts"]
    assert (facts["edits"], facts["edited_by"]) == (old, "anna")
    first = house.read("decision").filter(pl.col("id") == old).row(0, named=True)
    assert [decision[n] for n in ("automation", "verb", "subject", "episode")] == [
        first[n] for n in ("automation", "verb", "subject", "episode")
    ]
    with pytest.raises(Problem, match="does not wait any more: superseded"):
        desk.approve(house, [old], "ben")
    desk.approve(house, [new], "ben")
    fly(house, BEGIN + 90 * HOUR)
    assert [call["key"] for call in said(house.home)] == [new] and texts(house) == ["as I wish"]
    assert house.verify() == []


def test_who_edited_it_is_no_approver(house: House) -> None:
    """Rule 14, at the desk and again where a yes is counted."""
    _, new = edited(house)
    with pytest.raises(Problem, match="anna edited it; somebody else has to say yes"):
        desk.approve(house, [new], "anna")
    case = desk.only(house.read("pending"), new)
    desk._say(house, [case], "anna", ("approved", "as two processes could do"))
    fly(house, BEGIN + 3 * HOUR)
    assert said(house.home) == [] and waits(house) == new
    desk.approve(house, [new], "ben")
    fly(house, BEGIN + 4 * HOUR)
    assert texts(house) == ["as I wish"]


def test_the_only_person_says_so(tmp_path: Path) -> None:
    with asking(tmp_path / "home", "") as house:
        edit(house, waits(house), wanted(by=""))
        fly(house, BEGIN + 2 * HOUR)
        for name in ("", "owner"):
            with pytest.raises(Problem, match='--as "owner single person"'):
                desk.approve(house, [waits(house)], name)
        desk.approve(house, [waits(house)], "owner single person")
        fly(house, BEGIN + 3 * HOUR)
        assert texts(house) == ["as I wish"]


def test_newer_words_of_the_automation_change_nothing(house: House) -> None:
    """Neither beside the edited one nor in its place, before the yes and between yes and call."""
    _, new = edited(house)
    take(house, "wish.made", [wished("gift.send", "ada", BEGIN + 2 * HOUR, "e", text="newer")])
    fly(house, BEGIN + 3 * HOUR)
    assert waits(house) == new
    desk.approve(house, [new], "ben")
    take(house, "wish.made", [wished("gift.send", "ada", BEGIN + 2 * HOUR + SECOND, "e", text="2")])
    fly(house, BEGIN + 90 * HOUR)
    assert texts(house) == ["as I wish"] and house.read("pending").is_empty()
    assert house.read("decision").height == 2


def test_what_nobody_edited_may_change_and_is_asked_anew(tmp_path: Path) -> None:
    """Rules 12 and 19: the yes was for other words; the edit itself is not lost."""
    with asking(tmp_path / "home") as house:
        take(house, "wish.made", [wished("message.send", "bob", BEGIN + HOUR, "m")])
        fly(house, BEGIN + 2 * HOUR)
        rows = house.read("pending").filter(pl.col("subject") == "bob")
        edit(house, rows["decision"][0], wanted("topic=My words"))
        fly(house, BEGIN + 3 * HOUR)
        mine = house.read("pending").filter(pl.col("subject") == "bob")["decision"][0]
        desk.approve(house, [mine], "ben")
        newer = wished("message.send", "bob", BEGIN + HOUR + SECOND, "m", text="newer")
        take(house, "wish.made", [newer])
        fly(house, BEGIN + 4 * HOUR)
        assert said(house.home) == []
        again = house.read("pending").filter(pl.col("subject") == "bob")["decision"][0]
        assert again != mine and clauses(house, mine)[-1] == ("policy", "superseded")
        desk.approve(house, [again], "ben")
        fly(house, BEGIN + 5 * HOUR)
        (call,) = said(house.home)
        assert call["parameters"] == {"to": "bob", "topic": "My words", "text": "newer"}


@pytest.mark.parametrize("when", ["edited", "asked", "approved"])
def test_what_is_not_proposed_any_more_is_stale(tmp_path: Path, when: str) -> None:
    """Rule 19; also where the occasion is gone before what was edited is asked."""
    limit = "[settings.growth.wishes]\nmoney_minor_max = 10\n"
    home = tmp_path / "home"
    founded(home, {WISHES: Level.APPROVE}, BINDINGS + PEOPLE)
    with entered(home) as house:
        gift = wished("gift.send", "ada", BEGIN, "e", minor=50, currency="EUR")
        take(house, "wish.made", [gift])
        fly(house, BEGIN + HOUR)
        old = new = waits(house)
        if when == "edited":
            edit(house, old, wanted())
        else:
            old, new = edited(house)
        if when == "approved":
            desk.approve(house, [new], "ben")
    (home / "house.toml").write_text('[company]\nname = "Town"\n' + BINDINGS + PEOPLE + limit)
    with entered(home) as house:
        fly(house, BEGIN + 3 * HOUR)
        assert said(home) == []
        if when == "asked":
            for word in (lambda: desk.approve(house, [new], "ben"), lambda: twice(house, new)):
                with pytest.raises(Problem, match="does not propose this any more"):
                    word()
        else:
            assert clauses(house, new)[-1] == ("policy", "stale")
            assert house.read("pending").is_empty()


def twice(house: House, key: str) -> str:
    """Edited once more, by the other one."""
    return edit(house, key, wanted("text=better", by="ben"))


def test_it_is_asked_at_auto_too(tmp_path: Path) -> None:
    """What was over a cap yesterday is under it today; the words are still a person's."""
    caps = f"[caps.{WISHES}]\nactions_per_day_max = 0\n"
    home = tmp_path / "home"
    with asking(home, PEOPLE + caps, Level.AUTO) as house:
        assert clauses(house, waits(house)) == [("policy", "over_cap")]
        edit(house, waits(house), wanted())
    (home / "house.toml").write_text('[company]\nname = "Town"\n' + BINDINGS + PEOPLE)
    with entered(home) as house:
        fly(house, BEGIN + 30 * HOUR)
        assert clauses(house, waits(house)) == [("policy", "edited")] and said(home) == []
        assert house.read("pending")["because"].to_list() == [
            "edited by anna; a level is earned by what nobody edited"
        ]


@pytest.mark.parametrize("first", ["yes", "edit"])
def test_a_yes_to_the_old_one_is_void(house: House, first: str) -> None:
    """Rule 20, whichever of the two came first, and before either was sealed."""
    old = waits(house)
    words = [lambda: desk.approve(house, [old], "ben"), lambda: edit(house, old, wanted())]
    for word in words if first == "yes" else reversed(words):
        word()
    fly(house, BEGIN + 90 * HOUR)
    assert said(house.home) == []
    assert ("policy", "approved") not in clauses(house, old)


def test_a_no_ends_it(house: House) -> None:
    _, new = edited(house)
    desk.decline(house, new, "ben", "not_needed", "")
    take(house, "wish.made", [wished("gift.send", "ada", BEGIN + 2 * HOUR, "e", text="newer")])
    fly(house, BEGIN + 90 * HOUR)
    assert said(house.home) == [] and house.read("pending").is_empty()
    assert house.read("decision").height == 2


def test_one_edit_of_a_decision_and_edits_of_edits(house: House) -> None:
    old = waits(house)
    edit(house, old, wanted())
    with pytest.raises(Problem, match="it is edited already"):
        twice(house, old)
    fly(house, BEGIN + 2 * HOUR)
    new = waits(house)
    for back in ("text=as you wish", "text=as I wish"):
        with pytest.raises(Problem, match="that was decided before"):
            edit(house, new, wanted(back, by="ben"))
    twice(house, new)
    fly(house, BEGIN + 3 * HOUR)
    with pytest.raises(Problem, match="ben edited it"):
        desk.approve(house, [waits(house)], "ben")
    desk.approve(house, [waits(house)], "anna")
    fly(house, BEGIN + 4 * HOUR)
    assert texts(house) == ["better"]


def test_earlier_edits_stay_in_it(tmp_path: Path) -> None:
    with asking(tmp_path / "home") as house:
        desk.decline(house, waits(house), "anna", "other", "")
        take(house, "wish.made", [wished("message.send", "bob", BEGIN + HOUR, "m")])
        fly(house, BEGIN + 2 * HOUR)
        edited(house, 3, "topic=Mine")
        edit(house, waits(house), wanted("text=yours", by="ben"))
        fly(house, BEGIN + 4 * HOUR)
        desk.approve(house, [waits(house)], "anna")
        fly(house, BEGIN + 5 * HOUR)
        (call,) = said(house.home)
        assert call["parameters"] == {"to": "bob", "topic": "Mine", "text": "yours"}


def test_a_replay_of_an_edit_is_the_record(house: House) -> None:
    """And where the edited decision is not proposed again, edit and yes are void."""
    desk.decline(house, waits(house), "anna", "other", "")
    take(house, "wish.made", [wished("gift.send", "bob", BEGIN, "e", minor=99, currency="EUR")])
    fly(house, BEGIN + HOUR + SECOND)
    _, new = edited(house)
    desk.approve(house, [new], "ben")
    fly(house, BEGIN + 5 * HOUR)
    found = replay(house, Trial(), lambda _: None)
    assert found.identical and (found.void, found.differing) == (0, 0)
    none = {f"settings.{WISHES}.money_minor_max": 10}
    other = replay(house, Trial(settings=none), lambda _: None)
    assert (other.void, other.differing) == (2, 1)


def test_an_edit_counts_as_a_no(house: House) -> None:
    edited(house)
    record = house.read("track_record").filter(pl.col("automation") == WISHES)
    assert record.select("agreed", "declined").row(0) == (0, 1)
