"""A process may die before, in and after a call: one effect, or a person who looks."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.intents import LATER, flown, intended, receipts, wishing
from tests.toy.installed import apart
from tests.toy.town import answering, entered, said


@pytest.mark.parametrize(
    ("settle", "when", "states", "calls"),
    [
        ("ask", "broken", ["sent", "done"], 2),
        ("ask", "broken after", ["sent", "done"], 1),
        ("repeat", "broken", ["sent", "done"], 2),
        ("repeat", "broken after", ["sent", "done"], 2),
        ("person", "broken", ["sent", "unknown"], 1),
        ("person", "broken after", ["sent", "unknown"], 1),
    ],
)
def test_a_death_in_the_call_is_settled_as_the_connector_says(
    home: Path, settle: str, when: str, states: list[str], calls: int
) -> None:
    wishing(answering(home, {"ada": when}, settle), "ada")
    with pytest.raises(ZeroDivisionError):
        flown(home)
    assert receipts(home) == ["sent"]
    flown(home, LATER + timedelta(hours=1))
    assert receipts(home) == states
    assert len(said(home)) == calls
    assert len({call["key"] for call in said(home)}) == 1, "the same key each time"


@pytest.mark.parametrize(("when", "calls"), [("die before", 2), ("die after", 1)])
def test_a_process_that_is_gone_leaves_one_effect(home: Path, when: str, calls: int) -> None:
    """The same with a process that ends where it stands."""
    wishing(answering(home, {"ada": when}), "ada")
    assert apart(flown, home) == 9
    assert receipts(home) == ["sent"]
    flown(home)
    assert receipts(home) == ["sent", "done"]
    assert (len(said(home)), len(said(home, "effects"))) == (calls, 1)


def test_a_home_whose_process_is_gone_is_sound(home: Path) -> None:
    """Also where it died before it ever signed: nothing was cut off."""
    wishing(answering(home, {"ada": "die before"}), "ada")
    assert apart(flown, home) == 9
    with entered(home) as house:
        assert house.verify() == []


def test_a_death_between_decision_and_call_loses_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishing(home, "ada")
    intended(home, monkeypatch)
    assert (receipts(home), said(home)) == ([], [])
    flown(home)
    assert receipts(home) == ["sent", "done"]
    assert len(said(home)) == 1
