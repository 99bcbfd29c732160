"""Levels: up one rung on recorded evidence by two people, down at once by anybody, or alone."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import ANY, Guardrail, Level, Policy
from psizero.engine import guard
from psizero.house import desk, levels
from psizero.house.home import House
from psizero.house.levels import Wish
from psizero.house.stops import stops
from tests.toy.installed import installed
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, said, take, wished

WISHES, HOUR = "growth.wishes", timedelta(hours=1)
TWO = '[people]\nanna = "owner"\nben = "owner"\n'
EASY = "[promotion]\ndecisions_min = 3\ndays_min = 1\nshare_min = 0.4\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Wishes at approve, two owners, evidence that is easily had."""
    home = founded(tmp_path / "home", {WISHES: Level.APPROVE}, BINDINGS + TWO + EASY)
    with entered(home) as known:
        yield known


def wishes(house: House, count: int, at: int = 0) -> None:
    rows = [wished("gift.send", f"s{at}-{n}", BEGIN + at * HOUR, "e") for n in range(count)]
    take(house, "wish.made", rows)


def days_go_by(house: House) -> None:
    """Two days later something happens, so that the house's clock goes on."""
    take(house, "wish.made", [wished("account.close", "late", BEGIN + 50 * HOUR)])
    fly(house, BEGIN + 51 * HOUR)


def asks(house: House, level: Level, by: str = "", **more: bool) -> str:
    return levels.promote(house, Wish(automation=WISHES, level=level, by=by, **more))


def test_evidence_that_is_missing_is_named(house: House) -> None:
    wishes(house, 2)
    fly(house, BEGIN + HOUR)
    with pytest.raises(Problem) as refused:
        asks(house, Level.AUTO, "anna")
    assert str(refused.value).split("\n") == [
        "growth.wishes is not ready for auto: 0 of 1 days at this level",
        "2 of 3 decisions at this level",
        "0 of 0 approved by people, lower bound 0.00 of 0.40 at 90 %",
    ]


def test_to_auto_two_people_ask(house: House) -> None:
    """Rules 6 and 7; the evidence stands in the log."""
    wishes(house, 5)
    fly(house, BEGIN + HOUR)
    desk.approve(house, desk.waiting_of(house, WISHES), "anna")
    days_go_by(house)
    for _ in range(2):
        assert asks(house, Level.AUTO, "anna").startswith("anna asks for auto; one more person")
    assert asks(house, Level.AUTO, "ben") == "growth.wishes = auto, by anna, ben"
    wishes(house, 1, 52)
    fly(house, BEGIN + 53 * HOUR)
    assert len(said(house.home)) == 6
    changed = house.read("policy_changed").row(-1, named=True)
    evidence = msgspec.json.decode(changed["evidence"])
    assert evidence["agreed"] == 5 and evidence["decisions"] == 6


def test_who_edited_the_settings_last_does_not_promote(house: House) -> None:
    wishes(house, 4)
    fly(house, BEGIN + HOUR)
    desk.approve(house, desk.waiting_of(house, WISHES), "anna")
    days_go_by(house)
    toml = house.home / "house.toml"
    toml.write_text(toml.read_text() + f"[settings.{WISHES}]\nmoney_minor_max = 7\n")
    with entered_again(house) as again:
        again.take_charter("ben")
        with pytest.raises(Problem, match="ben edited the settings"):
            asks(again, Level.AUTO, "ben")


def test_who_edited_after_asking_counts_no_more(house: House) -> None:
    """Rule 7: ben asked, then edited; anna alone is one."""
    wishes(house, 4)
    fly(house, BEGIN + HOUR)
    desk.approve(house, desk.waiting_of(house, WISHES), "anna")
    days_go_by(house)
    assert asks(house, Level.AUTO, "ben").startswith("ben asks")
    toml = house.home / "house.toml"
    toml.write_text(toml.read_text() + f"[settings.{WISHES}]\nmoney_minor_max = 7\n")
    with entered_again(house) as again:
        again.take_charter("ben")
        assert asks(again, Level.AUTO, "anna").startswith("anna asks for auto; one more person")


def entered_again(house: House) -> AbstractContextManager[House]:
    """The same home after its file was edited."""
    house.store.close()
    return entered(house.home)


