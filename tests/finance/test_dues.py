"""Who is charged when an invoice is due, once, and who is not."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from psizero.core.policy import Level
from psizero.house.home import House
from tests.toy.town import BEGIN, entered, fly, founded, introduced, priced, subscribed, take

LEVELS = {"finance.invoicing": Level.AUTO, "finance.collection": Level.AUTO}
TOML = '[bindings]\n"payment.charge" = "outbox"\n[settings.finance.collection]\ndue_days = 2\n'
ISSUED = BEGIN + timedelta(days=3, hours=6)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Ada left a card, Bob pays by transfer, Dan left nothing; each is billed every three days."""
    home = founded(tmp_path / "home", LEVELS, TOML)
    with entered(home) as house:
        priced(house)
        introduced(house)
        for name in ("ada", "bob", "dan"):
            take(house, "subscription.started", [subscribed(name, "steady")])
        method(house, "ada", "card", BEGIN)
        method(house, "bob", "transfer", BEGIN)
    return home


def method(house: House, name: str, means: str, at: datetime) -> None:
    row = {"id": f"{name} {at}", "subject": name, "occurred_at": at, "method": means}
    take(house, "payment.method_updated", [row])


def came(house: House, kind: str, name: str, at: datetime, minor: int) -> None:
    row: dict[str, object] = {"id": f"{kind} {name} {at}", "subject": name, "occurred_at": at}
    row |= {"amount_minor": minor, "currency": "EUR", "invoice": first_of(house, name)}
    take(house, kind, [row], clock=at)


def first_of(house: House, name: str) -> str:
    mine = house.read("invoices").filter(pl.col("subject") == name)
    return str(mine["number"][0]) if mine.height else "1"


def charged(home: Path) -> list[tuple[str, str]]:
    """Whom the outbox would have charged for which invoice."""
    found = [json.loads(path.read_text()) for path in (home / "outbox").glob("*.json")]
    return sorted((one["customer"], one["invoice"]) for one in found)


def test_a_card_is_charged_when_it_is_due(home: Path) -> None:
    """Two days after the issue, not before; once, whatever time goes by."""
    with entered(home) as house:
        fly(house, ISSUED + timedelta(days=2, seconds=-1))
        assert charged(home) == []
        fly(house, ISSUED + timedelta(days=2, seconds=1))
        first = first_of(house, "ada")
        assert charged(home) == [("ada", first)]
        fly(house, ISSUED + timedelta(days=4))
        assert charged(home) == [("ada", first)]
        said = house.read("decision").filter(pl.col("verb") == "payment.charge")
        assert said["subject"].to_list() == ["ada"]


def test_who_has_paid_is_not_charged(home: Path) -> None:
    with entered(home) as house:
        fly(house, ISSUED + timedelta(hours=1))
        owed = house.read("receivables").filter(pl.col("customer") == "ada")["total_minor"][0]
        came(house, "payment.succeeded", "ada", ISSUED + timedelta(hours=2), owed)
        fly(house, ISSUED + timedelta(days=2, hours=12))
    assert charged(home) == []


def test_a_part_is_charged_where_a_part_was_paid(home: Path) -> None:
    with entered(home) as house:
        fly(house, ISSUED + timedelta(hours=1))
        owed = house.read("receivables").filter(pl.col("customer") == "ada")["total_minor"][0]
        came(house, "payment.succeeded", "ada", ISSUED + timedelta(hours=2), owed - 100)
        fly(house, ISSUED + timedelta(days=2, hours=12))
        said = house.read("decision").filter(pl.col("verb") == "payment.charge")
    assert json.loads(said["parameters"][0])["amount_minor"] == 100


def test_what_failed_is_left_to_dunning(home: Path) -> None:
    with entered(home) as house:
        fly(house, ISSUED + timedelta(hours=1))
        came(house, "payment.failed", "ada", ISSUED + timedelta(hours=2), 100)
        fly(house, ISSUED + timedelta(days=2, hours=12))
    assert charged(home) == []


def test_a_card_that_comes_later_is_charged_then(home: Path) -> None:
    with entered(home) as house:
        fly(house, ISSUED + timedelta(days=2, hours=12))
        method(house, "bob", "card", ISSUED + timedelta(days=2, hours=13))
        fly(house, ISSUED + timedelta(days=2, hours=14))
    assert [name for name, _ in charged(home)] == ["ada", "bob"]
