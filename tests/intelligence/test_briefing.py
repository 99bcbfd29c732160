"""What an owner reads: golden mornings, what is late or missing, and what each role sees."""

from datetime import timedelta
from decimal import Decimal

import pytest

from psizero.intelligence.roles import ROLES
from tests.intelligence.mornings import DAY, NOW, TODAY, Rows, said, tables, used

WEEKS = (1, 8, 15, 22, 29)


def daily(quantity: int = 1000, days: int = 30, first: int = 1) -> Rows:
    """A meter with the same use every day."""
    return [used("calls", TODAY - back * DAY, quantity) for back in range(first, days)]


def paid(*rows: tuple[str, int, str, int, int]) -> Rows:
    """Movements: customer, days ago, movement, MRR before and after, in cents."""
    return [
        {"customer": who, "currency": "EUR", "day": TODAY - ago * DAY, "movement": movement}
        | {"before_minor": before, "after_minor": after, "amount_minor": after - before}
        for who, ago, movement, before, after in rows
    ]


def waiting(automation: str = "finance.invoicing", count: int = 1) -> Rows:
    """Decisions that wait until tomorrow."""
    return [
        {"automation": automation, "verb": "invoice.issue", "subject": f"cust-{number}"}
        | {"episode": "1", "decision": f"d{number}", "money_minor": 12_000 + number}
        | {"currency": "EUR", "answer_until": NOW + DAY, "because": "due"}
        for number in range(count)
    ]


def text(role: str = "ceo", **given: Rows) -> str:
    """The plain text of a briefing."""
    return str(said(tables(**given), role)["text"])


def test_a_quiet_morning_is_three_lines() -> None:
    money = paid(("acme", 90, "new", 0, 49_900))
    row = said(tables(usage_daily=daily(), mrr_changes=money))
    assert row["topic"] == "Nothing needs you this morning" and not row["notable"]
    assert row["text"] == (
        "Green: nothing needs you this morning.\n\n"
        "Committed MRR: EUR 499; paying customers: 1; calls: 1,000.\n\n"
        "As known at 07:00 UTC on Wednesday 14 October 2026, by UTC days.\n"
    )


def test_a_full_morning() -> None:
    calls = [*daily(first=2), used("calls", TODAY - DAY, 700)]
    movers: Rows = [
        {"customer": name, "meter": "calls", "quantity": Decimal(now)}
        | {"quantity_before": Decimal(before), "change": Decimal(now - before)}
        | {"change_share": (before - now) / 300, "usage_share": now / 700}
        for name, now, before in (("acme", 450, 700), ("bolt", 250, 300))
    ]
    money = paid(
        ("acme", 90, "new", 0, 4_990_000),
        ("coda", 3, "new", 0, 12_000),
        ("debt", 80, "new", 0, 5_000),
        ("debt", 2, "churn", 5_000, 0),
    )
    row = said(tables(usage_daily=calls, usage_movers=movers, mrr_changes=money) | {})
    assert row["topic"] == "Calls are down 30%; MRR is up EUR 70 in a week"
    told = str(row["text"])
    assert told.startswith(
        "Red: calls are down 30% and MRR is up EUR 70 in a week.\n\nThe numbers\n\n"
        "Committed MRR: EUR 50,020, up 0.1% from EUR 49,950 a week before.\n"
        "Paying customers: 2, the same as a week before.\n"
        "Calls: 700 yesterday, down 30% from 1,000 on the Tuesday before.\n"
    )
    flat = " ".join(told.split())
    assert (
        "Calls came to 700 yesterday, down 30% on the Tuesday before (1,000). That is outside the "
        "range of the last 4 Tuesdays (1,000 to 1,000). The largest part is acme, down 250, or 83% "
        "of the net change." in flat
    )
    assert (
        "Committed MRR rose by EUR 70 in a week, to EUR 50,020: EUR 120 from new customers (1) and "
        "EUR 50 lost with customers who left (1)." in flat
    )
    assert "1 customer left in a week, with EUR 50 of MRR: debt." in flat
    assert "a year comes to EUR 600,240. That is a run rate, not a forecast" in flat
    assert "caus" not in flat and "because" not in flat and "due to" not in flat


def test_what_is_usual_is_no_news() -> None:
    """A fall of a fifth within the range of four weeks, and one of a twelfth, are left out."""
    swings = [used("calls", TODAY - back * DAY, 1250 if back == 8 else 1000) for back in WEEKS]
    assert "nothing needs you" in text(usage_daily=swings + daily(1000, 8, 2))
    small = [used("calls", TODAY - DAY, 917), *daily(first=2)]
    assert "nothing needs you" in text(usage_daily=small)
    large = [used("calls", TODAY - DAY, 899), *daily(first=2)]
    assert "calls are down 10%" in text(usage_daily=large)