def test_one_rung_at_a_time_and_down_at_once(house: House) -> None:
    """Rules 5 and 9."""
    house.take_charter()
    levels.demote(house, Wish(automation=WISHES, level=Level.OFF, by="ben"))
    with pytest.raises(Problem, match="off -> shadow first"):
        asks(house, Level.APPROVE, "anna")
    assert asks(house, Level.SHADOW, "anna") == "growth.wishes = shadow, by anna"
    with pytest.raises(Problem, match="one rung at a time: shadow -> approve first"):
        asks(house, Level.AUTO, "anna")
    with pytest.raises(Problem, match="is at shadow already"):
        asks(house, Level.SHADOW, "anna")
    wishes(house, 3)
    fly(house, BEGIN + HOUR)
    assert set(house.read("verdict")["level"]) == {"shadow"} and said(house.home) == []


def test_one_verb_alone_and_down_with_all(house: House) -> None:
    """Rule 2: a verb has a level of its own; what lowers all of them lowers that too."""
    house.take_charter()

    def level_of(verb: str) -> str:
        return house.said_policy().level_of(WISHES, verb).value

    def wish(level: Level, scope: str) -> Wish:
        return Wish(automation=WISHES, scope=scope, level=level, by="ben")

    levels.demote(house, wish(Level.OFF, "gift.send"))
    assert (level_of("gift.send"), level_of("account.close")) == ("off", "approve")
    said_so = levels.promote(house, wish(Level.SHADOW, "gift.send"))
    assert said_so == "growth.wishes gift.send = shadow, by ben"
    with pytest.raises(Problem, match="is not ready for approve: 0 of 1 days"):
        levels.promote(house, wish(Level.APPROVE, "gift.send"))
    levels.demote(house, wish(Level.OFF, ANY))
    assert (level_of("gift.send"), level_of("account.close")) == ("off", "off")
    with pytest.raises(Problem, match="has no verb"):
        levels.demote(house, wish(Level.OFF, "gift.sell"))


def test_the_only_person_says_so(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.APPROVE}, BINDINGS + EASY)
    with entered(home) as house:
        wishes(house, 5)
        fly(house, BEGIN + HOUR)
        desk.approve(house, desk.waiting_of(house, WISHES), "")
        days_go_by(house)
        with pytest.raises(Problem, match="only you"):
            asks(house, Level.AUTO)
        assert asks(house, Level.AUTO, "owner single person").endswith("by owner single person")


@pytest.mark.parametrize("restart", [False, True])
def test_what_began_in_shadow_ends_in_shadow(tmp_path: Path, restart: bool) -> None:
    """Unless the promotion begins it again, at the new level."""
    need = "[promotion]\ndecisions_min = 0\ndays_min = 0\nshare_min = 0\n"
    home = founded(tmp_path / "home", {WISHES: Level.SHADOW}, BINDINGS + need)
    with entered(home) as house:
        wishes(house, 2)
        fly(house, BEGIN + HOUR)
        assert levels.begun_in_shadow(house, WISHES).height == 2
        asks(house, Level.APPROVE, restart_open=restart)
        wishes(house, 1, 2)
        fly(house, BEGIN + 3 * HOUR)
        assert house.read("pending").height == (3 if restart else 1)
        desk.approve(house, desk.waiting_of(house, WISHES), "")
        fly(house, BEGIN + 5 * HOUR)
        assert len(said(home)) == (3 if restart else 1)


def test_a_stop_holds_everything_until_two_let_go(house: House) -> None:
    """Rule 36: the file alone is enough; what waited goes on where it stood."""
    wishes(house, 2)
    fly(house, BEGIN + HOUR)
    desk.approve(house, desk.waiting_of(house, WISHES), "anna")
    levels.stop(house.home, "growth", "anna", "looks odd")
    levels.take_stops(house)
    fly(house, BEGIN + 5 * HOUR)
    assert said(house.home) == [] and house.policy().stopped == {"growth"}
    assert levels.resume(house, "growth", "anna").startswith("anna lets growth go on; one more")
    fly(house, BEGIN + 6 * HOUR)
    assert said(house.home) == []
    assert levels.resume(house, "growth", "ben") == "growth goes on, by anna, ben"
    fly(house, BEGIN + 7 * HOUR)
    assert len(said(house.home)) == 2 and house.halted() == frozenset()
    with pytest.raises(Problem, match="'growth' is not stopped"):
        levels.resume(house, "growth", "ben")


