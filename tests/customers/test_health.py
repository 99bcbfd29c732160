"""The score, its bands and its hysteresis as rules."""

from datetime import datetime, timedelta

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.customers.health import (
    ENGAGEMENT,
    METRICS,
    PREFIX,
    USAGE,
    Settings,
    band,
    placed,
    scored,
    settings_from,
)

DAY = timedelta(days=1)
MONDAY = datetime(2026, 10, 5)
USUAL = Settings()
MEMORY = {"customer": pl.String, "stance": pl.String} | {
    f"{one}_on": pl.Datetime("us") for one in ("critical", "warning", "good")
}
worths = st.none() | st.floats(0, 100).map(lambda value: round(value, 6))
told = st.fixed_dictionaries(dict.fromkeys(METRICS, worths))


def score_of(values: dict[str, float | None], settings: Settings = USUAL) -> dict[str, object]:
    """The row of one customer."""
    row = {f"{name}_value": values.get(name) for name in METRICS}
    frame = pl.DataFrame([row], schema=dict.fromkeys(row, pl.Float64))
    return scored(frame, settings).row(0, named=True)


def test_weights_are_the_missions() -> None:
    assert sum(USAGE.values()) == sum(ENGAGEMENT.values()) == 100
    assert [USAGE[name] for name in ("calls", "success", "adoption", "tickets", "billing")] == [
        30,
        20,
        20,
        10,
        20,
    ]
    assert list(ENGAGEMENT.values()) == [30, 20, 10, 10, 30]
    assert USUAL.usage_share == 0.6


def test_missing_is_dropped_and_the_rest_weighs_more() -> None:
    """Three of five usage metrics at 80 are 80 with coverage .70, not 56."""
    found = score_of({"calls": 80.0, "success": 80.0, "adoption": 80.0})
    assert (found["usage"], found["usage_coverage"]) == (80.0, 0.7)
    assert (found["score"], found["coverage"], found["engagement"]) == (None, 0.42, None)
    half = msgspec.structs.replace(USUAL, coverage_share_min=0.42)
    known = score_of({"calls": 80.0, "success": 80.0, "adoption": 80.0}, half)
    assert (known["score"], known["calls_points"]) == (80.0, pytest.approx(80 * 3 / 7))


@pytest.mark.parametrize(("share", "known"), [(0.59, True), (0.6, True), (0.61, False)])
def test_below_the_floor_of_coverage_there_is_no_score(share: float, known: bool) -> None:
    settings = msgspec.structs.replace(USUAL, coverage_share_min=share)
    found = score_of(dict.fromkeys(USAGE, 50.0), settings)
    assert found["coverage"] == 0.6
    assert (found["score"] is not None) is known
    assert all((found[f"{name}_points"] is not None) is known for name in USAGE)


@given(told, st.floats(0, 1).map(lambda share: round(share, 3)))
def test_points_sum_to_the_score(values: dict[str, float | None], share: float) -> None:
    settings = msgspec.structs.replace(USUAL, usage_share=share, coverage_share_min=0.0)
    found = score_of(values, settings)
    points = [found[f"{name}_points"] for name in METRICS]
    added = sum(one for one in points if isinstance(one, float))
    if isinstance(found["score"], float):
        assert 0 <= found["score"] <= 100
        assert added == pytest.approx(found["score"], abs=0.01)
    else:
        assert not any(points)
        assert found["score"] is None


@given(told, st.sampled_from(METRICS), st.floats(0.000001, 50))
def test_better_is_never_worse(values: dict[str, float | None], name: str, more: float) -> None:
    settings = msgspec.structs.replace(USUAL, coverage_share_min=0.0)
    before = values[name]
    if before is not None:
        after = values | {name: min(100.0, before + more)}
        low, high = (score_of(one, settings)["score"] for one in (values, after))
        assert isinstance(low, float) and isinstance(high, float)
        assert high >= low


@given(told)
def test_coverage_says_what_is_known(values: dict[str, float | None]) -> None:
    shares = {name: 0.6 * weight for name, weight in USAGE.items()}
    shares |= {name: 0.4 * weight for name, weight in ENGAGEMENT.items()}
    known = sum(shares[name] for name, value in values.items() if value is not None)
    assert score_of(values)["coverage"] == pytest.approx(known / 100)


@pytest.mark.parametrize(
    ("score", "name"),
    [
        (0.0, "critical"),
        (39.99, "critical"),
        (40.0, "warning"),
        (59.99, "warning"),
        (60.0, "steady"),
        (80.0, "steady"),
        (80.01, "good"),
        (100.0, "good"),
        (None, "unknown"),
    ],
)
def test_bands_are_literal(score: float | None, name: str) -> None:
    frame = pl.DataFrame({"score": [score]}, schema={"score": pl.Float64})
    assert frame.select(band(pl.col("score"), USUAL)).item() == name
    assert mornings([score])[0]["stance"] == name


