"""The scorecard: nothing of the mission is missing, and no figure stands where none is known."""

import csv
import io
import json
import re
from datetime import datetime, timedelta
from math import inf
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.core.tables import Derived, Facts, Table
from psizero.house import measures
from psizero.house.measures import SCHEMA, share
from psizero.house.mission import DOMAINS, METRICS, Domain, Side, named_by
from psizero.house.scorecard import Scorecard, scorecard, status, truth_metrics
from tests.house.flights import say
from tests.toy.installed import TOY, installed
from tests.toy.town import entered, lived

NOW = datetime(2026, 6, 15, 9, 30)
TODAY, DAY = datetime(2026, 6, 15), timedelta(days=1)

# Written down by hand from the mission, domain by domain; `-` is of a capability.
TOLD = """
customers: 78% Automated
90% Automation Potential; 85% Automation Potential; 70% Automation Potential
Onboarding Completion Rate: >85%
Customer Health Score: Average >75
Churn Prediction Accuracy: >85%
Support Response Time: <30 seconds
- timeToFirstValue: "<24 hours"
- completionRate: ">85%"
- satisfactionScore: ">4.5/5"
- accuracy_target: ">85%", prediction_horizon: "30_days"
- firstResponseTime: "<30_seconds"
- resolutionTime: "<4_hours_average"
- customerSatisfaction: ">4.5/5"
- escalationRate: "<15%"

finance: 92% Automated
95% Automation Potential; 90% Automation Potential; 88% Automation Potential
Billing Automation Rate: >95%
Payment Recovery Rate: >80%
Forecast Accuracy: >92%
Cost Reduction: >40%
- accuracy_target: ">92%", horizon: "12_months_with_confidence_intervals"

operations: 85% Automated
90% Automation Potential; 85% Automation Potential
Uptime: >99.5%
Auto-Resolution Rate: >70%
Performance Optimization: >30% improvement
Capacity Planning Accuracy: >90%

growth: 73% Automated
85% Automation Potential; 80% Automation Potential
Lead Scoring Accuracy: >80%
Campaign Conversion Rates: >15% improvement
Content Personalization Effectiveness: >25% engagement increase
Sales Cycle Reduction: >20%

intelligence: 95% Automated
95% Automation Potential
Report Automation: >95%
Insight Accuracy: >90%
Decision Speed: >75% reduction in analysis time
Predictive Model Performance: >85% accuracy
"""
BY_HAND = {
    part.partition(":")[0]: part.partition(": ")[2].splitlines()
    for part in TOLD.strip().split("\n\n")
}


def number(text: str) -> tuple[str, float]:
    """Side and figure in a text like >85%, <30 seconds, >4.5/5."""
    found = re.search(r"([<>])(\d+(?:\.\d+)?)(%?)", text)
    assert found, text
    return found[1], round(float(found[2]) / (100 if found[3] else 1), 6)


@pytest.mark.parametrize("one", DOMAINS, ids=lambda one: one.name)
def test_every_target_of_the_mission_stands_in_the_list(one: Domain) -> None:
    rate, potentials, *targets = BY_HAND[one.name]
    assert one.rate == pytest.approx(int(rate.partition("%")[0]) / 100)
    said = [int(text.partition("%")[0]) / 100 for text in potentials.split("; ")]
    assert [known.potential for known in one.capabilities] == pytest.approx(said)
    assert [("- " if t.inner else "") + t.wording for t in one.targets] == targets
    for target, text in zip(one.targets, targets, strict=True):
        assert (target.side.value, target.value) == number(text)
        assert target.capability in {known.name for known in one.capabilities}
        assert (target.unit in ("share", "gain")) == ("%" in text)


def test_the_list_by_hand_is_whole() -> None:
    assert list(BY_HAND) == [one.name for one in DOMAINS]
    assert sum(len(one) for one in BY_HAND.values()) == 5 * 2 + 29


