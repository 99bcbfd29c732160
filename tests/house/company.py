"""A small company, drawn from a seed: its prices, its people, and three months of what they used.

It is written as the files that an owner would have (CSV, NDJSON, Parquet, gzip) with a map for
each, so that every test goes through the real import. What the second calculation reads is the
`Company` itself, never what the product made of the files.
"""

import gzip
import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import polars as pl

from psizero.core.chance import draw

BEGIN = datetime(2026, 1, 5)
FIRST_STOP = datetime(2026, 2, 20, 12, 0, 1)
SECOND_STOP = datetime(2026, 3, 12, 9, 30)
END = datetime(2026, 4, 2)
WEEK, SECOND, MICROSECOND = timedelta(days=7), timedelta(seconds=1), timedelta(microseconds=1)

PRICES = (Path(__file__).parent / "prices.toml").read_text()
_CUSTOMER = """source = "crm"
[[select]]
kind = "customer.created"
sql = "select line, id as subject, 'customer@' || id as id, since as occurred_at, name, email, \
country from file"
"""
_SUBSCRIPTION = """source = "billing"
[[select]]
kind = "subscription.started"
sql = "select line, customer, 'start@' || subscription as id, happened as occurred_at, \
subscription, plan from file where what = 'start'"
[[select]]
kind = "subscription.ended"
sql = "select line, customer, 'end@' || subscription as id, happened as occurred_at, subscription \
from file where what = 'end'"
"""
_USAGE = """source = "gateway"
[[select]]
kind = "usage.recorded"
sql = "select line, customer, id, happened as occurred_at, meter, units as quantity, \
json_object('region', region) as properties from file"
"""


class Customer(msgspec.Struct, frozen=True):
    """Name and email are such that they occur nowhere else."""

    id: str
    name: str
    email: str


class Subscription(msgspec.Struct, frozen=True):
    """`ends` is when it was ended, if it was; its id is also the customer's."""

    id: str
    customer: str
    plan: str
    starts: datetime
    ends: datetime | None = None


class Use(msgspec.Struct, frozen=True):
    """One call of the API; `arrives` is when its file was brought in, null with the history."""

    id: str
    customer: str
    meter: str
    at: datetime
    units: Decimal
    region: str
    arrives: datetime | None = None


class Company(msgspec.Struct, frozen=True):
    """All that happened; at the `stops` files of late usage came."""

    stops: tuple[datetime, datetime]
    customers: tuple[Customer, ...]
    subscriptions: tuple[Subscription, ...]
    uses: tuple[Use, ...]


STOPS = (FIRST_STOP, SECOND_STOP)


def company(
    seed: str,
    customers: int = 12,
    days: int = 84,
    stops: tuple[datetime, datetime] = STOPS,
) -> Company:
    """The company of a seed. The same seed is the same company, whatever the machine."""
    subscriptions = tuple(_subscription(number) for number in range(1, customers + 1))
    calendar = days, stops
    uses = [use for one in subscriptions for use in _uses(seed, one, calendar)]
    for place, stop in enumerate(stops):  # late is measured by the last seal: so that there is one
        uses.append(Use(f"beat/{place}", "c03", "storage", stop - SECOND, Decimal(1), "eu"))
    people = tuple(
        Customer(one.id, f"Zdenka Quillfeather {one.id}", f"{one.id}.zq@plumage.example")
        for one in subscriptions
    )
    return Company(
        stops, people, subscriptions, tuple(sorted(uses, key=lambda use: (use.at, use.id)))
    )


def on_time(known: Company) -> Company:
    """The same company, had all usage that a house takes in come with its history."""
    uses = (msgspec.structs.replace(use, arrives=None) for use in known.uses if not too_late(use))
    return msgspec.structs.replace(known, uses=tuple(uses))


def too_late(use: Use) -> bool:
    """Brought in more than 35 days after it happened."""
    return use.arrives is not None and use.at < use.arrives - timedelta(days=35)


def _subscription(number: int) -> Subscription:
    """Anchors at midnight, at odd seconds, and on the 31st; one that ends in the midst."""
    name = f"c{number:02}"
    plan = ("weekly", "monthly", "fine")[number % 3]
    starts = {
        "weekly": BEGIN,
        "monthly": datetime(2026, 1, 31),
        "fine": BEGIN + timedelta(days=1, hours=6, minutes=15),
    }[plan]
    if number in (4, 6):
        starts += timedelta(hours=10, minutes=7, seconds=3, microseconds=500_000)
    ends = datetime(2026, 2, 25, 11, 11, 11) if number == 3 else None
    return Subscription(name, name, plan, starts, ends)