def mornings(
    path: list[float | None], settings: Settings = USUAL, young: bool = False
) -> list[dict[str, object]]:
    """Where one customer stands, morning by morning, along a path of scores."""
    memory, rows = pl.DataFrame(schema=MEMORY), []
    for number, score in enumerate(path):
        today = pl.DataFrame(
            {"customer": ["ada"], "score": [score], "young": [young]},
            schema_overrides={"score": pl.Float64},
        )
        memory = placed(today, memory, settings, MONDAY + number * DAY)
        rows.append(memory.row(0, named=True))
    return rows


def occasions(rows: list[dict[str, object]]) -> set[tuple[object, object]]:
    """What was acted upon: band and day."""
    return {(row["stance"], row["stance_since"]) for row in rows if row["stance_since"]}


borders = st.sampled_from([("critical", 40.0), ("warning", 60.0), ("good", 80.0)])


@given(borders, st.lists(st.floats(-1, 1), min_size=1, max_size=40), st.integers(1, 8))
def test_one_occasion_within_the_margin(
    border: tuple[str, float], swings: list[float], margin: int
) -> None:
    """A path that stays within the margin of a border enters the band beyond it once at most."""
    settings = msgspec.structs.replace(USUAL, margin_percent=float(margin), again_days=0)
    name, middle = border
    path: list[float | None] = [round(middle + margin * swing, 2) for swing in swings]
    found = [one for one in occasions(mornings(path, settings)) if one[0] == name]
    assert len(found) <= 1
    entered = middle < max(one or 0 for one in path) if name == "good" else None
    if entered is None:
        entered = min(one or 0 for one in path) < middle
    assert bool(found) is entered


def test_39_and_41_are_one_call() -> None:
    rows = mornings([39.0, 41.0] * 20)
    assert occasions(rows) == {("critical", MONDAY)}
    assert [row["band"] for row in rows[:2]] == ["critical", "warning"]


def test_a_band_is_left_beyond_the_margin() -> None:
    assert [row["stance"] for row in mornings([39.0, 45.0, 45.01])] == [
        "critical",
        "critical",
        "warning",
    ]
    assert [row["stance"] for row in mornings([59.0, 65.0, 65.01, 61.0])] == [
        "warning",
        "warning",
        "steady",
        "steady",
    ]
    assert [row["stance"] for row in mornings([81.0, 75.0, 74.99])] == ["good", "good", "steady"]


def test_worse_is_at_once() -> None:
    assert [row["stance"] for row in mornings([85.0, 59.0, 39.99])] == [
        "good",
        "warning",
        "critical",
    ]


@pytest.mark.parametrize(("away", "count"), [(26, 1), (27, 2), (40, 2)])
def test_coming_back_soon_is_the_same_occasion(away: int, count: int) -> None:
    """Entered on day 0, away, and back: a new occasion from day 28 on."""
    rows = mornings([30.0, *[70.0] * away, 30.0])
    assert rows[-1]["stance"] == "critical"
    assert len(occasions(rows)) == count


def test_an_unknown_score_changes_nothing() -> None:
    rows = mornings([30.0, *[None] * 40, 41.0])
    assert occasions(rows) == {("critical", MONDAY)}
    assert {row["band"] for row in rows} == {"critical", "unknown", "warning"}
    assert rows[-1]["stance"] == "critical"


def test_the_young_stand_nowhere() -> None:
    assert occasions(mornings([10.0, 90.0], young=True)) == set()


@given(st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=12))
def test_looking_again_changes_nothing(path: list[float | None]) -> None:
    """Health asked for at noon is that of the morning."""
    memory = pl.DataFrame(schema=MEMORY)
    for number, score in enumerate(path):
        today = pl.DataFrame(
            {"customer": ["ada"], "score": [score], "young": [False]},
            schema_overrides={"score": pl.Float64},
        )
        memory = placed(today, memory, USUAL, MONDAY + number * DAY)
        assert placed(today, memory, USUAL, MONDAY + number * DAY).equals(memory)


def test_settings_are_those_of_the_log() -> None:
    known = pl.DataFrame(
        {
            "name": [f"{PREFIX}usage_share", f"{PREFIX}young_days", "settings.other.young_days"],
            "value": ["0.7", "null", "3"],
        }
    )
    assert settings_from(known) == msgspec.structs.replace(USUAL, usage_share=0.7)
    found = score_of(dict.fromkeys(METRICS, 50.0), settings_from(known))
    assert found["usage_share"] == 0.7
    assert found["version"] != score_of({})["version"]


@pytest.mark.parametrize("name", ["steady_percent", "failures_share_max"])
def test_what_is_divided_by_is_not_zero(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        settings_from(pl.DataFrame({"name": [f"{PREFIX}{name}"], "value": ["0"]}))
