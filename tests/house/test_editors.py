"""Who changed a setting last, and when: with or without a name, it is always said."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from psizero.cli.explanation import explain
from psizero.core.clock import MICROSECOND
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import desk
from psizero.house.home import opened
from tests.house.flights import say
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, take, wished

HOUR = timedelta(hours=1)
WISHES = "growth.wishes"
GRACE = "settings.finance.invoicing.grace_hours"
PEOPLE = '[people]\nfay = "accountant"\nanna = "owner"\nben = "owner"\n'


def home_of(folder: Path, people: str = "") -> Path:
    """A home, and a house.toml that says who lives there."""
    home = folder / "home"
    say("init", "--home", home, "--salt", "salt")
    written(home, people)
    return home


def written(home: Path, people: str, hours: int = 6) -> None:
    text = f"{people}[settings.finance.invoicing]\ngrace_hours = {hours}\n"
    (home / "house.toml").write_text(text)


def editors(home: Path) -> dict[str, tuple[object, object]]:
    """Value and person, by setting, of what waits for its seal too."""
    with opened(home) as house:
        said = house.store.everything("settings.changed")
        return {name: (value, by) for name, value, by in said["name", "value", "by"].iter_rows()}


@pytest.mark.parametrize(
    ("people", "who"),
    [
        ("", "owner"),
        (PEOPLE, "anna"),
        ('[people]\nfay = "accountant"\nzoe = "clerk"\n', "fay"),
    ],
)
def test_without_a_name_it_is_the_first_owner(tmp_path: Path, people: str, who: str) -> None:
    home = home_of(tmp_path, people)
    assert f"settings changed, by {who}" in say("apply", "--home", home)
    assert editors(home)[GRACE] == ("6", who)


def test_with_a_name_it_is_that_one_also_where_it_is_new(tmp_path: Path) -> None:
    """House.toml names somebody whom the log does not know yet."""
    home = home_of(tmp_path, PEOPLE)
    say("apply", "--home", home, "--as", "ben")
    written(home, PEOPLE, 7)
    say("apply", "--home", home, "--as", "fay")
    assert editors(home)[GRACE] == ("7", "fay")
    assert editors(home)["people.anna"] == ('"owner"', "ben")
    written(home, PEOPLE, 8)
    with pytest.raises(Problem, match="'zoe' is nobody in this house"):
        say("apply", "--home", home, "--as", "zoe")
    assert editors(home)[GRACE] == ("7", "fay")


def test_the_last_change_is_shown_by_table_and_by_explain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the automation that decided, and of none other; also what was taken back."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, BINDINGS + PEOPLE)
    sections = [
        f"[caps.{WISHES}]\nactions_per_day_max = 9\n",
        "[settings.operations.rounds]\nwishes_min = 2\n",
    ]
    company = '[company]\nname = "Town"\n' + BINDINGS + PEOPLE
    setting = f"[settings.{WISHES}]\nmoney_minor_max = 700\n"
    for hour, (more, who) in enumerate(
        (("".join(sections) + setting, "anna"), ("".join(sections), "ben"))
    ):
        (home / "house.toml").write_text(company + more)
        with entered(home) as house:
            house.take_charter(desk.editor(house, who))
            take(house, "wish.made", [wished("gift.send", "ada", BEGIN, "e")])
            fly(house, BEGIN + hour * HOUR)
    with entered(home) as house:
        known = house.read("editors")
        rows = {row[0]: row[1:] for row in known.iter_rows()}
        assert rows[f"settings.{WISHES}.money_minor_max"][:2] == ("null", "ben")
        assert rows[f"caps.{WISHES}.actions_per_day_max"][:2] == ("9", "anna")
        assert known["name"].to_list() == house.read("settings")["name"].to_list()
        at = {row["name"]: row["changed_at"] for row in known.iter_rows(named=True)}
        assert at["people.anna"] == BEGIN - MICROSECOND, "the founding's own instant"
        assert BEGIN < at[f"settings.{WISHES}.money_minor_max"] <= BEGIN + HOUR
        (key,) = house.read("decision")["id"]
        explain(house, key, "text")
        told = [one for one in capsys.readouterr().out.splitlines() if "settings   " in one]
        explain(house, key, "json")
        said = json.loads(capsys.readouterr().out)["settings_changed"]
    assert [one.partition(" at ")[0] for one in told] == [
        f"  settings   caps.{WISHES}.actions_per_day_max = 9, by anna",
        f"  settings   settings.{WISHES}.money_minor_max = the default again, by ben",
    ]
    assert [(one["by"], one["value"]) for one in said] == [("anna", 9), ("ben", None)]
