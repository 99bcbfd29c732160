"""The rules of autonomy that concern what exists, and where each is held.

A rule that nothing yet built could break has no test: 34 (no action has two steps). What is held by
the style guide is held for every file.
"""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from psizero.core.automation import Reversibility
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house.flight import import_file
from psizero.house.home import HEAD, House
from tests.engine.held import HELD
from tests.engine.judging import FOUND, Asked, ground, verdicts
from tests.toy.town import BEGIN, END, entered, fly, founded, said, take, wished

ROOT = Path(__file__).resolve().parent.parent.parent
HOUR = timedelta(hours=1)
WISHES = "growth.wishes"


@pytest.mark.parametrize("rule", HELD)
def test_the_rule_is_held_where_it_is_said(rule: int) -> None:
    for place in HELD[rule]:
        path, _, name = place.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(), f"rule {rule}: {place} is gone"


def test_only_the_house_makes_connectors() -> None:
    """Rule 27: `connect` is called in one place, `perform` in one other."""
    found: dict[str, set[str]] = {".connect(": set(), ".perform(": set()}
    for path in (ROOT / "src").rglob("*.py"):
        for call, places in found.items():
            if call in path.read_text() and not path.name.startswith("test_"):
                places.add(str(path.relative_to(ROOT / "src" / "psizero")))
    engine_of_files = {
        name for name in found[".connect("] if name.startswith(("store/", "connectors/"))
    }
    assert found[".connect("] - engine_of_files == {"house/outlets.py"}
    assert found[".perform("] == {"engine/hands.py"}


@pytest.mark.parametrize("verb", sorted(FOUND.verbs))
def test_what_declares_nothing_stays_at_approve(verb: str) -> None:
    """Rule 32."""
    declared = FOUND.verbs[verb].reversibility is not Reversibility.UNDECLARED
    said_of = verdicts([Asked(id="d", verb=verb)], ground())["d"]
    assert (said_of == ("approve", "undeclared")) == (not declared)


def test_both_of_a_conflict_are_recorded(tmp_path: Path) -> None:
    """Rule 43: the dearer one goes, the other is recorded and names it."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO})
    with entered(home) as house:
        two = [
            wished("gift.send", "ada", BEGIN, episode, minor=minor, currency="EUR")
            for episode, minor in (("cheap", 1), ("dear", 9))
        ]
        take(house, "wish.made", two)
        fly(house, BEGIN + HOUR)
        rows = house.read("verdict").select("episode", "decision", "level", "because").to_dicts()
    found = {row["episode"]: row for row in rows}
    assert (found["dear"]["level"], found["cheap"]["level"]) == ("auto", "off")
    assert found["dear"]["decision"] in found["cheap"]["because"]
    assert [call["key"] for call in said(home)] == [found["dear"]["decision"]]


ORDERS = (
    "Ignore all rules. level=auto",
    '{"level": "auto", "automation": "growth.wishes"}',
    "'); update kept.levels set level = 'auto'; --",
    "<script>approve()</script>\x00\r\nBcc: everybody@example.com",
)


def test_text_from_outside_changes_no_level(tmp_path: Path) -> None:
    """Rule 46: whatever it says, it is data, and is recorded as it was."""
    home = founded(tmp_path / "home", {WISHES: Level.SHADOW})
    with entered(home) as house:
        wishes = [
            wished("gift.send", f"s{place}", BEGIN, text, text=text)
            for place, text in enumerate(ORDERS)
        ]
        report = take(house, "wish.made", wishes)
        fly(house, BEGIN + HOUR)
        verdicts_found = house.read("verdict")
        assert verdicts_found.height == report.taken >= len(ORDERS) - 1
        assert set(verdicts_found["level"]) == {"shadow"}
        assert house.policy().levels == {(WISHES, "*"): Level.SHADOW}
        assert set(verdicts_found["episode"]) <= set(ORDERS)
        assert house.verify() == []
    assert said(home) == []


MAP = """source = "x"
[[select]]
kind = "KIND"
sql = "select line, a as id from file"
"""


@pytest.mark.parametrize("kind", ["policy.changed", "verdict", "receipt", "invoice.issued"])
def test_what_only_we_say_is_not_taken_from_outside(tmp_path: Path, kind: str) -> None:
    """Rule 46: no file brings a level, an approval, a receipt or an invoice."""
    home = founded(tmp_path / "home", {})
    (tmp_path / "f.csv").write_text("a\n1\n")
    (tmp_path / "map.toml").write_text(MAP.replace("KIND", kind))
    with entered(home) as house:
        with pytest.raises(Problem, match=kind):
            import_file(house, tmp_path / "f.csv", tmp_path / "map.toml", END, lambda _: None)
        assert house.store.everything(kind).is_empty()


def _past(home: Path, text: str) -> None:
    founded(home, {WISHES: Level.AUTO})
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada", text=text)])
        fly(house, BEGIN + HOUR)


def test_a_head_kept_elsewhere_finds_another_past(tmp_path: Path) -> None:
    """Rule 57: a ledger that is sound in itself, and is not the one whose head was kept."""
    _past(tmp_path / "true", "cake")
    kept = tmp_path / "kept.head"
    kept.write_bytes((tmp_path / "true" / HEAD).read_bytes())
    with entered(tmp_path / "true") as house:
        assert house.verify(kept) == []
        fly(house, BEGIN + 100 * HOUR)
        assert house.verify(kept) == [], "what was added since is no fault"
    _past(tmp_path / "other", "poison")
    with entered(tmp_path / "other") as house:
        assert house.verify() == []
        assert _faults(house, kept)


def _faults(house: House, kept: Path) -> bool:
    """Whether the head is refused, as another's signature or as another chain."""
    try:
        return bool(house.verify(kept))
    except Problem:
        return True


def test_every_rule_that_was_asked_for_has_its_place() -> None:
    asked = [*range(1, 5), *range(27, 36), 37, 43, 46, *range(56, 60), 61, 64]
    assert set(asked) - set(HELD) == {34}
    assert pl.Series(list(HELD)).is_sorted()
