"""What was done is taken back by a decision of its own (rule 33): gated, recorded, not deleted."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import desk, levels, retraction
from psizero.house.aftermath import Finding, settle
from psizero.house.home import House
from psizero.house.replay import Trial, replay
from psizero.house.retraction import undo, undo_all
from tests.engine.undoing import (
    DAY,
    DONE_AT,
    HOUR,
    UNDO,
    WATCH,
    WISHES,
    key_of,
    regret,
    regretted,
    states,
)
from tests.house.flights import once
from tests.toy.town import LATE_AT, entered, fly, said


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Homes by their further lines of house.toml, each flown once."""
    place = tmp_path_factory.mktemp("regretted")

    def home(more: str) -> Path:
        return once(place / f"home{abs(hash(more))}", lambda path: regretted(path, more))

    return home


@pytest.fixture
def house(made: Callable[[str], Path], tmp_path: Path) -> Iterator[House]:
    home = Path(shutil.copytree(made(""), tmp_path / "home"))
    with entered(home) as known:
        yield known


def test_what_the_house_did_itself_is_taken_back(house: House) -> None:
    """The task stands in the history; that it ended stands beside it, with its cause."""
    task = key_of(house, "task.assign")
    line = undo(house, task[:8], regret(note="eve is well"))
    undoes = line.split(": ")[1].split()[0]
    assert line == (
        f"{task[:12]} task.assign for eve is to be undone, says anna: {undoes} task.withdraw "
        "follows at the next tick"
    )
    fly(house, DONE_AT + HOUR)
    key = key_of(house, "task.withdraw")
    assert key.startswith(undoes)
    assert states(house, task) == ["done", "undone"] and states(house, key) == ["done"]
    last = house.read("receipt").filter(pl.col("state") == "undone").row(0, named=True)
    assert (last["cause"], last["reference"]) == (key, key)
    assert last["reason"] == "undone by anna: wrong_subject: eve is well"
    (withdrawn,) = house.read("task_withdrawn").select("subject", "undoes", "why", "cause").rows()
    assert withdrawn == ("eve", task, "anna: wrong_subject: eve is well", key)
    assert house.read("task_assigned").height == 1, "nothing is deleted"
    verdict = house.read("verdict").filter(pl.col("decision") == key).row(0, named=True)
    assert (verdict["level"], verdict["clause"], verdict["by"]) == ("auto", "asked_for", "policy")
    request = house.read("undo_asked").row(0, named=True)
    assert (request["cause"], request["by"], request["compensation"]) == (task, "anna", key)
    assert house.verify() == []


def test_a_campaign_is_left(house: House) -> None:
    undo(house, key_of(house, "campaign.enroll"), regret())
    fly(house, DONE_AT + HOUR)
    begun, left = house.read("campaign_enrolled"), house.read("campaign_unenrolled")
    assert left.select("subject", "sequence").rows() == begun.select("subject", "sequence").rows()
    assert left["undoes"].to_list() == begun["cause"].to_list()
    assert states(house, key_of(house, "campaign.enroll")) == ["done", "undone"]


def test_what_reached_outside_is_taken_back_by_a_call(house: House) -> None:
    """Through the hands, under a key of its own, and although the cool-down is not over."""
    lifted = key_of(house, "access.lift")
    undo(house, lifted, regret())
    fly(house, DONE_AT + HOUR)
    key = key_of(house, "access.lift", UNDO)
    assert [call["key"] for call in said(house.home) if call["subject"] == "ada"] == [lifted, key]
    assert states(house, lifted) == ["sent", "done", "undone"]
    assert states(house, key) == ["sent", "done"]
    assert house.read("undos").is_empty()


def test_once_and_no_more(made: Callable[[str], Path], tmp_path: Path) -> None:
    """Rule 33: idempotent, before it is done and after, over a restart."""
    home = Path(shutil.copytree(made(""), tmp_path / "home"))
    with entered(home) as house:
        task = key_of(house, "task.assign")
        undo(house, task, regret())
        with pytest.raises(Problem, match="that is asked for already"):
            undo(house, task, regret("ben", "other"))
        fly(house, DONE_AT + HOUR)
    with entered(home) as house:
        with pytest.raises(Problem, match="it is undone already"):
            undo(house, task, regret())
        fly(house, DONE_AT + 2 * DAY)
        assert house.read("task_withdrawn").height == 1
        found = house.read("outcome").filter(pl.col("automation") == UNDO)
        assert found.select("name", "value", "good").rows() == [("undone", 1.0, True)]


