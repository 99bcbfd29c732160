"""What a page says in words, and in which order: pure, without a server."""

import pytest

from psizero.console.cadence import awake, recurring
from psizero.console.inbox import urgent
from psizero.core.clock import Cadence
from psizero.house.members import members


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY;BYHOUR=5", "every day at 05:00 UTC"),
        (
            "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=8;BYMINUTE=30",
            "every week on Monday and Thursday at 08:30 UTC",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=6;BYHOUR=7", "every month on day 6 at 07:00 UTC"),
        ("FREQ=HOURLY;INTERVAL=2;BYMINUTE=5", "every 2 hours at minute 5"),
        ("FREQ=YEARLY;BYMONTH=4", "every year in April"),
        ("FREQ=DAILY;BYSETPOS=1", "by the rule FREQ=DAILY;BYSETPOS=1 (UTC)"),
    ],
)
def test_a_rule_is_said_in_words(rule: str, words: str) -> None:
    assert recurring(Cadence(rule)) == words


def test_no_automation_shows_a_rule() -> None:
    for name, one in members().automations.items():
        said = awake(one)
        assert said and not any("FREQ" in words for words in said), (name, said)


def _row(id: str, minor: int | None, currency: str | None, until: str = "") -> dict[str, object]:
    return {"id": id, "money_minor": minor, "currency": currency, "answer_until": until or None}


def test_the_most_money_is_first_and_two_currencies_take_turns() -> None:
    rows = [
        _row("a", 0, None),
        _row("b", 100, "EUR"),
        _row("c", 9_000_000, "JPY"),
        _row("d", 200, "EUR"),
        _row("e", 8_000_000, "JPY"),
        _row("f", 100, "EUR", "2026-01-01"),
        _row("g", None, "EUR", "2026-01-01"),
    ]
    found = [str(row["id"]) for row in urgent(rows)]
    assert found[-2:] == ["g", "a"]
    assert [one for one in found if one in "bdf"] == ["d", "f", "b"]
    assert {"c", "d"} == set(found[:2]) and {"e", "f"} == set(found[2:4])
    assert found == [str(row["id"]) for row in urgent(rows[::-1])]
