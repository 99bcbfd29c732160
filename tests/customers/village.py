"""A village of customers through 90 days: the same deeds for the house and for the reader."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec

from psizero.core.chance import draw
from psizero.core.policy import Level
from psizero.core.tables import Derived
from psizero.house.home import House
from psizero.house.members import Members
from tests.customers.second_health import ACTIVITIES, DAY, Deed
from tests.toy.installed import installed
from tests.toy.town import entered, fly, founded, priced, take

BEGIN = datetime(2026, 7, 6)
DAYS = 90
WATCHED = BEGIN + timedelta(days=50, hours=5)
END = BEGIN + DAYS * DAY + timedelta(hours=6)
WATCH = "customers.health_watch"
NAMES = tuple(f"c{number:02}" for number in range(20))


def chance(*names: object) -> float:
    """Always the same number for the same names."""
    return draw("village", BEGIN, *(str(name) for name in names))


def busyness(name: str, day: int) -> float:
    """How busy a customer is: some fade, some stop, some grow, some pause."""
    fate, turn = int(chance("fate", name) * 5), 38 + int(chance("turn", name) * 40)
    past = day >= turn
    return (1.0, 0.3 if past else 1.0, 0.0 if past else 1.0, 1.6 if past else 1.0)[fate % 4] * (
        0.0 if fate == 4 and turn <= day < turn + 30 else 1.0
    )


def lives(name: str) -> Iterator[Deed]:
    """Everything that a customer does."""
    start = int(chance("start", name) ** 3 * 80)
    began = BEGIN + start * DAY + timedelta(hours=5)
    if chance("subscribed", name) < 0.85:
        yield Deed("start", name, began, f"{name}-1")
        if chance("leaves", name) < 0.15:
            yield Deed("end", name, began + 50 * DAY, f"{name}-1")
    for day in range(start, DAYS):
        busy = busyness(name, day)
        midnight = BEGIN + day * DAY
        yield from uses(name, day, midnight, busy)
        for activity in ACTIVITIES:
            often = 0.5 if activity in ("login", "dashboard") else 0.1
            if chance(name, day, activity) < often * busy:
                asked = "yes" if chance(name, day, activity, "asked") < 0.2 else "no"
                yield Deed("activity", name, midnight + timedelta(hours=9), activity, word=asked)


def uses(name: str, day: int, midnight: datetime, busy: float) -> Iterator[Deed]:
    """Calls with their status, and other meters."""
    many = int(chance(name, day) * 400 * busy) + (1 if busy else 0)
    bad = int(many * chance("bad", name) ** 4)
    for status, count in (("200", many - bad), ("500", bad)):
        if count:
            word = status if chance("tells", name) < 0.9 else ""
            at = midnight + timedelta(hours=3)
            yield Deed("use", name, at, "calls", Fraction(count), word)
    for meter in ("tiles", "storage"):
        if chance(name, day, meter) < 0.3 * busy * (chance(name, meter) > 0.4):
            yield Deed("use", name, midnight + timedelta(hours=4), meter, Fraction(5, 2))


def troubles(name: str) -> Iterator[Deed]:
    """Tickets, invoices and payments."""
    for number in range(int(chance("tickets", name) * 6)):
        at = BEGIN + timedelta(days=int(chance(name, number) * DAYS), hours=6)
        asked = "mail" if chance(name, number, "asked") < 0.2 else ""
        yield Deed("opened", name, at, f"{name}#{number}", word=asked)
        if chance(name, number, "closed") < 0.6:
            yield Deed("closed", name, at + 3 * DAY, f"{name}#{number}")
    if chance("billed", name) < 0.8:
        for month in range(3):
            at = BEGIN + (30 * month + 2) * DAY + timedelta(hours=6)
            yield Deed("invoice", name, at, str(month), Fraction(1000))
            what = chance(name, "pays", month)
            if what < 0.3:
                yield Deed("failed", name, at + 2 * DAY, amount=Fraction(1000))
            if what < 0.15 or what > 0.4:
                yield Deed("paid", name, at + 4 * DAY, amount=Fraction(1000))


def village() -> list[Deed]:
    """All of it, in time."""
    deeds = [deed for name in NAMES for deed in (*lives(name), *troubles(name))]
    return sorted(deeds, key=lambda d: (d.at, d.customer, d.kind, d.of, d.word))


def moved_in(house: House, deeds: Iterable[Deed]) -> None:
    """The deeds as rows through the door; invoices, which none may give, as our own."""
    priced(house)
    rows: dict[str, list[dict[str, object]]] = {}
    for number, deed in enumerate(deeds):
        kind, columns = _row(deed)
        cause = deed.word if kind == "ticket.opened" else (deed.word == "yes" and "mail") or None
        row = {"id": f"{number}", "subject": deed.customer, "occurred_at": deed.at, **columns}
        rows.setdefault(kind, []).append({**row, "cause": cause or None})
    invoices = rows.pop("invoice.issued", [])
    for kind, found in rows.items():
        report = take(house, kind, found, END + 30 * DAY)
        assert (report.taken, report.rejected) == (len(found), 0), kind
    issued = house.members.catalog.kinds["invoice.issued"]
    house.append(
        issued, "village", [{**row, "recorded_at": row["occurred_at"]} for row in invoices]
    )


def _row(deed: Deed) -> tuple[str, dict[str, object]]:
    amount = Decimal(deed.amount.numerator) / deed.amount.denominator
    money: dict[str, object] = {"amount_minor": int(deed.amount), "currency": "EUR"}
    properties = f'{{"status":"{deed.word}"}}' if deed.word else "{}"
    rows: dict[str, tuple[str, dict[str, object]]] = {
        "start": ("subscription.started", {"subscription": deed.of, "plan": "daily"}),
        "end": ("subscription.ended", {"subscription": deed.of}),
        "use": (
            "usage.recorded",
            {"meter": deed.of, "quantity": amount, "properties": properties},
        ),
        "activity": ("activity.recorded", {"activity": deed.of, "prompted": deed.word}),
        "opened": ("ticket.opened", {"ticket": deed.of}),
        "closed": ("ticket.closed", {"ticket": deed.of}),
        "paid": ("payment.succeeded", money),
        "failed": ("payment.failed", money),
        "invoice": (
            "invoice.issued",
            {
                "subscription": f"{deed.customer}-1",
                "period_start": deed.at - 30 * DAY,
                "period_end": deed.at,
                "total_minor": int(deed.amount),
                "currency": "EUR",
                "lines": "[]",
            },
        ),
    }
    return rows[deed.kind]


def quiet() -> Members:
    """The members with the watch asleep, and without a history of health."""
    found = installed()
    tables = {
        name: msgspec.structs.replace(one, cadence=None) if isinstance(one, Derived) else one
        for name, one in found.catalog.tables.items()
    }
    asleep = msgspec.structs.replace(found.automations[WATCH], cadence=None)
    catalog = msgspec.structs.replace(found.catalog, tables=tables)
    return msgspec.structs.replace(
        found, catalog=catalog, automations={**found.automations, WATCH: asleep}
    )


def flown(home: Path, deeds: Iterable[Deed]) -> Path:
    """A home flown to its end, in which the watch begins to act by itself at `WATCHED`."""
    founded(home, {WATCH: Level.AUTO})
    with entered(home, quiet()) as house:
        moved_in(house, deeds)
        fly(house, WATCHED)
    with entered(home) as house:
        fly(house, END)
    return home