def test_what_cannot_be_taken_back_says_why(house: House) -> None:
    with pytest.raises(Problem, match=r"gift\.send is irreversible: the house cannot take it back"):
        undo(house, key_of(house, "gift.send"), regret())
    issued = house.members.verbs["invoice.issue"]
    assert "reversible by others" in retraction._fault(house, issued, {})
    assert "nobody tells it text" in retraction._fault(
        house,
        house.members.verbs["note.write"],
        {"id": "n", "parameters": '{"day":"1","wishes":2}'},
    )
    assert house.store.everything("undo.asked").is_empty()
    assert house.said_policy().level_of(UNDO, "*") is Level.OFF, "nothing was switched on for it"


def test_only_what_stands_as_done(tmp_path: Path) -> None:
    """Not what nobody knows: that is settled first, and undone then."""
    home = regretted(tmp_path / "home", answers={"ada": "unknown"})
    with entered(home) as house:
        lifted = key_of(house, "access.lift")
        with pytest.raises(Problem, match="nobody knows whether it was done"):
            undo(house, lifted, regret())
        settle(house, lifted, Finding(state="done", reason="seen", by="anna"))
        fly(house, DONE_AT + HOUR)
        undo(house, lifted, regret())
        fly(house, DONE_AT + 2 * HOUR)
        back = key_of(house, "access.lift", UNDO)
        assert states(house, back) == ["sent", "unknown"]
        assert states(house, lifted) == ["sent", "unknown", "done"]
        settle(house, back, Finding(state="done", reason="seen", by="anna"))
        fly(house, DONE_AT + 3 * HOUR)
        assert states(house, lifted) == ["sent", "unknown", "done", "undone"]
        with pytest.raises(Problem, match="no decision with an id"):
            undo(house, "nothing", regret())
        with pytest.raises(Problem, match="reasons: wrong_amount"):
            undo(house, key_of(house, "task.assign"), regret(reason="because"))


def test_an_undo_that_the_outside_refuses_leaves_it_done(house: House) -> None:
    """It is told, and nothing is called undone that is not."""
    lifted = key_of(house, "access.lift")
    behaviour = house.home / "recorded" / "behaviour.toml"
    behaviour.write_text('settle = "ask"\n[answers]\nada = "refused"\n')
    undo(house, lifted, regret())
    fly(house, DONE_AT + HOUR)
    assert states(house, lifted) == ["sent", "done"]
    assert states(house, key_of(house, "access.lift", UNDO)) == ["sent", "refused"]
    assert house.read("undos").is_empty()


def test_by_whom_it_is_to_decide(house: House) -> None:
    for verb, who, why in (
        ("task.assign", "cyd", "does not decide about customers"),
        ("access.lift", "cyd", "up to 100 minor units"),
        ("task.assign", "zoe", "nobody in this house"),
    ):
        with pytest.raises(Problem, match=why):
            undo(house, key_of(house, verb), regret(who))
    with pytest.raises(Problem, match="up to 100 minor units"):
        undo_all(house, WISHES, LATE_AT, regret("cyd"))
    assert house.store.everything("undo.asked").is_empty()


def test_it_is_gated_like_any_other(made: Callable[[str], Path], tmp_path: Path) -> None:
    """Over a cap it waits for a yes; a no leaves what was done as it is."""
    caps = f"[caps.{UNDO}]\nactions_per_day_max = 0\n"
    home = Path(shutil.copytree(made(caps), tmp_path / "home"))
    with entered(home) as house:
        task, campaign = key_of(house, "task.assign"), key_of(house, "campaign.enroll")
        undo(house, task, regret())
        undo(house, campaign, regret())
        fly(house, DONE_AT + HOUR)
        waits = house.read("pending").sort("verb")
        assert waits["clause"].to_list() == ["over_cap", "over_cap"]
        assert states(house, task) == states(house, campaign) == ["done"]
        desk.approve(house, [waits["decision"][1]], "anna")
        desk.decline(house, waits["decision"][0], "ben", "not_needed", "")
        fly(house, DONE_AT + 2 * HOUR)
        assert states(house, task) == ["done", "undone"]
        assert states(house, campaign) == ["done"]
        assert house.read("undos").is_empty()


