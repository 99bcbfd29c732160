"""A cap by share of customers (rule 37): counted by customer, over ticks, and again at the call."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.errors import Problem
from psizero.core.policy import Caps, Level, Policy
from psizero.engine import loop
from psizero.engine.gate import CLAUSES, judge
from psizero.engine.ground import Ground
from psizero.engine.hands import perform
from psizero.engine.reach import CAP, TOUCHED, Reached, nobody_reached, over_share, reaching
from psizero.house import charter
from psizero.house.draft import draft
from psizero.house.home import House
from tests.engine.intents import LATER, Looking, intended, wishing
from tests.engine.judging import NOW, VERBS, WISHES, Asked, frame, ground, many_asked, taken
from tests.engine.judging import verdicts as told
from tests.toy.installed import installed
from tests.toy.town import (
    BEGIN,
    BINDINGS,
    entered,
    fly,
    founded,
    priced,
    said,
    subscribed,
    take,
    wished,
)

NONE = Caps()


def reached(customers: int | None, *touched: tuple[str, str]) -> Reached:
    return Reached(customers, pl.DataFrame(list(touched), schema=TOUCHED, orient="row"))


def standing(
    share: float, before: Reached, caps: Caps = NONE, names: Sequence[str] = (WISHES,)
) -> Ground:
    """Everything at auto, some automations with a cap by share."""
    one = msgspec.structs.replace(caps, customers_share_per_day_max=share)
    known = ground(caps=dict.fromkeys(names, one))
    return msgspec.structs.replace(known, reach=lambda automations: before)


def gifts(*subjects: str) -> list[Asked]:
    """One gift each, in this order."""
    return [
        Asked(id=f"d{n:02}", verb="access.lift", subject=name, money_minor=99 - n)
        for n, name in enumerate(subjects)
    ]


def test_so_many_customers_and_no_more() -> None:
    found = told(gifts("a", "b", "c"), standing(0.05, reached(40)))
    assert found == {
        "d00": ("auto", "within_policy"),
        "d01": ("auto", "within_policy"),
        "d02": ("approve", "over_share"),
    }


def test_what_was_touched_today_counts_and_counts_once() -> None:
    """Ada was touched this morning: to touch her again is no further customer."""
    before = reached(40, (WISHES, "ada"), ("customers.greeting", "bob"))
    found = told(gifts("ada", "bob", "cyd"), standing(0.05, before))
    assert [level for level, _ in found.values()] == ["auto", "auto", "approve"]


def test_of_two_for_one_customer_both_go_or_none() -> None:
    asked = [
        Asked(id="d1", verb="access.lift", subject="ada", money_minor=9),
        Asked(id="d2", verb="access.lift", subject="bob", money_minor=8),
        Asked(id="d3", verb="oracle.ask", subject="ada", money_minor=7),
        Asked(id="d4", verb="gift.send", subject="bob", money_minor=6),
    ]
    known = standing(0.1, reached(10))
    assert told(asked, known)["d2"] == told(asked, known)["d4"] == ("approve", "over_share")
    assert told(asked, known)["d1"][0] == "auto"


@pytest.mark.parametrize(("customers", "share"), [(None, 1.0), (0, 1.0), (40, 0.0), (19, 0.05)])
def test_where_it_cannot_be_counted_or_none_is_left_a_person_is_asked(
    customers: int | None, share: float
) -> None:
    assert told(gifts("a"), standing(share, reached(customers))) == {
        "d00": ("approve", "over_share")
    }


def test_a_share_is_counted_exactly() -> None:
    """0.29 of 100 is 29, although the product of the doubles is a little less."""
    many = [Asked(id=f"d{n:03}", verb="access.lift", subject=f"s{n}") for n in range(40)]
    assert len(taken(many, standing(0.29, reached(100)))) == 29


def test_what_is_said_of_it_is_true() -> None:
    judged = judge(frame(gifts("a", "b")), standing(0.05, reached(20)), NOW)
    row = judged.row(1, named=True)
    assert row["because"] == (
        "customer 2 of 20 whom the automation touches today, at most a share of 0.05"
    )
    assert '"input":"nth_of_customers"' in row["counterfactual"]
    (clause,) = [one for one in CLAUSES if one.name == "over_share"]
    assert "UTC day" in clause.doc


any_reach = st.builds(
    lambda count, names: reached(count, *((WISHES, one) for one in names)),
    st.none() | st.integers(0, 12),
    st.sets(st.sampled_from(("ada", "bob", "cyd"))),
)
few = st.none() | st.integers(0, 4)
other_caps = st.builds(
    Caps, actions_per_day_max=few, money_minor_per_action_max=st.none() | st.integers(0, 500)
)


@given(many_asked(), any_reach, st.sampled_from((0.0, 0.1, 0.3, 1.0)), other_caps)
def test_no_share_is_ever_broken(
    asked: list[Asked], before: Reached, share: float, caps: Caps
) -> None:
    """With whom it touched before; and a cap more never frees anything."""
    known = standing(share, before, caps, list(VERBS))
    free = taken(asked, known)
    for name in VERBS:
        was = set(before.touched.filter(pl.col("automation") == name)["subject"])
        new = {one.subject for one in asked if one.id in free and one.automation == name} - was
        assert not new or len(was | new) <= round(share * (before.customers or 0), 6)
    looser = standing(share, before, Caps(), list(VERBS))
    capless = ground(caps=dict.fromkeys(VERBS, caps))
    assert free <= taken(asked, looser) and free <= taken(asked, capless)


def grounded(house: House, **given: object) -> Ground:
    """As the loop makes it, with what it may not know yet."""
    return Ground(**{"reach": reaching(house.store, max(house.now, BEGIN)), **given})


CAPPED = f"[caps.{WISHES}]\n{CAP} = 0.25\n"


def test_over_the_day_and_free_again_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter of eight customers; counted over ticks and over a restart."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, BINDINGS + CAPPED)
    hours = {"ada": 1, "bob": 2, "cyd": 3, "dan": 26}
    with entered(home) as house:
        rows = [{"id": f"c{n}", "subject": f"c{n}", "occurred_at": BEGIN} for n in range(7)]
        take(house, "customer.created", [*rows, {**rows[0], "id": "again"}])
        priced(house)
        take(house, "subscription.started", [subscribed("c7", "steady")])
        wishes = [
            wished("gift.send", name, BEGIN + timedelta(hours=hour)) for name, hour in hours.items()
        ]
        again = wished("access.lift", "ada", BEGIN + timedelta(hours=4))
        take(house, "wish.made", [*wishes, again])
    for end in (2, 30):
        with entered(home) as house:
            monkeypatch.setattr(loop, "Ground", partial(grounded, house))
            fly(house, BEGIN + timedelta(hours=end))
            assert house.store.read("customers_counted", house.now)["customers"].to_list() == [8]
            found = house.read("episodes").select("verb", "subject", "level", "clause").rows()
    assert sorted(found) == [
        ("access.lift", "ada", "auto", "within_policy"),
        ("gift.send", "ada", "auto", "within_policy"),
        ("gift.send", "bob", "auto", "within_policy"),
        ("gift.send", "cyd", "approve", "over_share"),
        ("gift.send", "dan", "auto", "within_policy"),
    ]
    assert len(said(home)) == 4


def test_a_share_lowered_in_between_forbids_the_call(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 30."""
    wishing(home, "ada", "bob")
    with entered(home) as house:
        rows = [{"id": f"c{n}", "subject": f"c{n}", "occurred_at": BEGIN} for n in range(10)]
        take(house, "customer.created", rows)
    intended(home, monkeypatch)
    for share, called in ((0.1, 0), (0.2, 2)):
        with entered(home) as house:
            looking = Looking(house)
            caps = {WISHES: Caps(customers_share_per_day_max=share)}
            policy = msgspec.structs.replace(house.policy(), caps=caps)
            reach = reaching(house.store, BEGIN)
            assert over_share(policy, [WISHES], reach) == (set() if called else {WISHES})
            if called:
                perform(house.store, policy, {"recorded": looking}, BEGIN)
            assert len(looking.seen) == called
    with entered(home) as house:
        assert over_share(Policy(), [WISHES], reaching(house.store, LATER)) == set()
    known = Policy(caps={WISHES: Caps(customers_share_per_day_max=1.0)})
    assert over_share(known, [WISHES], nobody_reached) == {WISHES}, "nobody knows of how many"