def _uses(
    seed: str, subscription: Subscription, calendar: tuple[int, tuple[datetime, datetime]]
) -> list[Use]:
    """Nothing for c09; so little for c10 that it pays the minimum, until usage comes late."""
    name, plan = subscription.customer, subscription.plan
    meters = ("calls", "tokens", "storage") if plan == "weekly" else ("calls",)  # storage is free
    days, stops = calendar
    uses, at, number, gap = [], BEGIN, 0, 1_200_000 if name == "c10" else 60_000
    if name == "c10":
        eaten = Decimal("130.25"), "eu", stops[1]
        uses.append(Use("c10/eaten", name, "calls", datetime(2026, 2, 20, 1, 2, 3), *eaten))
    while name != "c09" and at < BEGIN + timedelta(days=days):
        chance = draw(seed, at, name, "gap"), draw(seed, at, name, "units"), draw(seed, at, name)
        at += timedelta(seconds=int(1 + chance[0] * gap), microseconds=int(chance[1] * 999))
        units = Decimal(int(chance[1] * 40) + 1)
        if number % 3 == 0:
            units = Decimal(int(chance[1] * 35 * 10**9)).scaleb(-9)
        meter = meters[int(chance[2] * len(meters))]
        region = "eu" if chance[0] < 0.5 else "us"
        arrives = _arrival(at, chance[0] * 7 % 1, stops)
        uses.append(Use(f"{name}/{number}", name, meter, at, units, region, arrives))
        number += 1
    bounds = [subscription.starts, *(subscription.starts + WEEK * week for week in range(1, 14))]
    moments = [bound + step for bound in bounds for step in (-MICROSECOND, MICROSECOND * 0)]
    moments = [one for one in moments if BEGIN <= one < BEGIN + timedelta(days=days)]
    for place, moment in enumerate(moments):
        uses.append(Use(f"{name}/bound/{place}", name, "calls", moment, Decimal("1.5"), "eu"))
    return uses


def _arrival(at: datetime, chance: float, stops: tuple[datetime, datetime]) -> datetime | None:
    """Some usage comes late, with one of two files; some of it more than 35 days late."""
    if at < stops[0] and chance < 0.1:
        return stops[0]
    if at < stops[1] and 0.1 <= chance < 0.2:
        return stops[1]
    return None


def write(known: Company, folder: Path, prices: str = PRICES) -> Path:
    """The company's files, prices and maps in a folder; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prices.toml").write_text(prices)
    (folder / "customers.toml").write_text(_CUSTOMER)
    (folder / "subscriptions.toml").write_text(_SUBSCRIPTION)
    (folder / "usage.toml").write_text(_USAGE)
    people = ["id,name,email,country,since"]
    people += [f"{p.id},{p.name},{p.email},NZ,{BEGIN.isoformat()}Z" for p in known.customers]
    (folder / "customers.csv").write_text("\n".join(people) + "\n")
    (folder / "subscriptions.ndjson").write_text("".join(_lines(known)))
    _usage(known.uses, None).write_parquet(folder / "usage.parquet")
    with gzip.open(folder / "late-1.csv.gz", "wb") as file:
        file.write(_usage(known.uses, known.stops[0]).write_csv().encode())
    _usage(known.uses, known.stops[1]).write_ndjson(folder / "late-2.ndjson")
    return folder


def _lines(known: Company) -> list[str]:
    rows = [("start", one, one.starts) for one in known.subscriptions]
    rows += [("end", one, one.ends) for one in known.subscriptions if one.ends]
    return [
        json.dumps(
            {
                "what": what,
                "customer": one.customer,
                "subscription": one.id,
                "plan": one.plan,
                "happened": f"{at.isoformat()}Z",
            }
        )
        + "\n"
        for what, one, at in rows
    ]


def _usage(uses: tuple[Use, ...], arrives: datetime | None) -> pl.DataFrame:
    """Instants and units are text but in the history, whose columns are typed."""
    rows = [
        (one.id, one.customer, one.meter, one.at, one.units, one.region)
        for one in uses
        if one.arrives == arrives
    ]
    typed = {
        "id": pl.String,
        "customer": pl.String,
        "meter": pl.String,
        "happened": pl.Datetime("us"),
    }
    frame = pl.DataFrame(
        rows, schema={**typed, "units": pl.Decimal(38, 9), "region": pl.String}, orient="row"
    )
    text = (
        pl.col("happened").dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ"),
        pl.col("units").cast(pl.String),
    )
    return frame.with_columns(text) if arrives else frame
