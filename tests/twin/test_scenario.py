"""Scenarios: every one can be flown; what is wrong in one of the owner's own is said in a line."""

from pathlib import Path

import msgspec
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house.twin import policy_from
from psizero.twin.scenario import ROOT, SURE, load, names
from psizero.twin.world import World
from tests.twin.flights import company, lived, otherwise


@pytest.mark.parametrize("name", names())
def test_every_scenario_lives(name: str) -> None:
    made, days = lived(company(1, customers=10, days=5, scenario=name))
    assert len(days) == 5 and set(made.scenario.parameters) == set(load(ROOT).parameters)
    assert made.scenario.doc.endswith(".")


def test_what_differs_is_otherwise() -> None:
    """No scenario repeats what calm says."""
    calm = load(ROOT)
    for name in names():
        one = load(name)
        changed = [k for k, p in one.parameters.items() if p != calm.parameters[k]]
        assert bool(changed) == (name != ROOT)
        assert all(one.parameters[k].value != calm.parameters[k].value for k in changed), name
    assert {p.sure for p in calm.parameters.values()} <= set(SURE)


LINE = "{ value = %s, unit = 'u', source = 's', sure = 'assumed' }"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("doc = 1", "Expected `str`"),
        ("doc = 'd'\n[parameters.mail]\nnothing = " + LINE % "1.0", "no parameter 'mail.nothing'"),
        ("doc = 'd'\n[parameters.use]\nweekday = " + LINE % "1.0", "it is 7 numbers"),
        (
            "doc = 'd'\n[parameters.people]\nsegment_shares = " + LINE % "{ solo = 1.0 }",
            "it is numbers by name: enterprise, solo, team",
        ),
        ("doc = 'd'\nextends = 'own'", "it extends 'own'"),
        ("doc = 'd'\n[parameters.use]\nnoise = " + LINE % "nan", "has to be finite"),
        ("doc = 'd'\n[parameters.delivery]\nusage_hours = " + LINE % "7.0", "has to divide 24"),
        ("doc = 'd'\n[parameters.payment]\nfails_share = " + LINE % "1.5", "at most 1"),
        ("doc = 'd'\n[parameters.use]\nnoise = " + LINE % "-1.0", "may not be negative"),
        ("doc = 'd'\n[parameters.use]\nnoise = " + LINE % "1e9", "may be 1,000 at most"),
        (
            "doc = 'd'\n[parameters.use]\nnoise = { value = 1.0, unit = '', source = 's', "
            "sure = 'assumed' }",
            "unit and source have to be said",
        ),
        (
            "doc = 'd'\n[parameters.use]\nnoise = { value = 1.0, unit = 'u', source = 's', "
            "sure = 'quite' }",
            "sure has to be one of",
        ),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(Problem) as problem:
        load(str(tmp_path / "own.toml"))
    assert said in str(problem.value) and "own" in str(problem.value)


def test_one_of_the_owners_own(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        "doc = 'd'\nextends = 'growth'\n[parameters.use]\nnoise = " + LINE % "0.5"
    )
    own, growth = load(str(tmp_path / "own.toml")), load("growth")
    assert own.number("use.noise") == 0.5
    assert own.parameters["people.growth_per_year"] == growth.parameters["people.growth_per_year"]


@pytest.mark.parametrize("name", ["nothing", "none.toml"])
def test_one_that_is_not_there(name: str) -> None:
    with pytest.raises(Problem, match="there is no"):
        load(name)


def test_a_policy_keeps_all_else(tmp_path: Path) -> None:
    """Levels stand in the log, the rest of the file is the house's, wherever the table stands."""
    path = tmp_path / "policy.toml"
    path.write_text(
        "[levels]  # mine\n'finance.invoicing' = 'approve'\n\n"
        "[settings.finance.invoicing]\ngrace_hours = 48\n"
    )
    policy = policy_from(path)
    assert policy.levels == {"finance.invoicing": Level.APPROVE} and not policy.automated
    assert policy.charter.strip() == "[settings.finance.invoicing]\ngrace_hours = 48"


def test_more_leads_than_can_be_drawn() -> None:
    course = company(1, customers=5_000, days=1_000)
    rate = {"people.leads_per_customer_day": 900.0}
    with pytest.raises(Problem, match="leads would come; at most 100,000"):
        World(msgspec.structs.replace(course, scenario=otherwise(course.scenario, rate)))