def test_a_release_gone_wrong(house: House) -> None:
    """All that an automation did since, in one word; what cannot be taken back is said."""
    lines = undo_all(house, WISHES, LATE_AT, regret())
    assert lines == [
        f"1 of {WISHES} are to be undone, says anna: they follow at the next tick",
        "1 stay: gift.send is irreversible: the house cannot take it back",
    ]
    assert undo_all(house, WATCH, LATE_AT, regret())[0].startswith(f"2 of {WATCH} are to be undone")
    assert undo_all(house, WATCH, LATE_AT, regret())[0].endswith("; 2 were asked for before")
    fly(house, DONE_AT + HOUR)
    receipts = house.read("receipt").unique("decision", keep="last", maintain_order=True)
    stands = dict(receipts.filter(pl.col("automation") != UNDO).select("verb", "state").iter_rows())
    assert stands == {
        "access.lift": "undone",
        "campaign.enroll": "undone",
        "gift.send": "done",
        "task.assign": "undone",
    }
    with pytest.raises(Problem, match=f"nothing that {WATCH} did since"):
        undo_all(house, WATCH, LATE_AT, regret())


def test_only_what_was_done_since(house: House) -> None:
    with pytest.raises(Problem, match="did since 2026-10-08T06:00:01Z can be undone"):
        undo_all(house, WATCH, DONE_AT.replace(hour=6, second=1), regret())
    assert len(undo_all(house, WATCH, DONE_AT.replace(hour=6), regret())) == 1


def test_it_works_where_its_automation_is_switched_off(house: House) -> None:
    """First one demotes what went wrong, then one undoes."""
    levels.demote(house, levels.Wish(automation=WATCH, level=Level.OFF, by="anna"))
    undo(house, key_of(house, "task.assign"), regret())
    fly(house, DONE_AT + HOUR)
    assert states(house, key_of(house, "task.assign")) == ["done", "undone"]


def test_asking_switches_it_on_and_the_owner_may_switch_it_off(house: House) -> None:
    """Levels stand in the log alone: by whom, and why."""
    task, campaign = key_of(house, "task.assign"), key_of(house, "campaign.enroll")
    assert house.policy().level_of(UNDO, "*") is Level.OFF
    undo(house, task, regret())
    fly(house, DONE_AT + HOUR)
    row = house.read("levels").filter(pl.col("automation") == UNDO).row(0, named=True)
    assert (row["level"], row["by"]) == ("auto", "anna") and "request alone" in row["because"]
    levels.demote(house, levels.Wish(automation=UNDO, level=Level.OFF, by="ben"))
    with pytest.raises(Problem, match=r"intelligence\.undo is off: nothing would be undone"):
        undo(house, campaign, regret())
    for level in (Level.SHADOW, Level.APPROVE):
        levels.promote(house, levels.Wish(automation=UNDO, level=level, by="anna"))
    undo(house, campaign, regret())
    fly(house, DONE_AT + 2 * HOUR)
    assert house.read("pending")["clause"].to_list() == ["asks"]
    levels.stop(house.home, "*", "anna", "a drill")
    with pytest.raises(Problem, match="stands still"):
        undo(house, key_of(house, "access.lift"), regret())


def test_it_is_no_work_done_by_itself(house: House) -> None:
    """Rule 65: what was undone was not automated after all, and no more is the undo."""
    undo(house, key_of(house, "task.assign"), regret())
    fly(house, DONE_AT + 2 * DAY)
    daily = house.read("actions_daily")
    assert daily.equals(house.read("actions_recounted"))
    task = daily.filter(pl.col("verb") == "task.assign").row(0, named=True)
    assert (task["eligible"], task["automatic"], task["reverted"]) == (1, 0, 1)
    back = daily.filter(pl.col("automation") == UNDO).row(0, named=True)
    assert (back["eligible"], back["automatic"]) == (0, 0)
    night = house.read("autopilot_daily", DONE_AT + HOUR).filter(pl.col("automation") == UNDO)
    assert night.select("eligible", "automatic", "done").row(0) == (0, 0, 1)
    record = house.read("track_record").filter(pl.col("automation") == WATCH)
    assert record["overridden"].to_list() == [1], "it speaks against a promotion"


def test_a_replay_undoes_it_from_the_record(house: House) -> None:
    """What is not done again is not undone: its subject's story ends there."""
    undo(house, key_of(house, "task.assign"), regret())
    undo(house, key_of(house, "access.lift"), regret())
    fly(house, DONE_AT + DAY)
    again = replay(house, Trial(), lambda _: None)
    assert again.identical and (again.void, again.differing, again.diverged) == (0, 0, 0)
    asks = {f"caps.{WATCH}.actions_per_day_max": 0}
    other = replay(house, Trial(settings=asks), lambda _: None)
    assert not other.identical and other.diverged == 1
