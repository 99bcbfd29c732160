"""A small town of customers in October 2026: homes made, filled and flown in this process."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from psizero.core.events.house import SWITCH_CHANGED
from psizero.core.policy import Level
from psizero.core.ports import Batch
from psizero.core.tables import POLARS_TYPES
from psizero.engine.intake import Report, take_in
from psizero.engine.loop import Tick
from psizero.finance.prices import price_rows
from psizero.house import desk
from psizero.house.flight import fly_home
from psizero.house.home import House
from psizero.house.members import Members
from psizero.house.retraction import Regret, undo
from tests.toy.installed import installed
from tests.toy.money import asked_back, exported, paid
from tests.toy.newcomer import feared, signed_up

BEGIN = datetime(2026, 10, 1)
LATE_AT = datetime(2026, 10, 5, 7)
END = datetime(2026, 10, 11, 12)
OUTSIDE = ("message.send", "gift.send", "account.close", "oracle.ask", "access.lift")
BOUND = (*OUTSIDE, "payment.charge", "sms.send", "ticket.reply")
TARGETS = "[targets]\narpa_minor = 1000000\n"
BINDINGS = TARGETS + "[bindings]\n" + "".join(f'{verb} = "recorded"\n' for verb in BOUND)
PEOPLE = ("ada", "bob", "dan")
Rows = Iterable[Mapping[str, object]]

_CALLS = {
    "meter": "calls",
    "included": "100",
    "mode": "graduated",
    "tiers": [{"up_to": "50", "rate": "0.10"}, {"rate": "0.000123456789"}],
}


def _price(plan: str, version: int, valid_from: datetime, base: str) -> dict[str, object]:
    terms = {"base": base, "minimum": "0", "tax_share": "0.19", "meter": [_CALLS]}
    named = {"plan": plan, "version": version, "valid_from": valid_from, "currency": "EUR"}
    days = {"daily": 1, "long": 90}.get(plan, 3)
    return {**named, **terms, "interval": "day", "interval_count": days}


PRICES = {
    "price": [
        _price("steady", 1, datetime(2026, 9, 1), "49.00"),
        _price("daily", 1, datetime(2026, 9, 1), "1.50"),
        _price("daily", 2, datetime(2026, 10, 3), "1.75"),
        _price("long", 1, datetime(2026, 9, 1), "90.00"),
    ]
}


def founded(
    home: Path,
    levels: Mapping[str, Level],
    toml: str = BINDINGS,
    found: Members | None = None,
) -> Path:
    """A home as `create` makes it, beside whatever is installed; `toml` is its house.toml."""
    known = found or installed()
    home.mkdir(parents=True)
    (home / "house.toml").write_text('[company]\nname = "Town"\n' + toml)
    with entered(home, known) as house:
        house.found("Town", "salt", levels)
    return home


@contextmanager
def entered(home: Path, found: Members | None = None) -> Iterator[House]:
    """The home, open."""
    house = House(home, found or installed())
    try:
        yield house
    finally:
        house.close()


def take(house: House, kind: str, rows: Rows, clock: datetime = END) -> Report:
    """Rows through the door: each has id, subject, occurred_at and the kind's columns."""
    known = house.members.catalog.kinds[kind]
    typed = {"line": pl.Int64(), "source": pl.String(), "id": pl.String(), "subject": pl.String()}
    typed |= {"cause": pl.String(), "occurred_at": pl.Datetime("us")}
    typed |= {name: POLARS_TYPES[column.type] for name, column in known.columns.items()}
    full = [{"line": line, "source": "town", **row} for line, row in enumerate(rows, 1)]
    frame = pl.DataFrame(full, schema=typed)
    return take_in(house.store, known, Batch(kind, frame, "town"), clock)


def priced(house: House) -> None:
    """The town's price book."""
    house.store.append(house.members.catalog.kinds["price.set"], price_rows(PRICES, "prices.toml"))


def subscribed(name: str, plan: str, at: datetime = BEGIN) -> dict[str, object]:
    """One subscription, named after its customer."""
    return {
        "id": f"start {name}",
        "subject": name,
        "occurred_at": at,
        "subscription": name,
        "plan": plan,
    }


def used(name: str, at: datetime, quantity: str, meter: str = "calls") -> dict[str, object]:
    """Some use; the id says what it is."""
    said = {"meter": meter, "quantity": Decimal(quantity), "properties": "{}"}
    return {"id": f"{name} {meter} {at}", "subject": name, "occurred_at": at, **said}


