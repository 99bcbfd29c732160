"""The demo company's customers and traffic, the same on every machine and in every run."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from psizero.core.chance import draw
from psizero.core.clock import iso

COMPANY = "Wayfare Maps"
SALT = "wayfare"
FIRST = datetime(2026, 1, 1)
LAST = datetime(2026, 3, 1)
HOUR = timedelta(hours=1)
LATE_HOURS = tuple(datetime(2026, 1, 27, 8) + number * HOUR for number in range(36))
GATEWAY, LATE_GATEWAY = "gw-1", "gw-2"

# Share of a day's busiest hour, by local hour.
_RHYTHM = (2, 0, 0, 0, 0, 3, 8, 20, 48, 80, 94, 100, 82, 86, 97, 95, 88, 70, 46, 34, 26, 18, 10, 5)
# Calls of each endpoint as a share of the customer's own.
_SHARES = {
    "starter": {"geocode": 1.0},
    "team": {"geocode": 1.0, "tiles": 2.4},
    "scale": {"geocode": 0.7, "route": 0.3},
}
_WEEKEND = {"logistics": 0.45, "travel": 1.15, "retail": 0.9, "public": 0.15}

# Name, segment, zone, and calls in the busiest hour.
_CUSTOMERS = """\
Alder Freight         logistics  Europe/Berlin     12000
Bluebird Rides        travel     Europe/London     14500
Cobalt Couriers       logistics  Europe/Madrid     10500
Dunlin Air            travel     Europe/Paris      26000
Ember Foods           retail     America/New_York   9400
Fathom Shipping       logistics  Europe/Oslo        1900
Ines Okafor           travel     Europe/Lisbon        60
Garnet Gardens        retail     Europe/Vienna        85
Heron Hiking          travel     Europe/Zurich       110
Jonas Lindqvist       public     Europe/Stockholm     45
Kestrel Cabs          travel     Europe/Dublin       130
Larch Living          retail     Europe/Berlin       380
Mallow Market         retail     Europe/Rome         540
Northwind Movers      logistics  Europe/Warsaw       460
Osprey Outdoor        retail     Europe/Helsinki     350
Pine Parcel           logistics  Europe/Brussels     720
Quill Transit         public     Europe/Prague       610
Rowan Rentals         travel     Europe/Athens       400
Sable Surveys         public     Europe/Berlin       330
Teal Tours            travel     America/Toronto     480
Umber Utilities       public     Europe/Amsterdam    520
Vesper Vans           logistics  Europe/Budapest     390
Willow Wagons         logistics  Europe/Riga         440
Yarrow Yachts         travel     Europe/Athens       370
Zephyr Cycles         retail     Europe/Copenhagen   680
"""


# Python itself keeps eight zones only.
_zone = cache(ZoneInfo)


class Customer(msgspec.Struct, frozen=True):
    """A row of customers.csv, and how busy its busiest hour is."""

    customer: str
    name: str
    email: str
    segment: str
    zone: str
    plan: str
    started_on: datetime
    ended_on: datetime | None
    calls_per_hour_max: int

    def trend(self, day: date) -> float:
        """How much is going on at a customer, beside what is usual: one fades, one blooms."""
        begins, end = _TRENDS.get(self.customer, (LAST.date(), 1.0))
        return end if day >= begins else 1.0


# From which day on, and at what part of the usual.
_TRENDS = {
    "cust-22": (date(2026, 2, 8), 0.05),
    "cust-18": (date(2026, 2, 14), 0.45),
    "cust-24": (date(2026, 2, 2), 2.2),
}


def customers() -> list[Customer]:
    """Six on `scale`, five on `starter`, fourteen on `team`; ids say nothing about a person."""
    made = []
    for number, line in enumerate(_CUSTOMERS.splitlines(), start=1):
        first, second, segment, zone, calls = line.split()
        plan = "scale" if number <= 6 else "starter" if number <= 11 else "team"
        started = {11: datetime(2026, 1, 12), 14: datetime(2026, 1, 15)}.get(number, FIRST)
        made.append(
            Customer(
                f"cust-{number:02}",
                f"{first} {second}",
                f"billing@{first}-{second}.example".lower(),
                segment,
                zone,
                plan,
                started,
                datetime(2026, 1, 29) if number == 9 else None,
                int(calls),
            )
        )
    return made


def customer_rows() -> Iterator[tuple[str, ...]]:
    """customers.csv: its header, the customers, and one with a plan that nobody sells."""
    yield "customer", "name", "email", "segment", "zone", "plan", "started_on", "ended_on"
    for one in customers():
        start = one.started_on.date().isoformat()
        end = one.ended_on.date().isoformat() if one.ended_on else ""
        yield one.customer, one.name, one.email, one.segment, one.zone, one.plan, start, end
    broken = ("cust-26", "Xenia Xpress", "billing@xenia-xpress.example", "retail", "UTC")
    yield (*broken, "enterprise", "2026-02-02", "")


def usage_rows() -> Iterator[tuple[str, ...]]:
    """usage.csv.gz: eight weeks, hour by hour, with the rows that every real file has too."""
    yield "hour", "gateway", "customer", "endpoint", "calls"
    wrong, known = _wrong_rows(), customers()
    for number, hour in enumerate(_hours()):
        for one in known:
            yield from _hour(one, hour, GATEWAY, 1.0)
        if number % 200 == 137:
            yield from next(wrong, ())


def late_rows() -> Iterator[tuple[str, ...]]:
    """usage-late.csv: a gateway that was cut off for 36 hours reports in February."""
    yield "hour", "gateway", "customer", "endpoint", "calls"
    cut_off = ("cust-09", "cust-12", "cust-17", "cust-25")
    known = [one for one in customers() if one.customer in cut_off]
    for hour in LATE_HOURS:
        for one in known:
            yield from _hour(one, hour, LATE_GATEWAY, 0.4)
    yield "2026-01-02T09:00:00Z", LATE_GATEWAY, "cust-12", "geocode", "77"


def _hours() -> Iterator[datetime]:
    hour = FIRST
    while hour < LAST:
        yield hour
        hour += HOUR


def _hour(one: Customer, hour: datetime, gateway: str, share: float) -> Iterator[tuple[str, ...]]:
    """What a customer called in an hour; an endpoint that was not called has no row."""
    if hour < one.started_on or (one.ended_on is not None and hour >= one.ended_on):
        return
    local = hour.replace(tzinfo=UTC).astimezone(_zone(one.zone))
    weekend = _WEEKEND[one.segment] if local.weekday() >= 5 else 1.0
    busy = one.calls_per_hour_max * share * weekend * _RHYTHM[local.hour] / 100
    busy *= one.trend(hour.date())
    for endpoint, part in _SHARES[one.plan].items():
        chance = draw(SALT, hour, gateway, one.customer, endpoint)
        calls = round(busy * part * (0.6 + 0.8 * chance))
        if calls:
            yield iso(hour), gateway, one.customer, endpoint, str(calls)


def _wrong_rows() -> Iterator[list[tuple[str, ...]]]:
    """One kind of trouble after the other."""
    hour, calls = "2026-01-20T10:00:00Z", "geocode"
    yield [(hour, "gw-3", "cust-13", calls, "-250")]
    yield [(hour, "gw-3", "cust-16", calls, "n/a")]
    yield [(hour, "gw-3", "", calls, "120")]
    yield [("20 January, 10h", "gw-3", "cust-20", calls, "95")]
    yield [("2126-01-20T10:00:00Z", "gw-3", "cust-21", calls, "88")]
    yield [(hour, "gw-3", "cust-22", calls, "71", "one field too many")]
    twice = (hour, "gw-3", "cust-23", calls, "40")
    yield [twice, twice, (*twice[:4], "41")]