def test_at_the_call_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wishing(home, "ada", "bob")
    intended(home, monkeypatch)
    with entered(home) as house:
        looking = Looking(house)
        caps = {WISHES: Caps(customers_share_per_day_max=0.5)}
        policy = msgspec.structs.replace(house.policy(), caps=caps)
        perform(house.store, policy, {"recorded": looking}, BEGIN)
        assert looking.seen == [] and set(house.read("receipt")["state"]) == {"refused"}


def test_it_is_a_setting_of_house_toml() -> None:
    automations = installed().automations
    key = f"caps.{WISHES}.{CAP}"
    assert charter.fault(key, 0.05, automations) == ""
    assert "over 1" in charter.fault(key, 1.5, automations)
    assert "number" in charter.fault(key, "much", automations)
    assert "whole number" in charter.fault(f"caps.{WISHES}.actions_per_day_max", 0.5, automations)
    assert charter.policy_of({key: 0.05}).caps[WISHES].customers_share_per_day_max == 0.05
    assert Caps().customers_share_per_day_max is None
    text = draft("Town", automations)
    assert f"# {CAP} = 0.05  # of all customers; what is over waits for a person" in text


def test_a_share_over_one_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "house.toml"
    path.write_text(f"[caps.{WISHES}]\n{CAP} = 5\n")
    with pytest.raises(Problem, match=r"line 2: .*must not be over 1"):
        charter.load(path, installed().automations)
