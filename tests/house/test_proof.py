"""Rule 8: what changed begins again in shadow, unless the last 30 days come out the same."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.policy import Level
from tests.toy.installed import installed
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, said, take, wished

WISHES, HOUR = "growth.wishes", timedelta(hours=1)
HEAD = '[company]\nname = "Town"\n' + BINDINGS


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Wishes at auto; two of them, for 50 and for 60, were done."""
    made = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(made) as house:
        for name, minor in {"ada": 50, "bob": 60}.items():
            take(house, "wish.made", [wished("gift.send", name, minor=minor, currency="EUR")])
        fly(house, BEGIN + HOUR)
    assert len(said(made)) == 2
    yield made


def level_after(home: Path, **change: object) -> tuple[Level, int]:
    """The level with which the house goes on, and how many calls there were by then."""
    found = msgspec.structs.replace(installed(), **change)
    with entered(home, found) as house:
        take(house, "wish.made", [wished("gift.send", "dan", BEGIN + 2 * HOUR)])
        fly(house, BEGIN + 3 * HOUR)
        fly(house, BEGIN + 4 * HOUR)
        rows = house.read("policy_changed").filter(pl.col("by") == "replay")
        assert rows.height <= 1, "it is said once"
        return house.policy().level_of(WISHES, "*"), len(said(home))


def set_to(home: Path, money_minor_max: int) -> None:
    (home / "house.toml").write_text(f"{HEAD}[settings.{WISHES}]\n{money_minor_max = }\n")


def test_a_setting_that_changes_decisions_goes_to_shadow(home: Path) -> None:
    set_to(home, 55)
    assert level_after(home) == (Level.SHADOW, 2)


def test_a_setting_that_stands_in_the_reasons_changes_them(home: Path) -> None:
    """Wishes name their limit among the facts: the same acts for other reasons are not the same."""
    set_to(home, 70)
    assert level_after(home) == (Level.SHADOW, 2)


def test_code_that_decides_the_same_keeps_the_level(home: Path) -> None:
    codes = {**installed().codes, WISHES: "other code"}
    assert level_after(home, codes=codes) == (Level.AUTO, 3)


def test_code_that_decides_otherwise_goes_to_shadow(home: Path) -> None:
    known = installed()
    silent = msgspec.structs.replace(known.automations[WISHES], propose=lambda *_: ())
    automations = {**known.automations, WISHES: silent}
    codes = {**known.codes, WISHES: "silence"}
    assert level_after(home, automations=automations, codes=codes) == (Level.SHADOW, 2)


def test_nothing_changed_is_not_tried(home: Path) -> None:
    assert level_after(home) == (Level.AUTO, 3)
