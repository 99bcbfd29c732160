"""Law: every automation has golden cases, and decides in each as its owner wrote down."""

import msgspec
import pytest

from psizero.core.records import Decision, Evidence
from psizero.core.verbs.message import DEFAULTS
from tests.laws.cases import ALL, Case, Expected, cases_of, decide, differences
from tests.laws.population import FOUND, each_automation

each_case = pytest.mark.parametrize(
    ("name", "case"), ALL, ids=[f"{name}: {case.name}" for name, case in ALL]
)


@each_automation
def test_cases_show_both_a_decision_and_none(name: str) -> None:
    cases = cases_of(name)
    assert any(case.expect for case in cases), "no case in which something is decided"
    assert any(not case.expect for case in cases), "no case in which nothing is decided"
    assert len({case.name for case in cases}) == len(cases)


@each_case
def test_decided_as_written(name: str, case: Case) -> None:
    made = {(one.subject, one.episode): one for one in decide(FOUND.automations[name], case)}
    wanted = {(one.subject, one.episode): one for one in case.expect}
    assert set(made) == set(wanted), case.why
    found = {key: differences(made[key], wanted[key]) for key in wanted}
    assert not any(found.values()), f"{case.why}\n{found}"


@each_case
def test_decisions_use_what_is_declared(name: str, case: Case) -> None:
    automation = FOUND.automations[name]
    for one in decide(automation, case):
        verb = FOUND.verbs[one.verb]
        assert one.verb in automation.verbs
        assert set(one.parameters) <= set(verb.parameters), one.verb
        assert set(verb.parameters) <= {*one.parameters, *DEFAULTS}, one.verb
        assert set(one.rows) <= set(verb.kinds), one.verb
        for kind, rows in one.rows.items():
            known = FOUND.catalog.kinds[kind]
            needed = {n for n, c in known.columns.items() if c.required} - {"number"}
            assert all(needed <= set(row) <= {"subject", *known.columns} for row in rows), kind


@each_case
def test_every_decision_says_why(name: str, case: Case) -> None:
    for one in decide(FOUND.automations[name], case):
        evidence = one.evidence
        assert evidence.because and evidence.rule and evidence.facts and evidence.counterfactual
        assert one.subject and one.episode
        assert 0 <= one.confidence <= 1


def test_a_case_can_fail() -> None:
    evidence = Evidence(because="it is late", rule="r", facts={"days": 3})
    said = Decision(verb="v", subject="s", episode="e", parameters={"a": 1}, evidence=evidence)
    right = Expected("s", "e", "v", {"a": 1}, "late", {"days": 3})
    assert differences(said, right) == []
    for field, other in {
        "verb": "w",
        "parameters": {"a": 2},
        "because": "early",
        "facts": {"days": 4},
    }.items():
        assert differences(said, msgspec.structs.replace(right, **{field: other}))