def test_a_late_source_is_named_and_shows_no_number() -> None:
    told = text(usage_daily=daily(first=3))
    assert told.startswith("Amber: the data on calls is late.")
    assert "Calls: no number, the data is late; the last is of Sunday 11 October." in told
    assert "Data: calls late, known to 00:00 UTC on Monday 12 October." in told
    assert "1,000" not in told
    assert not said(tables(usage_daily=daily(first=3)))["complete"]


def test_a_day_that_stops_early_is_incomplete() -> None:
    short = used("calls", TODAY - DAY, 600, last_until=TODAY - timedelta(hours=9))
    told = text(usage_daily=[*daily(first=2), short])
    assert "the data on calls is incomplete" in told and "600" not in told
    assert "Data: calls incomplete, known to 15:00 UTC on Tuesday 13 October." in told
    near = used("calls", TODAY - DAY, 1000, last_until=TODAY - timedelta(hours=2))
    assert "nothing needs you" in text(usage_daily=[*daily(first=2), near])


def test_a_free_weekday_is_not_late() -> None:
    workdays = [row for row in daily(first=2) if row["day"] != TODAY - 8 * DAY]
    assert said(tables(usage_daily=workdays))["complete"]


def test_missing_sources_are_said() -> None:
    told = text(usage_daily=daily(), decisions_waiting=waiting())
    assert "Not connected: payments, tickets." in told
    old = [{"feed": "tickets", "last_at": TODAY - 20 * DAY}]
    silent = text(feeds=old)
    assert "the data on tickets is silent" in silent
    assert "Not connected: payments, usage." in silent


def test_what_waits_comes_first_with_its_deadline() -> None:
    told = text(decisions_waiting=waiting(count=3))
    assert told.startswith("Amber: 3 decisions wait for an answer.\n\nDecide now\n\n")
    flat = " ".join(told.split())
    assert (
        "3 decisions of finance.invoicing wait until 07:00 UTC on Thursday 15 October, worth EUR "
        "360.03. They are: invoice issue for cust-2 (EUR 120.02), invoice issue for cust-1 (EUR "
        "120.01) and invoice issue for cust-0 (EUR 120). To say yes: psizero approve --all-of "
        "finance.invoicing A yes carries out what is asked; silence counts as no." in flat
    )
    many = text(decisions_waiting=waiting(count=6))
    assert "The largest: invoice issue for cust-5 (EUR 120.05)," in " ".join(many.split())
    assert "1 decision of finance.invoicing waits until" in text(decisions_waiting=waiting())


def test_an_owner_without_anything_hears_so() -> None:
    row = said(tables())
    assert not row["notable"] and "nothing needs you" in str(row["text"])


def test_targets_are_held_against() -> None:
    goal: Rows = [{"name": "targets.mrr", "value": "60000"}]
    money = paid(("acme", 90, "new", 0, 49_900), ("bolt", 2, "new", 0, 100))
    assert "; under the target of EUR 600." in " ".join(
        text(settings=goal, mrr_changes=money).split()
    )


def test_roles_see_what_is_theirs() -> None:
    given: dict[str, Rows] = {
        "usage_daily": [used("calls", TODAY - DAY, 100), *daily(first=2)],
        "mrr_changes": paid(("acme", 90, "new", 0, 49_900), ("bolt", 2, "new", 0, 100)),
        "decisions_waiting": waiting(),
        "health_standing": [
            {"customer": name, "score": score, "stance": stance, "stance_since": TODAY}
            | {"owing": False, "open_tickets": 0, "inputs": "{}"}
            for name, score, stance in (("sad", 20.0, "critical"), ("glad", 90.0, "good"))
        ],
    }
    told = {role: text(role, **given) for role in ROLES}
    assert len(set(told.values())) == len(ROLES)
    assert {role for role in ROLES if "finance.invoicing" in told[role]} == {"ceo", "finance"}
    assert {role for role in ROLES if "sad:" in told[role]} == {"ceo", "cs", "support"}
    assert {role for role in ROLES if "glad:" in told[role]} == {"ceo", "sales"}
    assert {role for role in ROLES if "MRR rose" in told[role]} == {"ceo", "sales", "finance"}
    assert "calls are down 90%" not in told["finance"].lower()


@pytest.mark.parametrize("role", ROLES)
def test_every_role_begins_with_a_verdict_and_ends_with_why(role: str) -> None:
    told = text(role, usage_daily=daily(first=3))
    assert told.startswith("Amber: ") and f"You get this as {role}" in told


def test_what_fell_and_what_was_lost_is_said() -> None:
    fell = {"automation": "finance.invoicing", "level": "shadow", "fell_at": NOW}
    gone: Rows = [{"kind": "usage.recorded", "rows": 1200}, {"kind": "ticket.opened", "rows": 1}]
    told = text(usage_daily=daily(), falls_daily=[fell], rejected_daily=gone)
    assert told.startswith("Amber: 1 automation fell a rung")
    assert "finance.invoicing fell to shadow by itself" in told
    assert "1,200 of usage.recorded and 1 of ticket.opened; psizero rejected." in told.replace(
        "\n", " "
    )
    assert "fell" not in text("support", usage_daily=daily(), falls_daily=[fell])
