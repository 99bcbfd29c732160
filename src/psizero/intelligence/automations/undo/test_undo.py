"""What is good, and in which order it goes: beside the golden cases in cases.toml."""

from datetime import datetime

import polars as pl

from psizero.intelligence.automations.undo import Settings, measure, propose

NOON = datetime(2026, 10, 14, 12)
_TOLD: dict[str, object] = {
    "automation": "a.b",
    "verb": "task.assign",
    "compensator": "task.withdraw",
    "by": "anna",
}


def test_good_is_undone() -> None:
    due = pl.DataFrame({"decision": ["one", "two"]})
    found = measure({"undone": pl.DataFrame({"decision": ["two", "other"]})}, due)
    assert found.select("decision", "value", "good").rows() == [
        ("one", 0.0, False),
        ("two", 1.0, True),
    ]


def test_what_was_asked_last_goes_first() -> None:
    """Of what was asked at one instant, each is told apart by what it undoes."""
    hours = {"early": 1, "late": 3, "late too": 3}
    rows: list[dict[str, object]] = [
        {"decision": name, "subject": name, "parameters": "{}", "rows": "{}", "because": "other"}
        | {"asked_at": NOON.replace(hour=hour), "state": None, **_TOLD}
        for name, hour in hours.items()
    ]
    asked = pl.DataFrame(rows, schema_overrides={"state": pl.String})
    made = list(propose({"undos": asked}, Settings(), NOON))
    assert [one.episode for one in made] == ["undo late", "undo late too", "undo early"]
    assert {one.verb for one in made} == {"task.withdraw"}
