"""The gate: every decision gets one verdict and the clause that says so."""

import json
import math
from datetime import timedelta

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.policy import Caps, Level, level
from psizero.engine.gate import CLAUSES, judge
from psizero.engine.ground import Ground
from tests.engine.judging import (
    FOUND,
    GREETING,
    HOUR,
    NOW,
    WISHES,
    Asked,
    any_caps,
    any_levels,
    at,
    frame,
    ground,
    many_asked,
    taken,
    verdicts,
)

LEVEL_OF = {clause.name: clause.level for clause in CLAUSES}
RANK = {one.value: one.rank for one in Level}


def only(asked: Asked, known: Ground) -> tuple[str, str]:
    """Verdict of a single decision."""
    return verdicts([asked], known)[asked.id]


@pytest.mark.parametrize(
    ("changed", "known", "verdict"),
    [
        ({}, ground(Level.OFF), ("off", "switched_off")),
        ({"expires_at": NOW}, ground(), ("off", "expired")),
        ({"expires_at": NOW + timedelta(microseconds=1)}, ground(), ("auto", "within_policy")),
        ({}, ground(Level.SHADOW), ("shadow", "in_shadow")),
        ({"verb": "oracle.ask"}, ground(), ("approve", "undeclared")),
        ({"verb": "account.close"}, ground(), ("approve", "protected")),
        ({}, ground(Level.APPROVE), ("approve", "asks")),
        ({"confidence": 0.49}, ground(), ("approve", "unsure")),
        ({"confidence": 0.5}, ground(), ("auto", "within_policy")),
        (
            {"money_minor": 6},
            ground(caps={WISHES: Caps(money_minor_per_action_max=5)}),
            ("approve", "over_cap"),
        ),
        ({}, ground(), ("auto", "within_policy")),
    ],
)
def test_each_clause(changed: dict[str, object], known: Ground, verdict: tuple[str, str]) -> None:
    assert only(Asked(id="d", **changed), known) == verdict


@pytest.mark.parametrize("ceiling", Level)
def test_nothing_goes_above_its_automation_s_ceiling(ceiling: Level) -> None:
    """Whatever the owner grants; a ceiling is what the author of the automation vouches for."""
    low = msgspec.structs.replace(FOUND.automations[WISHES], ceiling=ceiling)
    known = msgspec.structs.replace(ground(), automations={**FOUND.automations, WISHES: low})
    assert RANK[only(Asked(id="d"), known)[0]] <= ceiling.rank


@pytest.mark.parametrize("confidence", [math.nan, math.inf, -math.inf, -0.1, 1.1, 7.0])
def test_a_confidence_that_is_none_asks_a_person(confidence: float) -> None:
    """Rule 45: what is out of range is unsure."""
    assert only(Asked(id="d", confidence=confidence), ground()) == ("approve", "unsure")


@given(many_asked(), any_caps, any_levels)
def test_one_verdict_and_one_clause_for_each(
    asked: list[Asked], caps: dict[str, Caps], levels: dict[tuple[str, str], Level]
) -> None:
    for said, clause in verdicts(asked, at(ground(caps=caps), levels)).values():
        assert LEVEL_OF[clause] == said


@given(many_asked(), any_levels)
def test_never_above_the_level_granted(
    asked: list[Asked], levels: dict[tuple[str, str], Level]
) -> None:
    known = at(ground(), levels)
    found = verdicts(asked, known)
    for one in asked:
        granted = known.policy.level_of(one.automation, one.verb)
        assert RANK[found[one.id][0]] <= granted.rank


@given(many_asked(), any_caps, st.randoms(use_true_random=False))
def test_the_order_in_which_they_come_changes_nothing(
    asked: list[Asked], caps: dict[str, Caps], turn: object
) -> None:
    mixed = sorted(asked, key=lambda one: turn.random())
    assert verdicts(asked, ground(caps=caps)) == verdicts(mixed, ground(caps=caps))
    said = judge(frame(asked), ground(caps=caps), NOW)
    assert said.equals(judge(frame(mixed), ground(caps=caps), NOW))


@given(many_asked(apart=True), any_levels)
def test_alone_as_among_others_where_nothing_is_counted(
    asked: list[Asked], levels: dict[tuple[str, str], Level]
) -> None:
    known = at(ground(), levels)
    together = verdicts(asked, known)
    assert {one.id: only(one, known) for one in asked} == together


@given(many_asked(), any_caps)
def test_what_is_taken_at_auto_would_be_asked_at_approve(
    asked: list[Asked], caps: dict[str, Caps]
) -> None:
    would = verdicts(asked, ground(Level.APPROVE, caps=caps))
    for key in taken(asked, ground(caps=caps)):
        assert would[key] == ("approve", "asks")


@given(many_asked(), any_caps)
def test_shadow_shows_what_auto_would_look_at(asked: list[Asked], caps: dict[str, Caps]) -> None:
    """Nothing but what has expired is hidden from shadow, and nothing in it is taken."""
    shadow = verdicts(asked, ground(Level.SHADOW, caps=caps))
    assert {clause for _, clause in shadow.values()} <= {"in_shadow", "expired"}


