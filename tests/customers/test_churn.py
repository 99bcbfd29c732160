"""Churn: the model beside scikit-learn's, exact contributions, lessons in time, a flown house."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from psizero.core.policy import Level
from psizero.customers.automations.churn_model import Settings, propose
from psizero.customers.churn import FEATURES, HEURISTIC, features, risk
from psizero.customers.lessons import learned
from psizero.house.home import House
from psizero.house.scorecard import measures
from psizero.models import logistic
from tests.toy.town import entered, fly, founded, priced, subscribed, take, used

BEGIN = datetime(2026, 3, 2)
DAY = timedelta(days=1)
WATCHED = {"customers.churn_model": Level.AUTO}
NO_MODEL = pl.DataFrame(
    schema={
        "name": pl.String(),
        "hash": pl.String(),
        "fitted": pl.String(),
        "promoted_at": pl.Datetime("us"),
        "live": pl.Boolean(),
    }
)


def drawn(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of three columns of unlike sizes, and what came of them."""
    dice = np.random.default_rng(seed)
    rows = dice.normal(size=(size, 3)) * np.array([1.0, 20.0, 0.3]) + np.array([0.0, 5.0, 1.0])
    odds = 1.5 * rows[:, 0] - 0.05 * rows[:, 1] - 1.0
    return rows, (dice.random(size) < 1 / (1 + np.exp(-odds))).astype(np.float64)


def test_the_same_as_scikit_learns() -> None:
    rows, ends = drawn(1, 400)
    found = logistic.fit(("a", "b", "c"), rows, ends, ridge=2.0)
    scaled = np.clip((rows - rows.mean(axis=0)) / rows.std(axis=0), -4, 4)
    plain = LogisticRegression(C=0.5, tol=1e-10, max_iter=500).fit(scaled, ends)
    assert found.weights == pytest.approx(plain.coef_[0].tolist(), abs=1e-4)
    assert found.constant == pytest.approx(float(plain.intercept_[0]), abs=1e-4)
    chance = logistic.chances(found, rows)
    assert logistic.average_precision(chance, ends) == pytest.approx(
        float(average_precision_score(ends, chance))
    )


@given(st.integers(0, 50))
def test_contributions_sum_to_what_it_says(seed: int) -> None:
    rows, ends = drawn(seed, 60)
    found = logistic.calibrated(logistic.fit(("a", "b", "c"), rows, ends), *drawn(seed + 100, 60))
    said = logistic.contributions(found, rows).sum(axis=1) + found.constant
    assert np.allclose(1 / (1 + np.exp(-said)), logistic.chances(found, rows), atol=1e-6)


def test_nothing_is_learned_where_all_is_the_same() -> None:
    rows, _ = drawn(1, 10)
    with pytest.raises(ValueError, match="all is the same"):
        logistic.fit(("a", "b", "c"), rows, np.ones(10))


