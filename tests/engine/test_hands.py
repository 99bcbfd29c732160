"""The hands: once for each intent, `sent` before the call, and never at a level that forbids it."""

import os
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.clock import VirtualClock
from psizero.core.policy import Caps, Level, Policy
from psizero.engine.hands import perform
from psizero.house.home import House
from tests.engine.intents import (
    LATER,
    WISHES,
    Looking,
    flown,
    flown_or_told,
    intended,
    receipts,
    wishing,
)
from tests.toy.installed import apart
from tests.toy.town import BEGIN, answering, entered, fly, said, take, wished


def test_sent_is_durable_before_the_call(wanting: House) -> None:
    """Rules 28 and 29; the key is the decision's own id."""
    looking = Looking(wanting)
    ids = sorted(wanting.read("decision")["id"])
    assert perform(wanting.store, wanting.policy(), {"recorded": looking}, LATER) == 2
    assert sorted(looking.seen) == [(key, ["sent"]) for key in ids]
    assert perform(wanting.store, wanting.policy(), {"recorded": looking}, LATER) == 0
    assert wanting.read("intents").is_empty()


def test_a_call_is_one_and_says_what_was_decided(home: Path) -> None:
    """Rule 35: what is called is byte for byte what was decided."""
    wishing(home, "ada", "bob")
    flown(home)
    flown(home, LATER + timedelta(days=1))
    with entered(home) as house:
        decided = house.read("decision").select("id", "subject", "verb", "parameters")
    called = [
        (call["key"], call["subject"], call["verb"], call["parameters"]) for call in said(home)
    ]
    told = [(*row[:3], msgspec.json.decode(row[3])) for row in decided.sort("subject").iter_rows()]
    assert sorted(called, key=lambda call: str(call[1])) == told
    assert receipts(home) == ["sent", "done"]


@pytest.mark.parametrize(
    ("answer", "states", "effects"),
    [
        ("refused", ["sent", "refused"], 0),
        ("unknown", ["sent", "unknown"], 0),
        ("", ["sent", "done"], 1),
    ],
)
def test_what_the_outside_says_is_a_receipt(
    home: Path, answer: str, states: list[str], effects: int
) -> None:
    wishing(answering(home, {"ada": answer}), "ada", "bob")
    flown(home)
    flown(home, LATER + timedelta(days=1))
    assert receipts(home) == states
    assert receipts(home, "bob") == ["sent", "done"]
    assert len(said(home)) == 2, "nothing is called twice by itself"
    assert len(said(home, "effects")) == 1 + effects
    with entered(home) as house:
        told = house.read("receipt").filter(pl.col("state").is_in(["refused", "unknown"]))
        assert (told["reason"] != "").all()
        assert house.read("intents").is_empty()


@pytest.mark.parametrize("settle", ["ask", "repeat", "person"])
def test_what_is_asked_to_wait_waits_and_is_called_again(home: Path, settle: str) -> None:
    """Nothing was done, as the outside itself says; so nobody has to settle anything."""
    wishing(answering(home, {"ada": "later"}, settle), "ada")
    flown(home, BEGIN)
    assert receipts(home) == ["sent", "waiting"]
    flown(home, LATER)
    assert receipts(home) == ["sent", "waiting", "sent", "done"]
    assert len(said(home)) == 2


def test_what_is_asked_to_wait_is_not_called_before(home: Path) -> None:
    """`Later` names an hour; a tick in between is no reason to knock again."""
    wishing(answering(home, {"ada": "later"}), "ada")
    with entered(home) as house:
        minutes = [BEGIN + timedelta(minutes=minute) for minute in (10, 20)]
        take(house, "wish.made", [wished("gift.send", "bob", at, str(at)) for at in minutes])
    flown(home, BEGIN + timedelta(minutes=59))
    assert [call["subject"] for call in said(home)].count("ada") == 1
    flown(home, BEGIN + timedelta(minutes=61))
    assert [call["subject"] for call in said(home)].count("ada") == 2