def test_our_automations_say_what_of_the_mission_they_serve() -> None:
    for name, one in installed().automations.items():
        if name not in TOY:
            assert named_by(one.target) is not None, f"{name}: {one.target}"
    assert named_by("Billing automation rate > 95 %") == "Billing & Payment Operations"
    assert named_by("Customer onboarding: 90 %") == "Customer Onboarding"
    assert named_by("Business Intelligence (of all of it)") == ""
    assert named_by("Every wish is judged (Growth)") is None


@given(st.integers(0, 400), st.integers(0, 400))
def test_shares_have_wilson_bounds_at_95_percent(yes: int, no: int) -> None:
    """A second way: the shares from which this one lies 1.96 standard errors away, by halving."""
    found, n = share("any", yes, yes + no), yes + no
    if not n:
        assert (found.n, found.value, found.low, found.high) == (0, None, None, None)
        return

    def away(bound: float) -> float:
        error = (bound * (1 - bound) / n) ** 0.5
        return abs(yes / n - bound) / error if error else inf

    def halved(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            if away(middle) < 1.959963984540054:
                inside = middle
            else:
                outside = middle
        return inside

    assert found.low == pytest.approx(0.0 if not yes else halved(yes / n, 0.0), abs=2e-6)
    assert found.high == pytest.approx(1.0 if not no else halved(yes / n, 1.0), abs=2e-6)


def test_a_share_of_279_in_300_is_not_yet_90_percent() -> None:
    """The example of the rules: 93 % on 300 has the lower bound 0.895."""
    found = share("insight_accuracy", 279, 300)
    assert found.low == pytest.approx(0.895, abs=5e-4)
    assert status(found, Side.OVER, 0.9) == "not enough data"


@given(st.sampled_from(Side), st.floats(0, 1), st.integers(0, 60), st.integers(0, 60))
def test_met_and_missed_need_the_whole_interval(side: Side, at: float, yes: int, no: int) -> None:
    one = share("any", yes, yes + no)
    said = status(one, side, at)
    low, high = one.low or 0.0, 1.0 if one.high is None else one.high
    if not yes + no:
        assert said == "not measured yet"
    elif yes + no < 20 or low < at < high:
        assert said == "not enough data"
    elif low != at != high:
        right = high < at if side is Side.UNDER else low > at
        assert said == ("met" if right else "missed")


def test_a_house_with_nothing_has_no_figure(tmp_path: Path) -> None:
    home = tmp_path / "home"
    say("init", "--home", home)
    told = json.loads(say("scorecard", "--home", home, "--format", "json"))
    every = [*told["metrics"], *told["rates"]]
    assert {one["status"] for one in every} == {"not measured yet"} and len(every) == 29 + 16
    assert {one[name] for one in every for name in ("value", "low", "high")} == {None}
    rows = list(csv.DictReader(io.StringIO(say("scorecard", "--home", home, "--format", "csv"))))
    assert [row["wording"] for row in rows if row["metric"] != "automation_rate"] == [
        one["wording"] for one in told["metrics"]
    ]
    known = ("numerator", "denominator", "value", "low", "high", "method", "hours_replaced")
    assert {row[name] for row in rows for name in known} == {""}
    assert {row["n"] for row in rows} == {"0"}
    text = say("scorecard", "--home", home)
    measured = [line for line in text.splitlines() if line.endswith("not measured yet")]
    assert len(measured) == 45
    assert not [line for line in measured if len(re.findall(r"\d[\d.]*", line)) > 2]


def metric_table(name: str, *rows: dict[str, object], **columns: pl.DataType) -> Derived:
    """A domain's table that measures something."""

    def compute(facts: Facts, now: datetime) -> pl.DataFrame:
        return pl.DataFrame([dict.fromkeys(SCHEMA) | row for row in rows], schema=SCHEMA | columns)

    return Derived(name=name, reads=(), grain=("metric",), doc="A measure.", compute=compute)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town, with the toy and our own automations at auto."""
    place = tmp_path_factory.mktemp("card") / "home"
    return lived(place, dict.fromkeys(installed().automations, Level.AUTO))


def card(home: Path, *planted: Table) -> Scorecard:
    """The scorecard of a house with these tables in its catalog."""
    found = installed()
    tables = {**found.catalog.tables, **{one.name: one for one in planted}}
    catalog = msgspec.structs.replace(found.catalog, tables=tables)
    with entered(home, msgspec.structs.replace(found, catalog=catalog)) as house:
        return scorecard(house)


def test_a_table_of_a_domain_is_picked_up(home: Path) -> None:
    counted = {"metric": "uptime", "numerator": 9_999, "denominator": 10_000, "n": 10_000}
    table = metric_table("metric_uptime", counted | {"method": "wilson"})
    instead = {"metric": "billing_automation", "value": 0.5, "low": 0.4, "high": 0.6, "n": 30}
    other = metric_table("metric_billing", instead | {"method": "by hand"})
    before = {one.name: one for one in card(home).metrics}
    found = {one.name: one for one in card(home, table, other).metrics}
    assert before["Uptime"].status == "not measured yet"
    assert (found["Uptime"].status, found["Uptime"].value) == ("met", 0.9999)
    assert found["Billing automation rate"].status == "missed", "a domain's table goes before"
    assert (found["Billing automation rate"].method, before["Billing automation rate"].method) == (
        "by hand",
        "wilson",
    )


UPTIME: dict[str, object] = {"metric": "uptime", "value": 0.5, "n": 3, "method": "told"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([UPTIME | {"metric": "happiness"}], "none of the mission's metrics"),
        ([UPTIME, UPTIME], "one metric twice"),
        ([UPTIME | {"low": 0.6, "high": 0.7}], "bounds that do not hold it"),
        ([UPTIME | {"value": None}], "has no value"),
        ([UPTIME | {"method": "wilson", "numerator": 4, "denominator": 3}], "no share of n counts"),
        ([UPTIME | {"method": "wilson", "numerator": 2, "denominator": 4}], "no share of n counts"),
    ],
)
def test_a_table_that_breaks_the_form_is_refused(
    home: Path, rows: list[dict[str, object]], said: str
) -> None:
    with pytest.raises(Problem, match=said):
        card(home, metric_table("metric_strange", *rows))


def test_two_tables_for_one_metric_are_refused(home: Path) -> None:
    with pytest.raises(Problem, match="measured by two tables: metric_a and metric_b"):
        card(home, metric_table("metric_a", UPTIME), metric_table("metric_b", UPTIME))
    with pytest.raises(Problem, match="no table of metrics"):
        card(home, metric_table("metric_a", UPTIME, more=pl.Int64()))


def test_the_law_of_metric_tables_holds(home: Path) -> None:
    """Every one that is declared keeps the form and the mission's names, in a lived house."""
    with entered(home) as house:
        for name in house.members.catalog.tables:
            if name.startswith("metric_"):
                measures.of_table(name, house.read(name))
    assert set(measures.OWN) <= METRICS


def test_claims_are_held_against_the_truth() -> None:
    claims = pl.DataFrame({"subject": ["a", "b", "c", "d", "e"], "claimed": [1, 0, 1, None, 0]})
    truth = pl.DataFrame({"subject": ["a", "b", "c", "d"], "actual": [1, 1, 1, 1]})
    (one,) = truth_metrics({"claims_churn_accuracy": claims}, {"churn_accuracy": truth})
    assert (one.numerator, one.denominator) == (2, 3)
    assert one.method == "wilson; always the most frequent: 100.0%"
    assert not list(truth_metrics({}, {"churn_accuracy": truth}))
    assert not list(truth_metrics({"claims_churn_accuracy": claims}, {"customers": truth}))
