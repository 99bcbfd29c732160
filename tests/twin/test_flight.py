"""A house flown with its twin: money to the cent, a rough door, the owner, what stays hidden."""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house.home import opened
from psizero.house.twin import Flown, Policy, fly_twin, policy_from
from psizero.twin.world import Course
from tests.twin.flights import company, flown, otherwise
from tests.twin.rough import lean_of, rough

ACTING = ("finance.invoicing", "customers.health_watch")
ALL_AUTO = Policy(dict.fromkeys(ACTING, Level.AUTO))
INVOICE = ("subscription", "period_end", "total_minor")


def lean(course: Course, policy: Policy = ALL_AUTO) -> Course:
    return lean_of(course, policy)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Flown]:
    home = tmp_path_factory.mktemp("plain") / "home"
    return home, flown(home, lean(company(11, 12, 42)), ALL_AUTO)


def invoices(home: Path) -> list[tuple[object, ...]]:
    with opened(home) as house:
        return house.read("invoices").select(INVOICE).sort(INVOICE).rows()


def test_invoices_are_what_is_owed(plain: tuple[Path, Flown]) -> None:
    """By the twin's own arithmetic, which shares no line with the house's."""
    home, told = plain
    owed = told.truth["months"].rename({"owed_minor": "total_minor"})
    assert invoices(home) == owed.select(INVOICE).sort(INVOICE).rows() != []
    with opened(home) as house:
        assert house.verify() == []
        assert house.read("row_rejected").is_empty()


def test_usage_in_the_house_is_what_was_used(plain: tuple[Path, Flown]) -> None:
    home, told = plain
    months = told.truth["months"]
    with opened(home) as house:
        used = house.read("usage_recorded").filter(pl.col("meter") == "calls")
    for row in months.to_dicts():
        mine = used.filter(
            (pl.col("customer") == row["customer"])
            & (pl.col("start") >= row["period_start"])
            & (pl.col("start") < row["period_end"])
        )
        assert int(mine["quantity"].sum()) == row["calls"]


def test_payments_answer_invoices(plain: tuple[Path, Flown]) -> None:
    home, told = plain
    with opened(home) as house:
        paid = house.read("payment_succeeded")["amount_minor"].sum()
        billed = house.read("invoices")["total_minor"].sum()
    charges = told.truth["charges"]
    assert charges["amount_minor"].sum() == billed
    assert 0 < paid <= billed


def test_behind_a_rough_door_nothing_is_lost_and_nothing_twice(tmp_path: Path) -> None:
    rough(1, tmp_path, days=34)


@pytest.fixture
def opened_files() -> Iterator[list[str]]:
    """Every path that Python opens while a test listens."""
    found: list[str] = []
    listening = [True]

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if listening[0] and event in ("open", "os.listdir", "os.scandir"):
            found.append(str(arguments[0]))

    sys.addaudithook(hear)
    yield found
    listening[0] = False


def test_no_truth_is_read_in_a_flight(tmp_path: Path, opened_files: list[str]) -> None:
    """A truth that lies there beforehand is not looked at: it is only written, at the end."""
    folder = tmp_path / "home" / "truth"
    folder.mkdir(parents=True)
    (folder / "leavings.parquet").write_bytes(b"a trap")
    opened_files.clear()
    flown(tmp_path / "home", lean(company(3, 5, 6)), ALL_AUTO)
    inside = [path for path in opened_files if str(folder) in path]
    assert inside == [] and (folder / "leavings.parquet").read_bytes() != b"a trap"
    assert any("house.toml" in path for path in opened_files), "nobody listened"


def test_an_owner_answers_what_waits(tmp_path: Path) -> None:
    """At approve the owner of the twin says yes, no, or nothing; what he does is his, by name."""
    policy = Policy({"finance.invoicing": Level.APPROVE})
    told = flown(tmp_path / "home", lean(company(5, 12, 45), policy), policy)
    with opened(tmp_path / "home") as house:
        verdicts = house.read("verdict").group_by("clause", "by").len()
        issued = house.read("invoices").height
    by = {(clause, who) for clause, who, _ in verdicts.rows()}
    assert ("approved", "owner") in by
    assert 0 < issued <= told.truth["months"].height


def test_a_home_is_flown_once(plain: tuple[Path, Flown]) -> None:
    with opened(plain[0]) as house, pytest.raises(Problem, match="home of its own"):
        fly_twin(house, lean(company(11, 12, 42)), lambda tick: None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[levels]\n'finance.nothing' = 'auto'\n", "no such automation"),
        ("[levels]\n'finance.invoicing' = 'sometimes'\n", "off, shadow, approve, auto"),
        ("levels = 3\n", "has to be a table"),
    ],
)
def test_a_policy_that_is_none(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(Problem, match=said):
        policy_from(path)


def test_a_policy_reaches_nobody_outside(tmp_path: Path) -> None:
    """A flight may be given any policy: what it binds to the world is refused."""
    strange = Policy({}, '[bindings]\n"message.send" = "smtp"\n')
    with pytest.raises(Problem, match="which a flight cannot use"):
        flown(tmp_path / "home", lean(company(1, 2, 2), strange), strange)
    with pytest.raises(Problem, match="from its first day on"):
        flown(tmp_path / "home", lean(company(1, 2, 2)), ALL_AUTO)


def test_an_owner_takes_back_what_he_regrets(tmp_path: Path) -> None:
    """What went out by itself and has a way back; asked for as at any desk, and undone once."""
    policy = Policy(dict.fromkeys(("customers.health_watch", "intelligence.undo"), Level.AUTO))
    calm = lean(company(7, 12, 46), policy)
    course = msgspec.structs.replace(
        calm, scenario=otherwise(calm.scenario, {"approver.regrets_share": 1.0})
    )
    flown(tmp_path / "home", course, policy)
    with opened(tmp_path / "home") as house:
        fates = house.read("fates").filter(pl.col("level") == "auto")
        became = fates.group_by("automation", "state").len().sort("automation").rows()
        asked = house.read("undo_asked").height
    assert became == [
        ("customers.health_watch", "undone", asked),
        ("intelligence.undo", "done", asked),
    ]
    assert asked