@pytest.mark.parametrize("level", [Level.OFF, Level.SHADOW, Level.APPROVE])
def test_a_level_lowered_in_between_forbids_the_call(wanting: House, level: Level) -> None:
    """Rule 30."""
    looking, policy = Looking(wanting), wanting.policy()
    lowered = msgspec.structs.replace(policy, levels={(WISHES, "*"): level})
    perform(wanting.store, lowered, {"recorded": looking}, LATER)
    assert looking.seen == []
    assert set(wanting.read("receipt")["state"]) == {"refused"}


def test_a_level_lowered_by_the_owner_bites_before_the_next_call(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 30, as the owner does it: his word waits unsealed when the hands begin to settle."""
    wishing(home, "ada")
    intended(home, monkeypatch)
    with entered(home) as house:
        house.grant({WISHES: Level.OFF}, by="owner", because="stop")
        fly(house, LATER)
    assert said(home) == []
    assert receipts(home) == ["refused"]


@pytest.mark.parametrize("settle", ["ask", "repeat"])
def test_a_call_in_flight_is_not_repeated_at_a_lower_level(home: Path, settle: str) -> None:
    """Rule 30: settling may ask what became of it, it may not call anew."""
    wishing(answering(home, {"ada": "broken"}, settle), "ada")
    with pytest.raises(ZeroDivisionError):
        flown(home)
    with entered(home) as house:
        lowered = msgspec.structs.replace(house.policy(), levels={(WISHES, "*"): Level.OFF})
        doors = house.crew(VirtualClock(LATER)).connectors()
        perform(house.store, lowered, doors, LATER)
    assert len(said(home)) == 1
    assert said(home, "effects") == []


def test_what_expired_in_between_is_not_called(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wishing(home, "ada", expires_at=BEGIN + timedelta(hours=1))
    intended(home, monkeypatch)
    with entered(home) as house:
        perform(house.store, house.policy(), {"recorded": Looking(house)}, LATER)
        assert house.read("receipt").select("state", "reason").rows() == [
            ("refused", "expired between decision and call")
        ]


@pytest.mark.parametrize(
    ("caps", "called"),
    [
        (Caps(actions_per_day_max=1), 0),
        (Caps(actions_per_hour_max=1), 0),
        (Caps(actions_per_day_max=2, actions_per_hour_max=2), 2),
    ],
)
def test_a_cap_lowered_in_between_forbids_the_call(wanting: House, caps: Caps, called: int) -> None:
    """Rule 30: two were decided; where fewer may be done by now, a person has to look."""
    looking = Looking(wanting)
    lowered = msgspec.structs.replace(wanting.policy(), caps={WISHES: caps})
    perform(wanting.store, lowered, {"recorded": looking}, BEGIN)
    assert len(looking.seen) == called
    assert wanting.read("intents").is_empty()


@pytest.mark.parametrize("state", ["intended", "sent"])
def test_a_verb_that_is_bound_no_more(
    home: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """What cannot be called is told, whatever stage it was at."""
    wishing(answering(home, {"ada": "broken"}), "ada")
    if state == "intended":
        intended(home, monkeypatch)
    else:
        with pytest.raises(ZeroDivisionError):
            flown(home)
    with entered(home) as house:
        unbound = msgspec.structs.replace(house.policy(), bindings={})
        perform(house.store, unbound, {}, LATER)
        assert house.read("intents").is_empty()
        assert set(house.read("receipt")["state"]) <= {"sent", "refused", "unknown"}


def test_no_more_than_one_process_at_a_time(home: Path, tmp_path: Path) -> None:
    """Rule 31: one owner of the file; a second is told who has it."""
    told = tmp_path / "told"
    with entered(home):
        assert apart(flown_or_told, home, told) == 0
    assert f"in use by process {os.getpid()}" in told.read_text()


def test_a_policy_without_levels_does_nothing(wanting: House) -> None:
    looking = Looking(wanting)
    perform(wanting.store, Policy(bindings={"gift.send": "recorded"}), {"recorded": looking}, LATER)
    assert looking.seen == []
