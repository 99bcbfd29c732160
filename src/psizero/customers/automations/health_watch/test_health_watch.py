"""The watch as rules over any morning: beside the golden cases in cases.toml."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.records import Decision
from psizero.core.tables import POLARS_TYPES, Type
from psizero.customers.automations.health_watch import AUTOMATION, measure, propose
from psizero.customers.events import HEALTH_SCORED
from psizero.customers.health import METRICS, Settings, placed

MONDAY, DAY = datetime(2026, 10, 5), timedelta(days=1)
FIVE, SIX = timedelta(hours=5), timedelta(hours=6)
USUAL = Settings()
STANDING = {
    "customer": POLARS_TYPES[Type.TEXT],
    "scored_at": POLARS_TYPES[Type.INSTANT],
    **{name: POLARS_TYPES[column.type] for name, column in HEALTH_SCORED.columns.items()},
}
KEPT = {"coverage": 0.9, "open_tickets": 0, "owing": False, "inputs": "{}", "version": "1"}
NOBODY = pl.DataFrame(schema={"customer": pl.String(), "probability": pl.Float64()})
"""Nobody is feared to leave."""


def standing(scores: Sequence[float | None], **more: object) -> pl.DataFrame:
    """health_standing on the last morning of a path of scores, one a day from Monday on."""
    memory = pl.DataFrame(schema=STANDING)
    for number, score in enumerate(scores):
        today = pl.DataFrame(
            {"customer": ["ada"], "score": [score], "young": [False]},
            schema_overrides={"score": pl.Float64},
        )
        memory = placed(today, memory, USUAL, MONDAY + number * DAY)
    row = {**memory.row(0, named=True), **KEPT, **more}
    row.setdefault("scored_at", MONDAY + (len(scores) - 1) * DAY + FIVE)
    return pl.DataFrame([row], schema=STANDING)


def decided(*scores: float | None, **more: object) -> list[Decision]:
    """What is decided at six on the last morning of a path of scores."""
    now = MONDAY + (len(scores) - 1) * DAY + SIX
    known = {"health_standing": standing(scores, **more), "churn_standing": NOBODY}
    return list(propose(known, USUAL, now))


def verbs(*scores: float | None, **more: object) -> list[str]:
    """Verb and band, in words."""
    return [f"{one.verb} {one.episode.split()[0]}" for one in decided(*scores, **more)]


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (39.99, ["task.assign critical"]),
        (40.0, ["campaign.enroll warning"]),
        (59.99, ["campaign.enroll warning"]),
        (60.0, []),
        (80.0, []),
        (80.01, ["task.assign good"]),
        (None, []),
    ],
)
def test_borders_are_literal(score: float | None, said: list[str]) -> None:
    assert verbs(score) == said


days = st.lists(st.floats(0, 100).map(lambda one: round(one, 2)), min_size=1, max_size=20)


@given(days)
def test_an_occasion_is_one_decision(path: list[float]) -> None:
    """As long as it stands it is proposed with the same content, whatever the score."""
    ids: dict[str, set[str]] = {}
    for last in range(1, len(path) + 1):
        for one in decided(*path[:last]):
            ids.setdefault(one.episode, set()).add(one.id_for(AUTOMATION.name))
            assert path[last - 1] == one.evidence.facts["score"]
    assert all(len(found) == 1 for found in ids.values())


@given(st.lists(st.floats(35, 45), min_size=1, max_size=25))
def test_swinging_around_40_is_one_call(path: list[float]) -> None:
    called = {
        one.episode
        for last in range(1, len(path) + 1)
        for one in decided(*path[:last])
        if one.verb == "task.assign"
    }
    assert len(called) == (1 if min(path) < 40 else 0)


@given(st.floats(0, 100).filter(lambda score: not 60 <= score <= 80))
def test_the_counterfactual_flips(score: float) -> None:
    (one,) = decided(score)
    stance, word, border = one.episode.split()[0], *one.evidence.counterfactual.split()[-2:]
    step = 0.01 if word == "above" else -0.01
    left = decided(score, float(border) + step)
    stayed = decided(score, float(border))
    assert word == ("below" if stance == "good" else "above")
    assert [other.episode for other in stayed] == [one.episode]
    assert one.episode not in [other.episode for other in left]


@pytest.mark.parametrize(
    "more", [{"young": True}, {"scored_at": MONDAY - DAY}, {"score": None}], ids=str
)
def test_nothing_for_the_young_the_old_and_the_unknown(more: dict[str, object]) -> None:
    assert verbs(30.0) == ["task.assign critical"]
    assert verbs(30.0, **more) == []


@pytest.mark.parametrize("more", [{"owing": True}, {"open_tickets": 1}], ids=str)
def test_no_offer_on_top_of_a_debt_or_a_question(more: dict[str, object]) -> None:
    assert verbs(90.0) == ["task.assign good"]
    assert verbs(90.0, **more) == []
    assert verbs(30.0, **more) == ["task.assign critical"]


def test_evidence_says_what_the_score_was_made_of() -> None:
    points = {"calls_points": 20.5, "login_points": 11.5, "billing_points": 0.0}
    worths = {"calls_value": 90.0, "login_value": 12.5, "billing_value": 0.0}
    inputs = '{"billing":"overdue","calls":"12500.5","calls_before":"9000","login":"1"}'
    (one,) = decided(32.0, **points, **worths, inputs=inputs)
    said = one.evidence
    assert said.contributions == {"calls": 20.5, "login": 11.5, "billing": 0.0}
    assert sum(said.contributions.values()) == said.facts["score"] == 32.0
    assert said.because == (
        "health 32.00 is critical: billing overdue, login 1, calls 9,000 -> 12,500.5"
    )
    assert set(said.contributions) <= set(METRICS)
    assert one.confidence == 0.9


def test_settings_name_people_and_days() -> None:
    other = msgspec.structs.replace(USUAL, upsell_role="founder", upsell_due_days=2)
    known = {"health_standing": standing([90.0]), "churn_standing": NOBODY}
    (one,) = propose(known, other, MONDAY + SIX)
    assert one.parameters["role"] == "founder"
    assert one.parameters["due_at"] == MONDAY + 2 * DAY


OUTCOMES = [
    # episode, score then, score and stance now; value and whether it was good
    ("critical", 30.0, 34.0, "critical", 4.0, False),
    ("critical", 30.0, 35.0, "critical", 5.0, True),
    ("critical", 39.0, 43.0, "warning", 4.0, True),
    ("warning", 41.0, 39.0, "critical", -2.0, False),
    ("warning", 58.0, 62.0, "steady", 4.0, True),
    ("warning", 50.0, 50.0, "warning", 0.0, False),
    ("good", 85.0, 82.0, "good", -3.0, True),
    ("good", 85.0, 70.0, "steady", -15.0, False),
    ("critical", 30.0, None, "critical", 0.0, None),
    ("critical", None, 50.0, "warning", 0.0, None),
    ("warning", 50.0, "left", None, -50.0, False),
    ("critical", "never", 50.0, "warning", 0.0, None),
]


def test_measured_by_what_became_of_the_score() -> None:
    named = [(f"c{number}", *row) for number, row in enumerate(OUTCOMES)]
    now = [(name, score, stance) for name, _, _, score, stance, *_ in named if score != "left"]
    then = [(name, score) for name, _, score, *_ in named if score != "never"]
    scores = {"customer": pl.String, "score": pl.Float64, "stance": pl.String}
    facts = {
        "health_standing": pl.DataFrame(now, schema=scores, orient="row"),
        "health_month_before": pl.DataFrame(
            then, schema={"customer": pl.String, "score": pl.Float64}, orient="row"
        ),
        "settings": pl.DataFrame(schema={"name": pl.String, "value": pl.String}),
    }
    due = pl.DataFrame(
        {
            "decision": [name for name, *_ in named],
            "subject": [name for name, *_ in named],
            "episode": [f"{row[1]} 2026-10-05" for row in named],
        }
    )
    found = measure(facts, due).sort("decision")
    wanted = {name: (value, good) for name, *_, value, good in named}
    assert {n: (v, g) for n, v, g in found.select("decision", "value", "good").iter_rows()} == (
        wanted
    )
    unknown = found.filter(pl.col("good").is_null())["name"].unique().to_list()
    assert unknown == ["health unknown"]
    raised = pl.DataFrame({"name": ["settings.customers.health_watch.rise_percent"], "value": "4"})
    again = measure({**facts, "settings": raised}, due).sort("decision")
    assert again["good"][0] is True