def wished(
    verb: str, subject: str, at: datetime = BEGIN, episode: str = "", **more: object
) -> dict[str, object]:
    """One wish for the toy automation `growth.wishes`."""
    row = {"verb": verb, "subject": subject, "occurred_at": at, "episode": episode or "once"}
    said = {"text": "as you wish", "confidence": 1.0}
    name = f"{verb} {subject} {at} {episode} {sorted(map(str, more.items()))}"
    return {"id": name, **row, **said, **more}


def fly(house: House, until: datetime) -> list[Tick]:
    """Fly to an instant."""
    return list(fly_home(house, until))


def introduced(house: House) -> None:
    """Who lives there: names and addresses, under keys that no other home has."""
    created = [
        {"id": f"new {name}", "subject": name, "occurred_at": BEGIN, "name": name.title()}
        | {"email": f"{name}@town.example", "segment": "small", "country": "DE", "zone": "UTC"}
        for name in PEOPLE
    ]
    take(house, "customer.created", created)
    written_to(house)


def written_to(house: House) -> None:
    """Ada agreed to news and thought better of it; what fay got was not wanted."""
    mail = {"id": "ada", "subject": "ada", "occurred_at": BEGIN, "channel": "mail"}
    shown = {"basis": "explicit", "origin": "form", "text_version": "1", "purpose": "marketing"}
    take(house, "consent.given", [mail | shown])
    end = {"purpose": "all", "origin": "one_click", "occurred_at": BEGIN + timedelta(days=1)}
    take(house, "consent.withdrawn", [mail | end])
    take(house, "contact.set", [mail | {"address": "ada@home.example", "zone": "Asia/Tokyo"}])
    take(house, "message.complained", [mail | {"subject": "fay"}])


def settled(house: House) -> None:
    """The town moves in: prices, subscriptions, ten days of use, one who leaves."""
    priced(house)
    plans = {"ada": "steady", "bob": "steady", "dan": "daily"}
    starts = {"dan": BEGIN + timedelta(days=1, hours=5, minutes=7, seconds=3)}
    starting = [subscribed(name, plan, starts.get(name, BEGIN)) for name, plan in plans.items()]
    take(house, "subscription.started", starting)
    leaving = {"id": "end dan", "subject": "dan", "occurred_at": datetime(2026, 10, 3, 12)}
    take(house, "subscription.ended", [{**leaving, "subscription": "dan"}])
    hours = [BEGIN + timedelta(hours=11 * step) for step in range(22)]
    use = [used(name, at, "11.5") for name in PEOPLE for at in hours]
    use += [used("bob", BEGIN + timedelta(days=2), "3", "storage"), *exported(BEGIN, "first")]
    take(house, "usage.recorded", use)


def _euros(hour: int) -> dict[str, object]:
    return {"minor": 10 * hour + 1, "currency": "EUR"}


def late(house: House) -> None:
    """What became known only after its period was billed, and wishes of all sorts."""
    take(house, "usage.recorded", [used("ada", datetime(2026, 10, 2, 1), "177")], house.now)
    take(house, "usage.recorded", [used("dan", datetime(2026, 10, 3, 1), "150")], house.now)
    wishes = [
        wished(
            verb, name, LATE_AT + timedelta(hours=hour, seconds=1), str(hour), minor=10 * hour + 1
        )
        | {"currency": "EUR"}
        for hour, verb in enumerate((*OUTSIDE, "message.send"))
        for name in ("ada", "bob")
    ]
    asked = wished("account.close", "dan", END - timedelta(hours=1), "waits")
    take(house, "wish.made", [*wishes, asked])
    since = subscribed("gus", "long", BEGIN - timedelta(days=10))
    take(house, "subscription.started", [since], house.now)
    take(house, "credit.asked", asked_back(house.now), house.now)
    agreed(house)
    faded(house)


def agreed(house: House) -> None:
    """Gus will be on another plan, with a coupon, and pays a named tax."""
    gus: dict[str, object] = {"subject": "gus", "occurred_at": house.now, "subscription": "gus"}
    change = {"id": "change gus", "plan": "steady", "effective": "period_end"}
    take(house, "subscription.changed", [gus | change], house.now)
    coupon = {"id": "coupon gus", "coupon": "HELLO", "share": Decimal("0.1")}
    take(house, "coupon.granted", [gus | coupon], house.now)
    rule = {"rule": '{"taxes":[{"name":"VAT","share":"0.19"}]}'}
    tax = {"id": "tax gus", "subject": "gus", "occurred_at": house.now}
    take(house, "tax.assigned", [tax | rule], house.now)


