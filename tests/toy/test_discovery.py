"""A package beside ours joins the house by its entry points alone, end to end at the terminal."""

import json
from collections.abc import Iterator
from importlib.metadata import EntryPoint, distribution
from pathlib import Path

import pytest

from psizero.core.errors import Problem
from psizero.house.members import members
from tests.toy.installed import SITE, TOY, beside, installed
from tests.toy.terminal import psizero
from tests.toy.town import PRICES

PRICED = """
[[price]]
plan = "weekly"
version = 1
valid_from = 2026-09-01T00:00:00Z
currency = "EUR"
interval = "week"
base = "49.00"
minimum = "0"
tax_share = "0.19"
"""
MAP = """source = "crm"
[[select]]
kind = "subscription.started"
sql = "select line, name as customer, name as id, happened as occurred_at, name as subscription, \
'weekly' as plan from file where what = 'start'"
[[select]]
kind = "wish.made"
sql = "select line, name as customer, 'wish ' || name as id, happened as occurred_at, \
'gift.send' as verb, 'birthday' as episode, 'cake' as text, 1.0 as confidence \
from file where what = 'wish'"
"""
ROWS = """what,name,happened
start,ada,2026-10-01T00:00:00Z
wish,ada,2026-10-01T08:00:00Z
wish,bob,2026-10-01T09:00:00Z
"""


@pytest.fixture
def beside_us() -> Iterator[None]:
    """The toy on the path."""
    with beside():
        yield


def test_every_member_is_found() -> None:
    found, ours = installed(), members()
    assert set(found.automations) - set(ours.automations) == set(TOY)
    assert set(found.connectors) - set(ours.connectors) == {"recorded"}
    assert set(found.catalog.kinds) - set(ours.catalog.kinds) == {"wish.made", "note.written"}
    added = {"wishes", "wishes_recent", "wishes_by_verb", "wish_made", "note_written"}
    assert set(found.catalog.tables) - set(ours.catalog.tables) == added
    assert len(set(found.verbs) - set(ours.verbs)) == 5
    assert all(found.codes[name] for name in TOY)


def test_nothing_of_ours_changes_by_it() -> None:
    found, ours = installed(), members()
    assert {name: found.codes[name] for name in ours.codes} == dict(ours.codes)
    assert list(ours.automations) == sorted(ours.automations)
    assert list(found.automations) == sorted(found.automations)


def test_the_toy_is_a_distribution(beside_us: None) -> None:
    """As pip would leave it; nothing of it stands in a file of ours."""
    assert distribution("toy").version == "0.1.0"
    groups = {point.group for point in distribution("toy").entry_points}
    assert groups >= {f"psizero.{one}" for one in ("automations", "connectors", "events", "verbs")}
    assert (SITE / "toy").is_dir()


def test_at_the_terminal(tmp_path: Path) -> None:
    """Listed, granted, fed through a map, flown, and explained, in processes of their own."""
    home, files = tmp_path / "home", tmp_path / "files"
    files.mkdir()
    for name, text in (("prices.toml", PRICED), ("rows.csv", ROWS), ("map.toml", MAP)):
        (files / name).write_text(text)
    grants = ["--grant", "customers.greeting=auto", "--grant", "growth.wishes=shadow"]
    at, json_ = ("--home", home), ("--format", "json")
    home.mkdir()
    (home / "house.toml").write_text('[bindings]\nmessage.send = "recorded"\n')
    said = psizero(
        tmp_path,
        ("init", *at, *grants),
        ("prices", "apply", files / "prices.toml", *at),
        ("import", files / "rows.csv", "--map", files / "map.toml", *at),
        ("fly", "--until", "2026-10-05T00:00:00Z", *at),
        ("verify", *at),
        ("automations", *at, *json_),
        ("decisions", *at, *json_),
        ("init", "--home", tmp_path / "another"),
    )
    assert [one.code for one in said] == [0] * len(said), [one.err for one in said]
    listed = {row["automation"]: row for row in json.loads(said[5].out)}
    assert set(TOY) <= set(listed)
    assert listed["customers.greeting"]["level"] == "auto"
    assert listed["customers.greeting"]["domain"] == "customers"
    assert listed["operations.rounds"]["level"] == "off"
    assert "FREQ=DAILY" in listed["operations.rounds"]["cadence"]
    decided = {(row["automation"], row["subject"]): row for row in json.loads(said[6].out)}
    assert decided["customers.greeting", "ada"]["state"] == "done"
    assert decided["growth.wishes", "bob"]["level"] == "shadow"
    calls = (home / "recorded" / "calls.jsonl").read_text().splitlines()
    assert [json.loads(call)["subject"] for call in calls] == ["ada"]
    made = (tmp_path / "another" / "house.toml").read_text()
    assert "[settings.customers.greeting]" in made


def test_without_the_package_its_names_are_unknown(tmp_path: Path) -> None:
    assert members().automations.keys().isdisjoint(TOY)
    with pytest.raises(KeyError):
        members().verbs["gift.send"]
    assert PRICES["price"]


POINTS = {
    "verbs": "tests.toy.rival",
    "automations": "tests.toy.rival",
    "events": "tests.toy.rival",
    "tables": "tests.toy.rival",
}


@pytest.mark.parametrize("group", POINTS)
def test_nobody_takes_a_name_of_ours(group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two members of one name are refused, naming it: else a package would replace our gate's
    verbs, our invoicing or our records by being installed."""
    point = EntryPoint("rival", POINTS[group], f"psizero.{group}")

    def points(*, group: str) -> list[EntryPoint]:
        return [point] if group == point.group else []

    monkeypatch.setattr("psizero.house.members.entry_points", points)
    with pytest.raises(Problem, match=r"invoic|verdict"):
        members.__wrapped__()
