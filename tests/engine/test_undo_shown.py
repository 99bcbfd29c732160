"""What is said of an undo: by explain, at the terminal, and in the desk's own house."""

import json
from pathlib import Path

import pytest

from psizero.cli.explanation import explain
from psizero.core.clock import iso
from psizero.core.errors import Problem
from psizero.house.retraction import undo
from tests.engine.undoing import DONE_AT, HOUR, WATCH, key_of, regret, regretted
from tests.house.flights import say
from tests.toy.town import LATE_AT, entered, fly


def test_what_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of what was undone by which decision, of that one for whom, and who had asked."""
    with entered(regretted(tmp_path / "home")) as house:
        task = key_of(house, "task.assign")
        undo(house, task, regret())
        fly(house, DONE_AT + HOUR)
        key = key_of(house, "task.withdraw")
        explain(house, task, "text")
        told = capsys.readouterr().out
        assert f"effect     undone, {key}, undone by anna: wrong_subject" in told
        explain(house, key, "json")
        evidence = json.loads(capsys.readouterr().out)["evidence"]
    assert evidence["because"] == "anna wants task.assign undone: wrong_subject"
    assert (evidence["facts"]["undoes"], evidence["facts"]["of"]) == (task, WATCH)


@pytest.mark.parametrize(
    "words",
    [("abc", "--all-of", WATCH), ("--all-of", WATCH), ("--since", iso(LATE_AT)), ()],
)
def test_what_is_typed_has_to_name_one_or_many(tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(Problem, match="psizero undo ID, or --all-of"):
        say("undo", *words, "--reason", "other", "--home", tmp_path)


def test_at_the_terminal(tmp_path: Path) -> None:
    """In a house of one's own, where nothing was done yet."""
    home = tmp_path / "home"
    say("init", "--home", home)
    many = ("--all-of", WATCH, "--since", iso(LATE_AT))
    with pytest.raises(Problem, match=r"nothing that customers\.health_watch did since"):
        say("undo", *many, "--reason", "other", "--home", home)
    with pytest.raises(Problem, match="--since 'soon' is no instant"):
        say("undo", "--all-of", WATCH, "--since", "soon", "--reason", "other", "--home", home)
    with pytest.raises(Problem, match="no decision with an id that begins with 'abc'"):
        say("undo", "abc", "--reason", "other", "--home", home)
    with pytest.raises(Problem, match=r"no automation 'a\.b'"):
        say("undo", "--all-of", "a.b", *many[2:], "--reason", "other", "--home", home)