@given(many_asked())
def test_nobody_is_reached_twice_on_one_channel(asked: list[Asked]) -> None:
    """Rule 43, within one tick; internal verbs reach nobody."""
    went = taken(asked, ground())
    reached = [
        (one.subject, FOUND.verbs[one.verb].channel)
        for one in asked
        if one.id in went and FOUND.verbs[one.verb].channel
    ]
    assert len(reached) == len(set(reached))


@pytest.mark.parametrize(("hours", "said"), [(0, "off"), (23, "off"), (24, "auto"), (48, "auto")])
def test_the_cool_down_reaches_back(hours: int, said: str) -> None:
    touches = [("ada", "mail", NOW - hours * HOUR, "the-other")]
    judged = judge(frame([Asked(id="d")]), ground(touches=touches), NOW)
    assert judged["level"].to_list() == [said]
    assert ("the-other" in judged["because"][0]) == (said == "off")


def test_the_cool_down_is_one_subject_on_one_channel() -> None:
    touches = [("ada", "mail", NOW - HOUR, "x")]
    known = ground(touches=touches)
    assert only(Asked(id="d", subject="bob"), known)[0] == "auto"
    assert only(Asked(id="d", verb="gift.send"), known)[0] == "auto"
    assert only(Asked(id="d", automation=GREETING), known) == ("off", "cooling_down")


def test_of_two_the_protective_then_the_dearer_goes_first() -> None:
    asked = [
        Asked(id="a", automation=GREETING, money_minor=5),
        Asked(id="b", automation=WISHES, money_minor=9),
        Asked(id="c", verb="access.lift"),
    ]
    judged = judge(frame(asked), ground(), NOW)
    assert judged["id"].to_list() == ["c", "b", "a"]
    assert dict(judged.select("id", "level").iter_rows()) == {"c": "auto", "b": "auto", "a": "off"}
    assert "decision b" in judged.filter(pl.col("id") == "a")["because"][0]


def test_levels_by_scope() -> None:
    """Rule 2: the narrower scope wins, up and down; what nobody named is off."""
    levels = {(WISHES, "*"): Level.AUTO, (WISHES, "gift.send"): Level.SHADOW}
    levels |= {(GREETING, "message.send"): Level.AUTO}
    known = at(ground(), levels)
    assert only(Asked(id="d"), known)[0] == "auto"
    assert only(Asked(id="d", verb="gift.send"), known)[0] == "shadow"
    assert only(Asked(id="d", automation=GREETING), known)[0] == "auto"
    off = only(Asked(id="d", automation="finance.invoicing", verb="invoice.issue"), known)
    assert off == ("off", "switched_off")


@given(st.text())
def test_a_level_that_nobody_knows_is_off(text: str) -> None:
    """Rule 1."""
    known = {one.value for one in Level}
    assert level(text) is Level.OFF or text in known


def test_levels_are_ordered() -> None:
    assert [one.value for one in Level] == ["off", "shadow", "approve", "auto"]
    assert [one.rank for one in Level] == [0, 1, 2, 3]


def test_the_clauses_end_with_one_that_always_holds() -> None:
    assert CLAUSES[-1].name == "within_policy"
    assert len({clause.name for clause in CLAUSES}) == len(CLAUSES)
    assert all(clause.doc and clause.level in RANK for clause in CLAUSES)
    assert [clause.name for clause in CLAUSES if clause.level == "auto"] == [
        "approved_quiet",
        "approved",
        "quiet_hours",
        "asked_for",
        "within_policy",
    ]


def test_what_is_approved_is_taken_unless_it_is_shut() -> None:
    """A person's yes passes what asks for a person, and nothing that forbids."""
    yes = pl.DataFrame({"id": ["d"], "approvals": [1], "approved_by": ["anna"]})
    for low, verdict in {
        Level.OFF: ("off", "switched_off"),
        Level.SHADOW: ("shadow", "in_shadow"),
        Level.APPROVE: ("auto", "approved"),
        Level.AUTO: ("auto", "approved"),
    }.items():
        known = msgspec.structs.replace(ground(low), approvals=yes)
        assert only(Asked(id="d", verb="account.close", confidence=0.1), known) == verdict
        two = {WISHES: Caps(approvals_min=2)}
        policy = msgspec.structs.replace(known.policy, caps=two)
        fewer = msgspec.structs.replace(known, policy=policy)
        assert only(Asked(id="d", verb="account.close"), fewer)[1] != "approved"


@given(many_asked(apart=True), any_caps, any_levels)
def test_a_counterfactual_flips_its_clause(
    asked: list[Asked], caps: dict[str, Caps], levels: dict[tuple[str, str], Level]
) -> None:
    """Rule 60: with the named input at the named value, the clause does not hold any more."""
    known = at(ground(caps=caps), levels)
    for one in asked:
        judged = judge(frame([one]), known, NOW).row(0, named=True)
        said = json.loads(judged["counterfactual"])
        if said:
            clause = next(clause for clause in CLAUSES if clause.name == judged["clause"])
            row = judge(frame([one]), known, NOW)
            kept = row.schema[said["input"]]
            flipped = pl.Series([said["would_be"]], dtype=pl.String)
            value = (
                flipped.str.to_datetime()
                if kept == pl.Datetime
                else (flipped == "true" if kept == pl.Boolean else flipped.cast(kept))
            )
            held = row.with_columns(value.alias(said["input"])).select(held=clause.when)["held"]
            assert not held.fill_null(False)[0], (clause.name, said)
