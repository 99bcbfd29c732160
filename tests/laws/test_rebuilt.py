"""Law (rule 58): levels, use of caps and everything open follow from the ledger's rows alone.

Calculated here a second time, in other words than the house's own.
"""

from collections import Counter, defaultdict
from datetime import datetime

from psizero.house.home import House


def test_levels(house: House) -> None:
    found: dict[tuple[str, str], str] = {}
    for row in house.read("policy_changed").sort("position").iter_rows(named=True):
        found[row["subject"], row["scope"]] = row["level"]
    assert found
    live = {key: level.value for key, level in house.policy().levels.items()}
    assert live == found


def test_use_of_caps(house: House) -> None:
    actions: Counter[tuple[str, str, datetime]] = Counter()
    money: Counter[tuple[str, str, datetime]] = Counter()
    for row in house.read("verdict").iter_rows(named=True):
        if row["level"] == "auto":
            hour = row["occurred_at"].replace(minute=0, second=0, microsecond=0)
            key = (row["automation"], row["verb"], hour)
            actions[key] += 1
            money[key] += row["money_minor"]
    assert sum(money.values()) > 0
    kept = house.read("acts_hourly").rows()
    assert kept == [(*key, actions[key], money[key]) for key in sorted(actions)]


def test_touches(house: House) -> None:
    found: dict[tuple[str, str], tuple[datetime, str]] = {}
    for row in house.read("verdict").sort("position").iter_rows(named=True):
        if row["level"] == "auto" and row["channel"]:
            found[row["subject"], row["channel"]] = (row["occurred_at"], row["decision"])
    assert found
    assert house.read("touches").rows() == [(*key, *found[key]) for key in sorted(found)]


def test_what_is_open(house: House) -> None:
    """Every intent ended, and every decision whose horizon has passed has its one outcome."""
    states: dict[str, list[str]] = defaultdict(list)
    for row in house.read("receipt").sort("position").iter_rows(named=True):
        states[row["decision"]].append(row["state"])
    taken = house.read("verdict").filter(house.read("verdict")["level"] == "auto")
    assert set(taken["decision"]) == set(states)
    ends = {("done",), ("sent", "done"), ("sent", "done", "undone")}
    assert {tuple(one) for one in states.values()} <= ends
    due = {
        row["decision"]
        for row in house.read("verdict").iter_rows(named=True)
        if row["measured_at"] is not None and row["measured_at"] <= house.now
    }
    measured = house.read("outcome")["decision"].to_list()
    assert sorted(measured) == sorted(due)
    assert set(house.read("outcomes_due")["decision"]).isdisjoint(measured)


def test_episodes(house: House) -> None:
    found: dict[tuple[str, ...], tuple[str, str, str, int]] = {}
    for row in house.read("verdict").sort("position").iter_rows(named=True):
        key = (row["automation"], row["verb"], row["subject"], row["episode"])
        if row["by"] == "policy":
            assert found.get(key, ("", ""))[1] != "auto", "followed after it had an intent"
        if row["by"] == "policy" or row["clause"] in ("declined", "overridden"):
            found[key] = (row["decision"], row["level"], row["clause"], row["position"])
    kept = house.read("episodes").rows()
    assert kept == [(*key, *found[key]) for key in sorted(found)]