def test_a_stop_file_that_is_broken_stops_all(house: House) -> None:
    (house.home / "stop").write_text("{")
    wishes(house, 1)
    fly(house, BEGIN + HOUR)
    assert house.halted() == {"*"} and house.read("decision").is_empty()


def _bad(facts: object, due: pl.DataFrame) -> pl.DataFrame:
    return due.select(
        "decision",
        name=pl.lit("wish"),
        value=pl.lit(1.0),
        unit=pl.lit("wishes"),
        good=pl.lit(False),
    )


def _broken(facts: object, due: pl.DataFrame) -> pl.DataFrame:
    raise ValueError("the table is gone")


@pytest.mark.parametrize("measure", [_bad, _broken])
def test_bad_or_missing_outcomes_take_the_level(tmp_path: Path, measure: object) -> None:
    """Rules 9 and 40: automatic, at once, and never back by itself."""
    known = installed()
    bad = msgspec.structs.replace(known.automations[WISHES], measure=measure)
    found = msgspec.structs.replace(known, automations={**known.automations, WISHES: bad})
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, found=found)
    with entered(home, found) as house:
        wishes(house, 30)
        fly(house, BEGIN + 47 * HOUR)
        assert house.policy().level_of(WISHES, "*") is Level.AUTO
        fly(house, BEGIN + 80 * HOUR)
        assert house.policy().level_of(WISHES, "*") is Level.APPROVE
        wishes(house, 1, 81)
        fly(house, BEGIN + 85 * HOUR)
        (row,) = house.read("levels").filter(pl.col("by") == "policy").iter_rows(named=True)
        assert row["because"].startswith("guardrail: ") and "of 30 outcomes" in row["because"]
        assert house.read("pending").height == 1
        assert house.read("policy_changed").height == 2, "once"


def test_a_sound_automation_keeps_its_level() -> None:
    hours = pl.Series([BEGIN + HOUR * n for n in range(1, 41)], dtype=pl.Datetime("us"))
    tallies = pl.DataFrame({"hour": hours}).with_columns(
        automation=pl.lit(WISHES), good=9, bad=1, missing=0
    )
    row = {"automation": [WISHES], "scope": ["*"], "level": ["auto"], "changed_at": [BEGIN]}
    assert guard.demotions(pl.DataFrame(row), tallies, Guardrail()).is_empty()
    worse = tallies.with_columns(bad=9)
    assert guard.demotions(pl.DataFrame(row), worse, Guardrail()).height == 1
    few = worse.head(1).with_columns(good=0)
    assert guard.demotions(pl.DataFrame(row), few, Guardrail()).is_empty(), "below the minimum"


def test_nobody_named_is_one_owner() -> None:
    assert Policy().known_people() == {"owner": "owner"}


def test_what_two_granted_once_one_cannot_grant_again(house: House) -> None:
    """The other's word of the first time is used up."""
    house.take_charter()
    for who in ("anna", "ben"):
        levels.stop(house.home, "growth", who, "")
        levels.take_stops(house)
        assert levels.resume(house, "growth", "anna").startswith("anna lets growth go on; one more")
        assert levels.resume(house, "growth", "ben") == "growth goes on, by anna, ben"


def test_the_rest_stays_stopped_when_one_goes_on(house: House) -> None:
    """Also in a house that has no clock yet."""
    house.take_charter()
    for scope in ("growth", "finance"):
        levels.stop(house.home, scope, "anna", "")
    for who in ("anna", "ben"):
        levels.resume(house, "growth", who)
    assert set(stops(house.home)) == {"finance"}


def test_a_stop_file_says_no_more_than_who_and_why(house: House) -> None:
    """What somebody else wrote into it cannot name another scope, nor end the loop."""
    (house.home / "stop").write_text('{"growth": {"subject": "*", "stopped": "no"}}')
    assert levels.take_stops(house) == 1
    assert levels.take_stops(house) == 0
    assert house.said_policy().stopped == {"growth"}
