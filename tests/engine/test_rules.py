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
from tests.engine.judging import FOUND, Asked, ground, verdicts
from tests.toy.town import BEGIN, END, entered, fly, founded, said, take, wished

ROOT = Path(__file__).resolve().parent.parent.parent
HOUR = timedelta(hours=1)
WISHES = "growth.wishes"
HELD: dict[int, list[str]] = {
    1: [
        "tests/engine/test_levels.py::test_nothing_granted_is_off",
        "tests/engine/test_levels.py::test_a_level_that_cannot_be_read_is_off",
        "tests/engine/test_gate.py::test_a_level_that_nobody_knows_is_off",
    ],
    2: [
        "tests/engine/test_gate.py::test_levels_by_scope",
        "tests/engine/test_levels.py::test_levels_by_verb",
    ],
    3: [
        "tests/laws/test_restrained.py::test_nobody_is_called",
        "tests/laws/test_restrained.py::test_off_thinks_nothing",
        "tests/laws/test_restrained.py::test_off_writes_nothing",
        "tests/laws/test_restrained.py::test_shadow_decides_and_records",
    ],
    4: [
        "tests/laws/test_restrained.py::test_what_shadow_leaves_changes_nothing_later",
        "tests/laws/test_restrained.py::test_no_rows_are_added",
    ],
    13: [
        "tests/engine/test_desk_shown.py::test_nothing_of_it_is_cut",
        "tests/engine/test_desk_shown.py::test_what_a_no_comes_to",
        "tests/engine/test_desk_shown.py::test_what_else_is_about_the_same_subject",
    ],
    14: ["tests/engine/test_desk_edits.py::test_who_edited_it_is_no_approver"],
    20: [
        "tests/engine/test_desk.py::test_no_needs_a_reason_and_is_kept",
        "tests/engine/test_desk_edits.py::test_an_edit_is_asked_anew_and_acts_instead",
        "tests/engine/test_desk_edits.py::test_a_yes_to_the_old_one_is_void",
    ],
    27: [
        "tests/tidy_rules.py::performing",
        "tests/engine/test_rules.py::test_only_the_house_makes_connectors",
    ],
    28: [
        "tests/engine/test_hands.py::test_sent_is_durable_before_the_call",
        "tests/engine/test_deaths.py::test_a_process_that_is_gone_leaves_one_effect",
    ],
    29: [
        "tests/engine/test_hands.py::test_sent_is_durable_before_the_call",
        "tests/engine/test_deaths.py::test_a_death_in_the_call_is_settled_as_the_connector_says",
        "tests/engine/test_settlement.py::test_it_stands_as_a_person_says",
        "tests/engine/test_settlement.py::test_it_is_settled_once",
    ],
    30: [
        "tests/engine/test_hands.py::test_a_level_lowered_in_between_forbids_the_call",
        "tests/engine/test_hands.py::test_a_call_in_flight_is_not_repeated_at_a_lower_level",
        "tests/engine/test_hands.py::test_a_level_lowered_by_the_owner_bites_before_the_next_call",
        "tests/engine/test_hands.py::test_what_expired_in_between_is_not_called",
        "tests/engine/test_hands.py::test_a_cap_lowered_in_between_forbids_the_call",
    ],
    31: ["tests/engine/test_hands.py::test_no_more_than_one_process_at_a_time"],
    32: [
        "tests/laws/test_declared.py::test_verb_says_whether_it_can_be_undone",
        "tests/engine/test_rules.py::test_what_declares_nothing_stays_at_approve",
    ],
    33: [
        "tests/engine/test_undo.py::test_what_the_house_did_itself_is_taken_back",
        "tests/engine/test_undo.py::test_once_and_no_more",
        "tests/engine/test_undo.py::test_a_release_gone_wrong",
    ],
    35: [
        "tests/engine/test_levels.py::test_shadow_parameters_are_those_that_auto_would_use",
        "tests/engine/test_hands.py::test_a_call_is_one_and_says_what_was_decided",
    ],
    37: [
        "tests/engine/test_caps.py::test_no_cap_is_ever_broken",
        "tests/engine/test_caps.py::test_over_a_cap_is_asked_not_dropped",
        "tests/engine/test_caps.py::test_more_caps_never_more_actions",
        "tests/engine/test_reach.py::test_no_share_is_ever_broken",
        "tests/engine/test_reach.py::test_at_the_call_too",
    ],
    43: [
        "tests/engine/test_gate.py::test_nobody_is_reached_twice_on_one_channel",
        "tests/engine/test_gate.py::test_the_cool_down_reaches_back",
        "tests/engine/test_rules.py::test_both_of_a_conflict_are_recorded",
    ],
    46: [
        "tests/engine/test_rules.py::test_text_from_outside_changes_no_level",
        "tests/engine/test_rules.py::test_what_only_we_say_is_not_taken_from_outside",
    ],
    47: [
        "tests/engine/test_hands_onward.py::test_a_refused_notice_goes_out_once_more",
        "tests/engine/test_hands_onward.py::test_never_both",
    ],
    56: [
        "tests/house/test_verify.py::test_a_value_edited",
        "tests/house/test_verify.py::test_a_record_deleted",
        "tests/house/test_verify.py::test_a_record_inserted",
        "tests/house/test_verify.py::test_two_records_swapped",
    ],
    57: [
        "tests/house/test_verify_ledger.py::test_the_tail_cut_off",
        "tests/engine/test_rules.py::test_a_head_kept_elsewhere_finds_another_past",
    ],
    58: [
        "tests/laws/test_known.py::test_kept_equals_its_rebuild",
        "tests/laws/test_rebuilt.py::test_levels",
        "tests/laws/test_rebuilt.py::test_use_of_caps",
    ],
    59: [
        "tests/laws/test_same_bytes.py::test_flights_equal_over_threads_and_processes",
        "tests/laws/test_pure.py::test_same_facts_same_decisions",
        "tests/engine/test_loop.py::test_a_death_at_any_tick_changes_no_record",
    ],
    61: [
        "tests/house/test_erase.py::test_erased",
        "tests/toy/test_mail.py::test_an_erased_customer_gets_no_mail",
    ],
    64: [
        "tests/engine/test_clock.py::test_a_clock_that_goes_back_is_refused",
        "tests/engine/test_loop.py::test_a_house_s_clock_does_not_go_back",
        "tests/engine/test_loop.py::test_a_cadence_keeps_its_hour_on_the_wall",
        "tests/tidy_rules.py::wall_clock",
    ],
}


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
