"""What people say to decisions through the door: bound to what was shown, once, and their own."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from tests.api.doors import Town, opened
from tests.house.living import until
from tests.toy.town import said

BECAUSE = {"reason": "not_needed", "note": "really"}


@pytest.fixture
def open_town(flown: Path, tmp_path: Path) -> Iterator[Town]:
    """One for each test: decisions are used up."""
    copytree(flown, tmp_path / "home")
    with opened(tmp_path / "home") as town:
        yield town


def gifts(town: Town) -> list[dict[str, object]]:
    """What waits of the wishes for gifts, the cheapest first."""
    waits = [one for one in town.listed("decisions/pending") if one["verb"] == "gift.send"]
    return sorted(waits, key=lambda one: (str(one["money_minor"]), str(one["subject"])))


def shown(*rows: dict[str, object]) -> list[dict[str, object]]:
    """What a page knows of rows that it has shown."""
    return [{"id": one["id"], "hash": one["hash"]} for one in rows]


def test_exactly_the_set_that_was_shown_is_approved(open_town: Town) -> None:
    town = open_town
    first, second, third, *_ = gifts(town)
    body = {"decisions": shown(first, second)}
    assert town.post("/api/v1/decisions/approve", body).status_code == 200
    until(lambda: len(said(town.doors.home, "effects")) == 2)
    assert third["id"] in [one["id"] for one in town.listed("decisions/pending")]
    done = town.rows(f"decisions?state=done&subject={first['subject']}")
    assert first["id"] in [row["id"] for row in done]


def test_of_a_set_that_changed_nothing_is_approved(open_town: Town) -> None:
    town = open_town
    first, second, *_ = gifts(town)
    body = {"decisions": [*shown(first), {"id": second["id"], "hash": "0" * 32}]}
    found = town.post("/api/v1/decisions/approve", body)
    assert found.status_code == 409
    assert str(second["id"])[:12] in found.json()["detail"]
    assert town.post(f"/api/v1/decisions/{first['id']}/decline", BECAUSE).status_code == 200
    until(lambda: len(gifts(town)) == 5)
    found = town.post("/api/v1/decisions/approve", {"decisions": shown(first, second)})
    assert found.status_code == 409
    assert said(town.doors.home, "effects") == []


def test_a_no_keeps_its_reason(open_town: Town) -> None:
    town = open_town
    (one, *_) = gifts(town)
    path = f"/api/v1/decisions/{one['id']}"
    assert town.post(f"{path}/decline", {"reason": "bad mood"}).status_code == 422
    assert town.post(f"{path}/decline", BECAUSE, "grit").status_code == 200
    until(lambda: one["id"] not in [row["id"] for row in town.listed("decisions/pending")])
    told = town.get(path)
    assert isinstance(told, dict)
    (word,) = [row for row in told["verdicts"] if row["by"] == "grit"]
    assert (word["clause"], word["because"]) == ("declined", "not_needed: really")


def test_authority_is_as_house_toml_says(open_town: Town) -> None:
    """A role of another domain, too much money, and a program that is nobody."""
    town = open_town
    cheap, *_, dear = gifts(town)
    refused = {
        "fin": "does not decide about growth",
        "sue": "does not decide about growth",
        "grit": "up to 50 minor units",
        "key decide": "nobody in this house",
    }
    for who, why in refused.items():
        found = town.post(f"/api/v1/decisions/{dear['id']}/approve", {}, who)
        assert (found.status_code, why in found.text) == (422, True), found.text
    assert town.post(f"/api/v1/decisions/{cheap['id']}/approve", {}, "grit").status_code == 200


def test_who_edits_does_not_approve(open_town: Town) -> None:
    town = open_town
    (one, *_) = gifts(town)
    change = {"parameters": {"text": "a book"}, **BECAUSE}
    assert town.post(f"/api/v1/decisions/{one['id']}/edit", change).status_code == 200
    until(lambda: one["id"] not in [row["id"] for row in gifts(town)])
    made = [row for row in gifts(town) if row["episode"] == one["episode"]]
    (new,) = [row for row in made if row["subject"] == one["subject"]]
    assert "a book" in str(new["parameters"])
    path = f"/api/v1/decisions/{new['id']}/approve"
    assert "somebody else" in town.post(path, {"hash": new["hash"]}).text
    assert town.post(path, {"hash": new["hash"]}, "grit").status_code == 200


def test_the_same_key_is_the_same_write(open_town: Town) -> None:
    """Done once and answered the same; another body under it is told; errors are remembered."""
    town = open_town
    first, second, *_ = gifts(town)
    path = f"/api/v1/decisions/{first['id']}/approve"
    answers = [town.post(path, {}, "olga", **{"Idempotency-Key": "k1"}) for _ in range(3)]
    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1
    assert town.post(path, {}, "olga").status_code == 422
    other = f"/api/v1/decisions/{second['id']}/approve"
    assert town.post(other, {}, "olga", **{"Idempotency-Key": "k1"}).status_code == 409
    assert town.post(other, {}, "grit", **{"Idempotency-Key": "k1"}).status_code == 200


def test_levels_need_evidence_and_two(open_town: Town) -> None:
    town = open_town
    told = town.get("/api/v1/automations/growth.wishes")
    assert isinstance(told, dict)
    assert (told["level"], told["next"]) == ("approve", "auto") and told["lacks"]
    path = "/api/v1/automations/growth.wishes"
    found = town.post(f"{path}/promote", {"level": "auto"}, "otto")
    assert found.status_code == 422 and "not ready" in found.text
    assert town.post(f"{path}/demote", {"level": "shadow"}, "otto").status_code == 200
    until(lambda: "shadow" in str(town.get(path)))


def test_a_stop_and_its_end_by_two(open_town: Town) -> None:
    town = open_town
    assert town.post("/api/v1/stop", {"scope": "groth"}).status_code == 422
    assert town.post("/api/v1/stop", {"scope": "growth", "because": "why"}).status_code == 200
    until(lambda: "growth" in str(town.get("/api/v1/health")["stopped"]))
    assert "one more person" in town.post("/api/v1/resume", {"scope": "growth"}).text
    assert "goes on" in town.post("/api/v1/resume", {"scope": "growth"}, "otto").text
    until(lambda: town.doors.life.pulse().stopped == [])