def faded(house: House) -> None:
    """Eve, who was busy in early September and hardly uses it any more: her health is poor."""
    days = [LATE_AT.replace(hour=1) - timedelta(days=day) for day in range(34)]
    early = [at for at in days if at.month == 9 and at.day < 8]
    calls = [used("eve", at, "50" if at in early else "5") for at in days]
    take(house, "usage.recorded", [*calls, *exported(BEGIN, "again")], house.now)
    done = [
        {"id": f"eve {name} {at}", "subject": "eve", "occurred_at": at}
        | {"activity": name, "prompted": "no"}
        for name in ("login", "feedback")
        for at in (*early, days[0])
    ]
    take(house, "activity.recorded", done, house.now)


def asking(house: House) -> None:
    """Ada asks what the knowledge base knows, bob what nobody does; a machine writes; all wait."""
    kb = {"keys": "Make a second key, use it, then delete the first.", "limits": "429 is too much."}
    now = {"occurred_at": house.now, "live": True}
    told = [{"id": k, "subject": f"{k}.md", "title": k, "text": kb[k], **now} for k in kb]
    take(house, "article.set", told, house.now)
    old = {"id": "old", "subject": "bob", "occurred_at": house.now, "passage": "keys.md"}
    take(house, "question.solved", [old | {"text": "how do keys change"}], house.now)
    for who, ticket, text in (
        ("ada", "T1", "How do we make a second key?"),
        ("bob", "T2", "All our results are gone: data loss!"),
        ("dan", "T3", "I am out of the office."),
    ):
        row = {"subject": who, "ticket": ticket, "occurred_at": house.now}
        mail = {"author": "customer", "direction": "in", "subject_line": "keys", "text": text}
        mail |= {"message_id": f"<{ticket}@{who}.example>", "headers": "{}"}
        if who == "dan":
            mail["headers"] = '{"Auto-Submitted":"auto-replied"}'
        take(house, "ticket.opened", [row | {"id": ticket}], house.now)
        take(house, "ticket.said", [row | mail | {"id": f"{ticket}.0"}], house.now)


def said_at_the_desk(house: House) -> None:
    """What was done first was wrong, and something that nobody has is stopped."""
    done = house.read("fates").filter(pl.col("level") == "auto")["decision"].to_list()
    for key in done[:1]:
        desk.override(house, key, "", "not_needed", "")
    row: dict[str, object] = {"subject": "operations.nothing", "stopped": True}
    house.append_counted(SWITCH_CHANGED, "house", [{**row, "by": "owner", "because": "a drill"}])


def taken_back(house: House) -> None:
    """The access of which ada was let in again is taken back, where it was given by itself."""
    done = house.read("receipt").filter((pl.col("state") == "done") & (pl.col("subject") == "ada"))
    for key in done.filter(pl.col("verb") == "access.lift")["decision"].to_list()[:1]:
        undo(house, key, Regret(reason="not_needed"))


def lived(
    home: Path, levels: Mapping[str, Level], found: Members | None = None, until: datetime = END
) -> Path:
    """A home that was flown through all of it."""
    founded(home, levels, found=found)
    with entered(home, found) as house:
        introduced(house)
        settled(house)
        feared(house, BEGIN)
        for kind, rows in (*paid(BEGIN).items(), *signed_up(BEGIN).items()):
            take(house, kind, rows)
        fly(house, LATE_AT)
        late(house)
        asking(house)
        said_at_the_desk(house)
        fly(house, LATE_AT + timedelta(hours=12))
        taken_back(house)
        fly(house, until)
    return home


def answering(home: Path, answers: Mapping[str, str], settle: str = "ask") -> Path:
    """What the connector `recorded` answers, by subject, and how it wants to be settled."""
    lines = [f'settle = "{settle}"', "[answers]", *(f'{k} = "{v}"' for k, v in answers.items())]
    (home / "recorded").mkdir(exist_ok=True)
    (home / "recorded" / "behaviour.toml").write_text("\n".join(lines))
    return home


def said(home: Path, name: str = "calls") -> list[dict[str, object]]:
    """Every call that reached the connector `recorded`, or every effect that it had."""
    path = home / "recorded" / f"{name}.jsonl"
    return [json.loads(row) for row in path.read_text().splitlines()] if path.exists() else []


def all_at(level: Level, found: Members | None = None) -> dict[str, Level]:
    """Every automation at one level."""
    return dict.fromkeys((found or installed()).automations, level)