def examples(seed: int, weeks: int = 30, customers: int = 60) -> pl.DataFrame:
    """Customers watched weekly: whose tickets sound bad leave, which the rule knows nothing of."""
    dice = np.random.default_rng(seed)
    size = weeks * customers
    mood, pace = dice.normal(0, 0.4, size), dice.normal(0, 0.2, size)
    odds = -2.2 - 5.0 * mood - 1.0 * pace
    gone = (dice.random(size) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    frame = pl.DataFrame(
        {
            "customer": [f"c{n % customers}" for n in range(size)],
            "scored_at": [BEGIN + 7 * (n // customers) * DAY for n in range(size)],
            "plan": ["team"] * size,
            "probability": [0.03] * size,
            "model": [HEURISTIC] * size,
            **{name: [0.0] * size for name in FEATURES},
            "gone": gone,
        }
    )
    return frame.with_columns(ticket_mood=pl.Series(mood), week_pace=pl.Series(pace))


def test_a_model_that_knows_more_is_promoted() -> None:
    facts = {"churn_examples": examples(3), "models": NO_MODEL}
    (one,) = propose(facts, Settings(), BEGIN + 300 * DAY)
    assert one.verb == "model.promote" and "log loss" in one.evidence.because
    (row,) = one.rows["model.promoted"]
    fitted = msgspec.json.decode(str(row["fitted"]), type=logistic.Fitted)
    heaviest = max(range(len(FEATURES)), key=lambda n: abs(fitted.weights[n]))
    assert list(FEATURES)[heaviest] == "ticket_mood" and fitted.weights[heaviest] < 0
    promoted = pl.DataFrame([row | {"promoted_at": BEGIN, "live": True}]).select(NO_MODEL.columns)
    again = {"churn_examples": examples(3), "models": promoted}
    assert not list(propose(again, Settings(), BEGIN + 300 * DAY))


def test_too_few_who_left_are_no_lesson() -> None:
    few = examples(3).with_columns(gone=pl.lit(0.0))
    assert learned(few, NO_MODEL, 1) is None
    assert learned(examples(3), NO_MODEL, 100_000) is None
    assert learned(examples(3).head(100), NO_MODEL, 1) is None


def test_what_says_nothing_is_not_promoted() -> None:
    """Shuffled ends: over seeds hardly any model is better than the share that the rule says."""
    better = 0
    for seed in range(8):
        dull = examples(seed).with_columns(gone=pl.col("gone").shuffle(seed=seed))
        found = learned(dull.with_columns(week_pace=pl.lit(0.0)), NO_MODEL, 20)
        share = float(dull["gone"].to_numpy().mean())
        assert found is not None
        # beside the plain share nothing is gained
        plain = logistic.losses(np.full(100, share), np.repeat([0.0, 1.0], [80, 20]))
        better += found.metrics["loss"] < 0.8 * float(plain.mean())
    assert better == 0


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Ada stays, bob falls silent and leaves, cy moves to another plan on the day he ends one."""
    home = founded(tmp_path_factory.mktemp("churn") / "home", WATCHED)
    with entered(home) as house:
        priced(house)
        starts = [subscribed(one, "steady", BEGIN) for one in ("ada", "bob", "cy")]
        moved = BEGIN + 60 * DAY
        again = subscribed("cy", "daily", moved) | {"id": "again", "subscription": "cy-2"}
        take(house, "subscription.started", [*starts, again])
        ends = [("bob", BEGIN + 65 * DAY), ("cy", moved)]
        rows = [
            {"id": f"end {one}", "subject": one, "occurred_at": at, "subscription": one}
            for one, at in ends
        ]
        take(house, "subscription.ended", rows)
        use = [
            used(one, BEGIN + day * DAY + timedelta(hours=9), "100")
            for one in ("ada", "bob", "cy")
            for day in range(95)
            if one != "bob" or day < 45
        ]
        take(house, "usage.recorded", use, BEGIN + 200 * DAY)
        fly(house, BEGIN + 95 * DAY)
        yield house


def test_the_rule_says_what_it_is(flown: House) -> None:
    kept = flown.read("churn_scored").filter(pl.col("occurred_at") > BEGIN + 55 * DAY)
    bob = kept.filter(pl.col("subject") == "bob").sort("occurred_at").row(0, named=True)
    assert (bob["band"], bob["model"]) == ("high", HEURISTIC)
    assert bob["because"].startswith("rule silent: use of the week")
    assert set(kept.filter(pl.col("subject") == "ada")["band"]) == {"low"}


def test_who_left_is_known_thirty_days_later(flown: House) -> None:
    """Who moves to another plan on the same day has not left."""
    ends = flown.read("churn_examples").group_by("customer").agg(pl.col("gone").max())
    assert dict(ends.iter_rows()) == {"ada": 0.0, "bob": 1.0, "cy": 0.0}
    one = measures(flown, flown.now)["churn_accuracy"]
    assert one.n == 3 and one.value == 1.0 and "that all stay: 66.7%" in one.method


def test_nobody_young_or_gone_is_scored(flown: House) -> None:
    first = flown.read("churn_scored")["occurred_at"].min()
    assert isinstance(first, datetime) and first >= BEGIN + 28 * DAY
    assert set(flown.read("churn_risk")["customer"]) == {"ada", "cy"}


def test_a_model_explains_each_customer(flown: House) -> None:
    found = learned(examples(3), NO_MODEL, 20)
    assert found is not None
    models = pl.DataFrame(
        [{"name": "churn", "hash": found.hash, "fitted": found.text, "promoted_at": BEGIN}]
    ).with_columns(live=pl.lit(True))
    rows = flown.read("churn_features")
    said = risk({"churn_features": rows, "models": models}, flown.now)
    for row in said.iter_rows(named=True):
        odds = sum(msgspec.json.decode(row["contributions"]).values())
        assert 1 / (1 + np.exp(-odds)) == pytest.approx(row["probability"], abs=1e-5)
        assert row["model"] == found.hash and "(" in row["because"]
    assert features(rows).columns == ["customer", "plan", *FEATURES]


def test_the_home_is_no_file_of_ours(tmp_path: Path) -> None:
    """A house without any customer has no risk, and says that nothing is measured."""
    with entered(founded(tmp_path / "home", {})) as house:
        assert house.read("churn_risk").is_empty()
        assert measures(house, datetime(2026, 5, 1))["churn_accuracy"].n == 0
