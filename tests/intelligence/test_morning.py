"""What a morning shows beside its news: bars, usual ranges, the company's clocks, the gaps."""

from decimal import Decimal
from pathlib import Path

import msgspec
import polars as pl
import pytest

from psizero.core.policy import Level
from psizero.intelligence.automations.morning_briefing import AUTOMATION
from psizero.intelligence.gaps import gaps
from psizero.intelligence.morning import morning
from psizero.intelligence.prose import known_zone, spoken, time_text, word_text
from psizero.intelligence.roles import ROLES
from tests.intelligence.mornings import DAY, NOW, TODAY, Rows, said, tables, used
from tests.intelligence.test_briefing import daily, paid, text, waiting
from tests.intelligence.test_sending import HOUR, SEVEN, home_of
from tests.toy.town import entered

WEEK = 7


def page(**given: Rows) -> str:
    """The HTML of the founder's briefing on a morning with news."""
    return str(said(tables(decisions_waiting=waiting(), **given))["html"])


def row_of(html: str, label: str) -> str:
    """One tile of the page."""
    (found,) = [one for one in html.split("<tr>") if f">{label}</td>" in one]
    return found


def test_bars_of_four_weeks_with_their_numbers_in_words() -> None:
    rising = [used("calls", TODAY - back * DAY, 1000 - 10 * back) for back in range(1, 40)]
    shown = row_of(page(usage_daily=rising), "Calls")
    label = (
        'aria-label="Lowest 720 on Wednesday 16 September, highest 990 on Tuesday 13 October, '
        'last 990 on Tuesday 13 October."'
    )
    assert f'role="img" {label}>' in shown
    bars = shown.partition(f"{label}>")[2].partition("</span>")[0]
    assert len(bars) == 28 and bars == "".join(sorted(bars)) and bars[-1] == "█" and bars[0] == "▆"


@pytest.mark.parametrize(("days", "drawn"), [(6, False), (7, True)])
def test_no_bars_of_fewer_than_seven_days(days: int, drawn: bool) -> None:
    html = page(usage_daily=daily(1000, days + 1), mrr_changes=paid(("a", days, "new", 0, 900)))
    for label in ("Calls", "Customers who called", "Committed MRR", "Paying customers"):
        assert ('role="img"' in row_of(html, label)) == drawn, label


def test_a_day_that_is_not_known_is_a_gap_and_what_stands_stands() -> None:
    calls = [row for row in daily(1000, 12) if row["day"] != TODAY - 4 * DAY]
    html = page(
        usage_daily=calls,
        mrr_changes=paid(("a", 30, "new", 0, 100), ("b", 3, "new", 0, 300)),
        tickets_daily=[
            {"day": TODAY - back * DAY, "opened": 8, "closed": 4} for back in (1, 2, 20)
        ],
    )
    assert ">███████ ███</span>" in row_of(html, "Calls")
    assert f">{'▁' * 25}███</span>" in row_of(html, "Committed MRR")
    assert "Lowest EUR 1 on Wednesday 16 September" in row_of(html, "Committed MRR")
    support = str(
        said(
            tables(
                decisions_waiting=waiting(),
                tickets_daily=[
                    {"day": TODAY - back * DAY, "opened": 8, "closed": 4} for back in (1, 2, 20)
                ],
            ),
            "support",
        )["html"]
    )
    assert f">█{'▁' * 17}██</span>" in row_of(support, "Tickets opened")


def test_bars_are_for_pages_alone() -> None:
    row = said(tables(decisions_waiting=waiting(), usage_daily=daily()))
    assert "Lowest" not in str(row["text"]) and "Lowest" in str(row["html"])


@pytest.mark.parametrize(
    ("weeks", "latest", "words"),
    [
        (8, 1000, "within the usual range of a Tuesday, 900 to 1,100."),
        (8, 1101, "over the usual range of a Tuesday, 900 to 1,100."),
        (8, 899, "under the usual range of a Tuesday, 900 to 1,100."),
        (7, 1000, ""),
    ],
)
def test_the_usual_range_is_told_from_eight_weeks_on(weeks: int, latest: int, words: str) -> None:
    used_on = {1: latest} | {1 + WEEK * n: 900 + 200 * (n % 2) for n in range(1, weeks + 1)}
    calls = [used("calls", TODAY - back * DAY, much) for back, much in used_on.items()]
    told = " ".join(text(usage_daily=calls, decisions_waiting=waiting()).split())
    assert words in told and ("usual range of a Tuesday" in told) == bool(words)
    seen = morning("ceo", ROLES["ceo"], tables(usage_daily=calls), NOW)
    missing = [spoken(one.said) for one in gaps(seen)]
    wanted = "known; of earlier Tuesdays, 7 so far."
    assert any(one.endswith(wanted) for one in missing) == (not words)


