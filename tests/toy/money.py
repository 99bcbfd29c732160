"""What the people of the town paid: one card fails for good, one pays far too much."""

from datetime import datetime, timedelta
from decimal import Decimal

Rows = list[dict[str, object]]


def paid(begin: datetime) -> dict[str, Rows]:
    """Rows by kind: invoice 2 fails and stays unpaid, invoice 3 is paid many times over."""
    money = {"currency": "USD", "amount_minor": 100_000}
    failed = {"id": "failed 2", "subject": "ada", "occurred_at": begin + timedelta(days=3, hours=7)}
    came = {"id": "paid 3", "subject": "bob", "occurred_at": begin + timedelta(days=3, hours=8)}
    card = {"id": "card", "subject": "bob", "occurred_at": begin + timedelta(days=2)}
    granted = {"id": "granted", "subject": "ida", "occurred_at": begin, "priority": 0}
    granted |= {"paid": True, "expires_at": begin + timedelta(days=4)}
    granted |= {"currency": "EUR", "amount_minor": 700}
    return {
        "payment.failed": [failed | money | {"invoice": "2", "decline_code": "do_not_honor"}],
        "payment.succeeded": [came | money | {"invoice": "3"}],
        "payment.method_updated": [card | {"method": "card"}],
        "credit.granted": [granted, granted | {"id": "stays", "expires_at": None}],
    }


def asked_back(at: datetime) -> Rows:
    """Ada is to get 5.00 EUR of her invoice 2 back; bob asks for what is hers."""
    back = {"invoice": "2", "amount_minor": 500, "currency": "EUR", "reason": "outage"}
    return [
        back | {"id": f"back {name}", "subject": name, "occurred_at": at} for name in ("ada", "bob")
    ]


def exported(begin: datetime, load: str) -> Rows:
    """What ada exported on the fourth day, as one load says it; under ids of that load."""
    hours = [begin + timedelta(days=3, hours=5 * step) for step in range(4)]
    said = {"subject": "ada", "meter": "exports", "quantity": Decimal(20), "properties": "{}"}
    return [said | {"id": f"{load} {at}", "occurred_at": at} for at in hours]
