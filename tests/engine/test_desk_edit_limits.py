"""What an edit may be: declared parameters in their types, by whom, and while it waits."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.automation import Verb
from psizero.core.errors import Problem
from psizero.core.records import Decision, Evidence
from psizero.engine.desk import Edit, laid_over
from psizero.house.edit import Wanted, edit, values
from psizero.house.home import House
from tests.engine.editing import HOUR, PEOPLE, asking, waits, wanted
from tests.toy.installed import installed
from tests.toy.town import BEGIN, fly


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with asking(tmp_path / "home") as known:
        yield known


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("colour=red",), "gift.send has to, text"),
        (("text",), "NAME=VALUE"),
        ((), "what is to be otherwise"),
        (("to=bob",), "another subject is another decision"),
        (("text=as you wish",), "that was decided before"),
    ],
)
def test_what_cannot_be_edited(house: House, change: tuple[str, ...], why: str) -> None:
    with pytest.raises(Problem, match=why):
        edit(house, waits(house), Wanted(said=change, by="anna", reason="wrong_text"))
    fly(house, BEGIN + 3 * HOUR)
    assert house.read("votes").is_empty()


def test_who_may_not_edit_and_when(house: House) -> None:
    key = waits(house)
    for by, why in {"eve": "nobody in this house", "dora": "does not decide about growth"}.items():
        with pytest.raises(Problem, match=why):
            edit(house, key, wanted(by=by))
    with pytest.raises(Problem, match="--reason 'ugly' is none"):
        edit(house, key, wanted(reason="ugly"))
    with pytest.raises(Problem, match="no decision with an id"):
        edit(house, "zz", wanted())
    fly(house, BEGIN + 90 * HOUR)
    with pytest.raises(Problem, match="does not wait any more: unanswered"):
        edit(house, key, wanted())


def test_an_edit_that_nobody_may_approve_is_none(tmp_path: Path) -> None:
    toml = PEOPLE.replace('ben = "owner"', 'ben = "clerk"')
    with asking(tmp_path / "home", toml) as house, pytest.raises(Problem, match="nobody else"):
        edit(house, waits(house), wanted())


EVIDENCE = Evidence(because="why", rule="r", facts={})
ODD = Verb(
    name="odd.do",
    doc="Whatever.",
    parameters=dict.fromkeys(("count", "share", "yes", "name", "page", "list", "paid_minor"), "x"),
    channel="mail",
    manual_task="none",
    manual_minutes=1.0,
)
STANDS: dict[str, object] = {"count": 1, "share": 0.5, "yes": True, "name": "n", "paid_minor": 5}
STANDS |= {"page": {"document": {"table": "briefing", "key": {}}}, "list": [1]}
ONE = Decision(verb="odd.do", subject="s", episode="e", parameters=STANDS, evidence=EVIDENCE)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("count=1.5", "a whole number is needed"),
        ("count=many", "a whole number is needed"),
        (f"count={2**63}", "a whole number is needed"),
        ("share=nan", "a number is needed"),
        ("share=half", "a number is needed"),
        ("yes=yes", "true or false is needed"),
        ("list=[2]", "a list is not edited"),
        ("paid_minor=6", "the stake was computed with it"),
    ],
)
def test_a_value_has_the_type_of_what_it_replaces(change: str, why: str) -> None:
    with pytest.raises(Problem, match=why):
        values((change,), ODD, ONE)


def test_a_verb_with_rows_is_not_edited() -> None:
    verb = installed().verbs["invoice.issue"]
    with pytest.raises(Problem, match=r"^invoice\.issue carries rows that were computed with it"):
        values(("currency=USD",), verb, ONE)


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.floats(-1e9, 1e9), st.booleans(), st.text())
def test_a_value_is_taken_as_it_is_meant(count: int, share: float, yes: bool, name: str) -> None:
    """What comes back from the log is the same content, so the same id."""
    said = (
        f"count={count}",
        f"share={share!r}",
        f"yes={str(yes).lower()}",
        f"name={name}",
        "page=p",
    )
    found = values(said, ODD, ONE)
    assert found == {"count": count, "share": share, "yes": yes, "name": name, "page": "p"}
    new = laid_over(ONE, Edit("old", "anna", found))
    again = Edit(
        "old", "anna", msgspec.json.decode(msgspec.json.encode(found), type=dict[str, object])
    )
    assert laid_over(ONE, again).id_for("a.b") == new.id_for("a.b")
    assert new.edited_by == "anna"
