"""Audit: search, one record and what it led to, the proof, and who may see them."""

import pytest

from psizero.api.access import Person, Role, Scope, rights
from psizero.api.audit import Proof
from psizero.console.audit import Checked
from psizero.console.sheet import Frame, drawn
from tests.api.doors import PEOPLE, Town
from tests.console.seen import Seen, csrf, page, send


def records(town: Town, path: str) -> list[str]:
    """Where the records of a page lead."""
    return [one for one in Seen(page(town, path)).links if one.startswith("/audit/records/")]


def test_a_record_leads_to_what_it_caused(town: Town) -> None:
    wishes = records(town, "/audit?kind=wish.made")
    assert len(wishes) == 6 and len(records(town, "/audit?kind=wish.made&subject=ada")) == 3
    assert set(records(town, "/audit?kind=wish.made&subject=ada")) < set(wishes)
    told = page(town, wishes[0])
    assert "growth.wishes" in told and "gift send" in told and "Who thought of it first" in told
    (decision,) = [one for one in Seen(told).links if one.startswith("/decide/")]
    story = page(town, decision)
    (record,) = [one for one in Seen(story).links if one.startswith("/audit/records/")]
    assert "The decision that it belongs to" in page(town, record)
    assert town.ask("olga", "GET", "/audit/records/99999999").status_code == 404
    assert town.ask("olga", "GET", "/audit?kind=nothing").status_code == 422


def test_rows_of_the_log_lead_to_their_records(town: Town) -> None:
    links = [one for one in Seen(page(town, "/tables/wish_made")).links if "/records/" in one]
    assert len(links) == 6
    page(town, links[0])
    assert not [one for one in Seen(page(town, "/tables/wish_made", "vic")).links if "audit" in one]


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_only_who_may_audit_sees_it(town: Town, who: str) -> None:
    may = Scope.AUDIT in rights(PEOPLE[who])
    assert ("/audit" in Seen(page(town, "/", who)).links) == may
    for path in ("/audit", "/audit/records/1"):
        assert town.ask(who, "GET", path).status_code == (200 if may else 403)
    if not may:
        token = csrf(town, who)
        assert send(town, "/audit/proof", {"csrf": token}, who).status_code == 403


def test_a_proof_is_asked_for_and_shown(town: Town) -> None:
    assert "Nobody has asked" in page(town, "/audit")
    assert send(town, "/audit/proof", {"csrf": "0"}).status_code == 403
    found = send(town, "/audit/proof", {"csrf": csrf(town)})
    assert (found.status_code, found.headers["location"]) == (303, "/audit#proof")
    told = page(town, "/audit")
    assert "Sound." in told and "Nobody has asked" not in told


def test_what_a_proof_finds_is_said() -> None:
    person = Person(name="olga", role=Role.OWNER, scopes=rights(Role.OWNER))
    faults = ["decision <7> was edited"]
    proof = Proof(sound=False, rows=9, batches=2, chain="0", faults=faults)
    checked = Checked(proof=proof, as_of="2026-01-01T00:00:00Z", seconds=0.1)
    numbers = dict.fromkeys(("total", "last", "batches"), 0) | {"page": 1, "pages": 1}
    words = dict.fromkeys(("kind", "subject", "chain", "sealed_at"), "")
    values: dict[str, object] = {"checked": checked, "faults_max": 9, "kinds": [], "rows": []}
    frame = Frame(person=person, path="/audit", stopped={})
    text = drawn(frame, "audit.html", {**values, **numbers, **words})
    assert "decision &lt;7&gt; was edited" in text and "in 1 places" in text
    assert "Sound." not in text
