"""Audit, what-if and look-ups through the door."""

import json
import re
from pathlib import Path
from shutil import copytree

import pytest

from psizero.api.app import document
from psizero.house.home import House
from tests.api.doors import Town, opened
from tests.house.living import until
from tests.toy.town import entered

OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def test_the_proof_is_the_ledger_s(town: Town) -> None:
    found = town.post("/api/v1/audit/verify", {}).json()
    position = town.doors.house.store.position
    assert (found["sound"], found["faults"]) == (True, [])
    assert found["rows"] <= position.last


def test_a_change_of_the_file_is_found_through_the_door(flown: Path, tmp_path: Path) -> None:
    copytree(flown, tmp_path / "home")
    with entered(tmp_path / "home") as house:
        house.store.ledger.con.execute("update event.wish_made set text = 'a yacht'")
    with opened(tmp_path / "home") as town:
        found = town.post("/api/v1/audit/verify", {}).json()
        assert not found["sound"] and "wish.made" in found["faults"][0]


def test_one_record_and_what_it_led_to(town: Town) -> None:
    """From the event over the run that saw it first to the decision about its subject."""
    (event, *_) = town.rows("audit/records?kind=wish.made&subject=ada")
    trail = town.get(f"/api/v1/audit/records/{event['position']}")
    assert isinstance(trail, dict)
    assert trail["kind"] == "wish.made" and trail["record"]["id"] == event["id"]
    seen = {one["automation"] for one in trail["seen_first_by"]}
    assert "growth.wishes" in seen
    made = [one for one in trail["decisions"] if one["verb"] == "gift.send"]
    assert made and {one["subject"] for one in made} == {"ada"}
    again = town.get(f"/api/v1/audit/records/{made[0]['position']}")
    assert isinstance(again, dict)
    assert again["decision"]["id"] == made[0]["id"]
    rows = town.rows("audit/records?subject=ada&limit=1000")
    positions = [int(str(row["position"])) for row in rows]
    assert positions == sorted(positions, reverse=True) and made[0]["position"] in positions


def test_a_what_if_goes_on_beside_the_house(town: Town) -> None:
    found = town.post("/api/v1/replays", {}, "grit")
    assert found.status_code == 202
    path = f"/api/v1/replays/{found.json()['id']}"
    until(lambda: done(town, path))
    told = town.get(path)
    assert isinstance(told, dict)
    assert (told["state"], told["share"], told["by"]) == ("done", 1.0, "grit"), told["problem"]
    assert told["result"]["identical"] is True
    assert town.listed("replays")[0]["result"] is None
    for body in ({"settings": ["nothing"]}, {"begin": "yesterday"}, {"settings": ["company.x=1"]}):
        assert town.post("/api/v1/replays", body).status_code == 422


def done(town: Town, path: str) -> bool:
    """Whether a trial has ended."""
    told = town.get(path)
    assert isinstance(told, dict)
    return told["state"] in ("done", "failed")


def test_limits_are_known_within_a_moment(flown: Path, tmp_path: Path) -> None:
    """A look-up shows what was committed, soon after, and who is not limited may use all."""
    copytree(flown, tmp_path / "home")
    with opened(tmp_path / "home") as town:
        assert town.doors.limits.of("ada").limit_percent == 100
        assert town.doors.life.hand_in(lambda: limit(town.doors.house, 25, "one")).result(60) == 1
        until(lambda: town.doors.limits.of("ada").limit_percent == 25)
        told = town.get("/api/v1/entitlements/ada", "key entitlements")
        assert isinstance(told, dict)
        assert (told["limit_percent"], told["why"]) == (25, "unpaid")
        town.doors.life.hand_in(lambda: limit(town.doors.house, 100, "two")).result(60)
        until(lambda: town.doors.limits.of("ada").limit_percent == 100)


def limit(house: House, percent: int, id: str) -> int:
    """As dunning does."""
    kind = house.members.catalog.kinds["entitlement.changed"]
    row: dict[str, object] = {"id": id, "subject": "ada", "limit_percent": percent}
    return house.append(kind, "test", [row | {"read_only": False, "why": "unpaid"}])


def test_the_openapi_document_is_fresh() -> None:
    if OPENAPI.read_text() != document():
        pytest.fail("docs/openapi.json is stale: python -m psizero.cli.docs", pytrace=False)
    told = json.loads(document())
    assert told["openapi"] == "3.1.0"
    for path, ways in told["paths"].items():
        for way, one in ways.items():
            assert one["description"], (path, way)
            assert {"401", "403", "500"} <= set(one["responses"]) or path.endswith(
                ("health", "metrics")
            ), path


def test_metrics_are_prometheus(town: Town) -> None:
    text = town.ask("otto", "GET", "/api/v1/metrics").text
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'psizero_\w+(\{kind="[\w.]+"\})? -?\d+', line) for line in samples)
    assert f"psizero_position {town.doors.life.pulse().position}" in samples
