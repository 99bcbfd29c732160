"""Who gets a briefing, when, and what is good: beside the golden cases in cases.toml."""

from datetime import datetime

import polars as pl
import pytest

from psizero.intelligence.automations.morning_briefing import (
    Settings,
    measure,
    propose,
    recipient,
)


def sent(
    minutes: int | None, complete: bool, level: str = "auto"
) -> tuple[str, float | None, bool]:
    """What is measured of one briefing."""
    due = pl.DataFrame({"decision": ["d"]})
    said = {"decision": ["d"], "delay_minutes": [minutes], "complete": [complete]}
    facts = {
        "briefings_sent": pl.DataFrame(said, schema_overrides={"delay_minutes": pl.Int64}),
        "fates": pl.DataFrame({"decision": ["d"], "level": [level]}),
    }
    (row,) = measure(facts, due).select("name", "value", "good").rows()
    return row[0], row[1], row[2]


def test_good_is_soon_and_complete() -> None:
    assert sent(0, True) == ("sent after", 0.0, True)
    assert sent(30, True) == ("sent after", 30.0, True)
    assert sent(31, True) == ("sent after", 31.0, False)
    assert sent(0, False) == ("sent after", 0.0, False)
    assert sent(None, True) == ("not sent", None, False)
    assert sent(None, True, "shadow") == ("sent after", 0.0, True)
    assert sent(None, False, "shadow") == ("sent after", 0.0, False)


def test_who_gets_it() -> None:
    rows = [("people.zoe", '"owner"'), ("people.anna", '"owner"'), ("people.fay", '"finance"')]
    known = pl.DataFrame([*rows, ("people.gone", "null")], schema=["name", "value"], orient="row")
    assert recipient(known, "finance") == "fay"
    assert recipient(known, "ceo") == recipient(known, "sales") == "anna"
    assert recipient(known.clear(), "ceo") == "owner"


@pytest.mark.parametrize(("hour", "count"), [(6, 0), (7, 1), (12, 1), (13, 0)])
def test_only_in_the_morning(hour: int, count: int) -> None:
    row = {"role": "ceo", "topic": "news", "notable": True, "complete": True, "words": 3}
    settings = pl.DataFrame(schema={"name": pl.String, "value": pl.String})
    facts = {"briefing": pl.DataFrame([row]), "settings": settings}
    made = list(propose(facts, Settings(), datetime(2026, 10, 4, hour)))
    assert len(made) == count
    assert all(one.expires_at == datetime(2026, 10, 4, 13) for one in made)
