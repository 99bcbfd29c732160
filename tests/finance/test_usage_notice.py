"""Use so far, at this pace, and what is said when the included units run out."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psizero.core.policy import Level
from psizero.finance.automations.usage_notice import measure, propose
from psizero.finance.prices import price_rows
from psizero.finance.standing import Settings
from tests.toy.town import BEGIN, entered, fly, founded, subscribed, take, used

USUAL = Settings()
LEVELS = {"finance.usage_notice": Level.AUTO}
TOML = '[bindings]\n"message.send" = "outbox"\n'
_CALLS = {"meter": "calls", "included": "100", "mode": "per_unit", "rate": "0.01"}
BOOK = {
    "price": [
        {
            "plan": plan,
            "version": 1,
            "valid_from": datetime(2026, 9, 1),
            "currency": "EUR",
            "base": "9.00",
            "minimum": "0",
            "tax_share": "0",
            "interval": "day",
            "interval_count": 10,
            "meter": [_CALLS | {"included": included}],
        }
        for plan, included in (("small", "100"), ("large", "1000"))
    ]
}


def row(quantity: Decimal, included: Decimal) -> pl.DataFrame:
    """One customer's standing."""
    said = {
        "subscription": "s",
        "customer": "ada",
        "meter": "calls",
        "period_start": BEGIN,
        "period_end": BEGIN + timedelta(days=10),
        "until": BEGIN + timedelta(days=1),
        "quantity": quantity,
        "included": included,
        "used_share": 0.5,
        "elapsed_share": 0.1,
        "projected_quantity": 1.0,
    }
    money = {"quantity": pl.Decimal(38, 9), "included": pl.Decimal(38, 9)}
    return pl.DataFrame([said]).with_columns(pl.col(n).cast(kept) for n, kept in money.items())


@given(st.decimals(0, 300, places=3), st.integers(1, 200))
def test_every_share_that_is_reached_is_marked_and_the_highest_alone_is_told(
    quantity: Decimal, included: int
) -> None:
    facts = {"usage_standing": row(quantity, Decimal(included))}
    made = list(propose(facts, USUAL, BEGIN))
    marks = [one.parameters["percent"] for one in made if one.verb == "usage.mark"]
    assert marks == [one for one in (50, 80, 100) if 100 * quantity >= one * included]
    told = [one.episode.split()[3] for one in made if one.verb == "message.send"]
    assert told == [str(one) for one in marks if one != 50][-1:]


@given(st.decimals(80, 99, places=3), st.decimals(80, 99, places=3))
def test_more_use_of_the_same_share_is_the_same_decision(one: Decimal, other: Decimal) -> None:
    keys = [
        {
            made.id_for("finance.usage_notice")
            for made in propose({"usage_standing": row(use, Decimal(100))}, USUAL, BEGIN)
        }
        for use in (one, other)
    ]
    assert keys[0] == keys[1] and len(keys[0]) == 3


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Ada and Bob use ten calls a day of a hundred, and of a thousand; Dan moves up at once."""
    home = founded(tmp_path / "home", LEVELS, TOML)
    with entered(home) as house:
        rows = price_rows(BOOK, "prices.toml")
        house.store.append(house.members.catalog.kinds["price.set"], rows)
        plans = {"ada": "small", "bob": "large", "dan": "small"}
        take(house, "subscription.started", [subscribed(*one) for one in plans.items()])
        hours = [BEGIN + timedelta(hours=12 * step) for step in range(19)]
        calls = [used(name, at, "7") for name in plans for at in hours]
        take(house, "usage.recorded", calls)
        moved = {"id": "dan", "subject": "dan", "occurred_at": BEGIN + timedelta(days=1)}
        moved |= {"subscription": "dan", "plan": "large", "effective": "now"}
        take(house, "subscription.changed", [moved])
    return home


def test_a_period_is_projected_and_its_shares_become_events_once(home: Path) -> None:
    with entered(home) as house:
        fly(house, BEGIN + timedelta(days=5))
        seen = house.read("usage_standing")
        assert seen["customer"].to_list() == ["ada", "bob"], "dan's allowance counts by part"
        assert seen["quantity"].to_list() == [70, 70]
        assert seen["used_share"].to_list() == [0.7, 0.07]
        assert seen["elapsed_share"].to_list() == [0.5, 0.5]
        assert seen["projected_quantity"].to_list() == [140.0, 140.0]
        fly(house, BEGIN + timedelta(days=9))
        marked = house.read("usage_threshold_reached").sort("percent")
        assert marked["subject"].to_list() == ["ada"] * 3
        assert marked["percent"].to_list() == [50, 80, 100]
        assert marked["quantity"].to_list() == [63, 91, 105]
        sent = house.read("decision").filter(pl.col("verb") == "message.send")
        assert sent["episode"].to_list() == [
            "notice ada calls 80 2026-10-01",
            "notice ada calls 100 2026-10-01",
        ]


def test_a_notice_is_good_unless_somebody_complained_after_the_period_began() -> None:
    due = pl.DataFrame(
        {
            "decision": ["a", "b"],
            "subject": ["ada", "bob"],
            "episode": ["notice s calls 80 2026-10-01", "gone calls 80 2026-10-01"],
        }
    )
    facts = {
        "usage_standing": row(Decimal(80), Decimal(100)),
        "suppressions": pl.DataFrame(
            {"subject": ["bob"], "complained_at": [BEGIN + timedelta(days=2)]}
        ),
    }
    made = measure(facts, due)
    assert made["value"].to_list() == [0.5, None]
    assert made["good"].to_list() == [True, False]


def test_a_notice_that_is_never_marked_is_refused() -> None:
    with pytest.raises(ValueError, match="among mark_percents"):
        Settings(notice_percents=(90,))
