"""Somebody new in the town, who says what she thinks of it; and who was feared to leave."""

from datetime import datetime, timedelta
from decimal import Decimal

from psizero.customers.churn import FEATURES
from psizero.house.home import House


def signed_up(begin: datetime) -> dict[str, list[dict[str, object]]]:
    """Rows by kind: ida signs up, succeeds in the sandbox, and says how it was."""
    at = begin + timedelta(days=1, hours=9)
    ida: dict[str, object] = {"id": "ida", "subject": "ida", "occurred_at": at}
    made = {"email": "ida@town.example", "zone": "Europe/Berlin"}
    used = {"meter": "sandbox_calls", "quantity": Decimal(12), "properties": "{}"}
    said = {"about": "onboarding", "score": 5, "occurred_at": at + timedelta(days=3)}
    return {
        "customer.signed_up": [ida | {"industry": "finance", "technology": "python"}],
        "customer.created": [ida | made],
        "usage.recorded": [ida | used | {"occurred_at": at + timedelta(hours=30)}],
        "survey.answered": [ida | said],
    }


def feared(house: House, begin: datetime) -> None:
    """Four weeks before, the rule said of all that they stay; whose tickets sounded bad left."""
    word: dict[str, object] = {"plan": "", "because": "a guess", "contributions": "{}"}
    word |= {**dict.fromkeys(FEATURES, 0.0), "model": "heuristic"}
    stays, leaves = ("ada", "bob"), tuple(f"gone{n}" for n in range(20))
    rows = [
        word
        | {"id": f"{name} {hour}", "subject": name, "probability": 0.03, "band": "low"}
        | {"occurred_at": begin - timedelta(days=28, hours=hour)}
        | {"ticket_mood": -1.0 if name in leaves else 0.5}
        for hour in range(10)
        for name in (*stays, *leaves)
    ]
    eve = {"id": "eve", "subject": "eve", "probability": 0.8, "band": "high"}
    rows.append(word | eve | {"occurred_at": begin - timedelta(days=2)})
    house.append(house.members.catalog.kinds["churn.scored"], "town", rows)
