"""The house's health against the second calculation, and what it keeps of it."""

from collections import defaultdict
from datetime import datetime, timedelta

import msgspec
import polars as pl
import pytest

from psizero.core.content import canonical
from psizero.customers.health import METRICS
from psizero.house.home import House
from tests.customers import second_health as second
from tests.customers.second_health import Deed
from tests.customers.village import BEGIN, NAMES, WATCH, WATCHED

MORNINGS = [BEGIN + timedelta(days=day, hours=5, seconds=1) for day in (28, 36, 45, 60, 75, 89)]
SINCE = {"critical": "critical_on", "warning": "warning_on", "good": "good_on"}


@pytest.mark.parametrize("at", MORNINGS, ids=str)
def test_equals_the_second_calculation(house: House, deeds: list[Deed], at: datetime) -> None:
    found = {row["customer"]: row for row in house.read("health", at).iter_rows(named=True)}
    told = {name: second.values(deeds, name, at) for name in NAMES}
    assert set(found) == {name for name, one in told.items() if one is not None}
    for name, row in found.items():
        values = told[name]
        assert values is not None
        for metric in METRICS:
            worth = values[metric]
            assert row[f"{metric}_value"] == pytest.approx(
                None if worth is None else float(worth), abs=1e-5
            ), (name, metric)
        score, coverage = second.score(values)
        assert row["coverage"] == pytest.approx(float(coverage))
        assert row["score"] == pytest.approx(None if score is None else float(score), abs=1e-5)


def test_the_village_has_everything(house: House) -> None:
    """Else the tests over it would say little."""
    rows = house.read("health_scored")
    assert set(rows["band"]) == {"critical", "warning", "steady", "good", "unknown"}
    assert set(rows["young"]) == set(rows["owing"]) == {True, False}
    for metric in METRICS:
        values = rows[f"{metric}_value"]
        assert values.n_unique() > 3
    assert (rows["band"] != rows["stance"]).sum() > 20
    changed = house.read("health_changes")
    assert set(house.read("decision")["verb"]) == {"task.assign", "campaign.enroll"}
    assert changed["metric"].n_unique() > 3


def test_points_sum_to_the_score(house: House) -> None:
    rows = house.read("health_scored").filter(pl.col("score").is_not_null())
    total = rows.select(pl.sum_horizontal(f"{name}_points" for name in METRICS)).to_series()
    assert rows.height > 300
    assert (total - rows["score"]).abs().max() == pytest.approx(0, abs=0.01)


def test_inputs_are_canonical(house: House) -> None:
    for text in house.read("health_scored")["inputs"]:
        assert canonical(msgspec.json.decode(text)) == text


def test_an_old_morning_gives_the_old_number(house: House) -> None:
    kept = house.read("health_scored")
    for at in MORNINGS[3:]:
        rows = kept.filter(pl.col("occurred_at") == at - timedelta(seconds=1))
        again = house.read("health", at)
        columns = [name for name in again.columns if name != "customer"]
        assert rows.height > 10
        assert rows.sort("subject").select(columns).equals(again.select(columns))


def test_stance_by_the_book(house: House) -> None:
    """Morning by morning, customer by customer, with if and else."""
    before: dict[str, dict[str, object]] = {}
    for row in house.read("health_scored").sort("position").iter_rows(named=True):
        day = row["occurred_at"].replace(hour=0)
        memory = before.get(row["subject"], {"stance": "unknown"})
        stance = stance_of(str(memory["stance"]), row["score"], row["young"])
        column = SINCE.get(stance, "")
        since = memory.get(column)
        again = since is None or (
            stance != memory["stance"] and day - timedelta(days=28) >= since_of(since)
        )
        memory = {**memory, "stance": stance, **({column: day} if again and column else {})}
        assert row["stance"] == stance
        assert row["stance_since"] == memory.get(column)
        before[row["subject"]] = memory


def since_of(value: object) -> datetime:
    """A day, as one."""
    assert isinstance(value, datetime)
    return value


def stance_of(before: str, score: float | None, young: bool) -> str:
    """Where a customer stands after a further morning."""
    if young:
        return "unknown"
    if score is None:
        return before
    if (before == "critical" and score <= 45) or score < 40:
        return "critical"
    if (before == "warning" and score <= 65) or score < 60:
        return "warning"
    if (before == "good" and score >= 75) or score > 80:
        return "good"
    return "steady"


def test_one_decision_for_each_occasion(house: House) -> None:
    """Whoever stood in a band on a morning has one decision for that, and no second one."""
    occasions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in house.read("health_scored").iter_rows(named=True):
        good = row["stance"] == "good" and (row["owing"] or row["open_tickets"])
        if row["score"] is not None and not row["young"] and row["stance_since"] and not good:
            key = (row["subject"], f"{row['stance']} {row['stance_since']:%Y-%m-%d}")
            occasions[key].add(row["band"])
    rows = house.read("decision").filter(pl.col("automation") == WATCH)
    made = list(rows.select("subject", "episode").iter_rows())
    assert len(made) == len(set(made)) == len(occasions) > 10
    assert set(made) == set(occasions)
    assert any(len(bands) > 1 for bands in occasions.values()), "some went beyond the border"


def test_what_was_decided_is_there(house: House) -> None:
    taken = house.read("verdict").filter(pl.col("level") == "auto")
    tasks, enrolled = house.read("task_assigned"), house.read("campaign_enrolled")
    assert (tasks.height, enrolled.height) == tuple(
        taken.filter(pl.col("verb") == verb).height for verb in ("task.assign", "campaign.enroll")
    )
    assert tasks.height and enrolled.height
    assert set(tasks["cause"]) | set(enrolled["cause"]) == set(taken["decision"])


def test_changes_sum_to_the_change_of_the_score(house: House) -> None:
    kept = house.read("health_scored")
    last, before = (kept["occurred_at"].unique().sort(descending=True)[place] for place in (0, 1))
    scores = [
        dict(kept.filter(pl.col("occurred_at") == at).select("subject", "score").iter_rows())
        for at in (last, before)
    ]
    moved: dict[str, float] = defaultdict(float)
    for row in house.read("health_changes").iter_rows(named=True):
        moved[row["customer"]] += row["change_points"]
        assert row["because"].startswith(f"{row['change_points']:+.1f}: {row['metric']} ")
    for name, score in scores[0].items():
        earlier = scores[1].get(name)
        if score is not None and earlier is not None:
            assert moved[name] == pytest.approx(score - earlier, abs=0.01)


def test_measured_after_thirty_days(house: House) -> None:
    kept = house.read("health_scored")
    outcomes = house.read("outcome").filter(pl.col("automation") == WATCH)
    decided = house.read("decision").select("occurred_at", "episode", decision="id")
    assert outcomes.height > 2
    for row in outcomes.join(decided, on="decision").iter_rows(named=True):
        then, now = (
            kept.filter(
                pl.col("subject") == row["subject"],
                pl.col("occurred_at") == at.replace(hour=5),
            )
            for at in (row["occurred_at_right"], row["occurred_at"])
        )
        if now.height and now["score"][0] is not None:
            gained = now["score"][0] - then["score"][0]
            assert row["value"] == pytest.approx(gained, abs=1e-5)
            assert row["good"] is not None
    first = outcomes["occurred_at"].min()
    assert isinstance(first, datetime) and first - timedelta(days=29) > WATCHED