def test_names_of_meters_as_people_write_them() -> None:
    calls = [
        used("sandbox_calls", TODAY - DAY, 700),
        *[used("sandbox_calls", TODAY - back * DAY, 1000) for back in range(2, 30)],
    ]
    row = said(tables(usage_daily=calls))
    assert row["topic"] == "Sandbox calls are down 30%"
    assert "Sandbox calls: 700 yesterday" in str(row["text"])
    assert "sandbox_calls" not in f"{row['text']}{row['html']}".replace("&#x27;", "'")
    assert word_text("gpt-4_tokens") == "gpt-4 tokens"


@pytest.mark.parametrize(
    ("zone", "asked", "until"),
    [
        ("UTC", "07:00 UTC on Wednesday 14", "20:00 UTC on Wednesday 14 October"),
        ("Europe/Berlin", "09:00 Berlin time on Wednesday 14", "22:00 Berlin time on Wednesday 14"),
        ("Pacific/Auckland", "20:00 Auckland time on Wednesday 14", "on Thursday 15 October"),
        ("America/Los_Angeles", "00:00 Los Angeles time on Wednesday 14", "13:00 Los Angeles time"),
    ],
)
def test_hours_and_days_by_the_company_s_clocks(zone: str, asked: str, until: str) -> None:
    """Days of use stay those of UTC, and the foot says so."""
    zones: Rows = [{"name": "company.zone", "value": f'"{zone}"'}]
    waits: Rows = [{**one, "answer_until": TODAY + 20 * HOUR} for one in waiting()]
    told = " ".join(text(settings=zones, decisions_waiting=waits, usage_daily=daily()).split())
    assert f"As known at {asked} October 2026, by UTC days." in told
    assert f"waits until {until}" in told or until in told
    assert ("UTC on" in told) == (zone == "UTC")


def test_a_zone_that_was_taken_back_or_is_none_is_utc() -> None:
    for value in ("null", '"Not/AZone"'):
        assert "07:00 UTC" in text(settings=[{"name": "company.zone", "value": value}])
    assert known_zone("Mars/Olympus") == "UTC"
    assert time_text(NOW, "Asia/Kolkata") == "12:30 Kolkata time on Wednesday 14 October"


def test_thin_data_says_what_is_missing_and_how_to_bring_it() -> None:
    levels: Rows = [
        {"automation": name, "scope": "*", "level": level}
        for name, level in (("finance.invoicing", "auto"), ("customers.health_watch", "approve"))
    ]
    row = said(tables(usage_daily=daily(1000, 9), decisions_waiting=waiting(), levels=levels))
    told = " ".join(str(row["text"]).split())
    assert 250 <= int(str(row["words"])) <= 400
    for words in (
        "At work by themselves: finance.invoicing; asking first: customers.health_watch.",
        "Payments are not connected. With psizero import FILE --map MAP, payment.succeeded and",
        "Prices (psizero prices apply FILE) and subscription.started bring MRR",
    ):
        assert words in told
    assert told.index("At work, and what is missing") < told.index("About this briefing")


def test_what_is_there_is_not_missed() -> None:
    """A full morning says nothing of gaps, a quiet one is three lines."""
    assert "what is missing" not in text(usage_daily=daily())
    rich: dict[str, Rows] = {
        "usage_daily": [
            row | {"succeeded": Decimal(9), "failed": Decimal(1)} for row in daily(1000, 57)
        ],
        "mrr_changes": paid(("acme", 90, "new", 0, 49_900), ("bolt", 2, "new", 0, 100)),
        "settings": [{"name": "targets.mrr", "value": "60000"}],
        "feeds": [{"feed": feed, "last_at": TODAY} for feed in ("meters", "tickets", "payments")],
    }
    told = text(**rich)
    for words in (
        "not connected",
        "No meter says",
        "No target",
        "No recurring",
        "usual range of a w",
    ):
        assert words not in told


def test_a_briefing_that_waits_is_no_news_in_itself(tmp_path: Path) -> None:
    """At approve it waits for its own sending; what else waits is told."""
    home = home_of(tmp_path, "", {AUTOMATION.name: Level.APPROVE})
    with entered(home) as house:
        asked = house.read("pending", SEVEN + HOUR / 2)
        assert asked["automation"].to_list() == [AUTOMATION.name]
        assert house.read("decisions_waiting", SEVEN + HOUR / 2).is_empty()
        row = house.read("briefing", SEVEN + HOUR / 2).filter(pl.col("role") == "ceo")
        assert "wait" not in row["topic"][0]
        parts = msgspec.json.decode(str(row["parts"][0]), type=list[dict[str, object]])
        assert "decide" not in [one["name"] for one in parts]
