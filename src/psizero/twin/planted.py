"""Causes planted into the data, and decoys: what whoever explains a change has to tell apart.

Each begins at most once in a quarter of a flight, by seed alone.
"""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.twin.dice import Dice
from psizero.twin.emission import Emission
from psizero.twin.scenario import Scenario

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_QUARTER_DAYS = 90
_NOON = 12 * HOUR
_PLANTED = {
    "holiday": (3 * DAY, "people are away: fewer calls and visits", "everywhere"),
    "partial_day": (_NOON, "the feed stops at noon", "page.viewed"),
    "late_load": (DAY, "handed in two days later", "cost.charged"),
    "duplicate_load": (DAY, "handed in twice, under other ids", "marketing.spent"),
    "tracking_break": (5 * DAY, "the tracking of a channel is broken", "page.viewed"),
    "currency_move": (10 * DAY, "EUR rises and stays", "exchange.quoted"),
    "whale": (6 * DAY, "one customer calls as many do", "usage.recorded"),
}


class Company(msgspec.Struct, frozen=True):
    """Whose world it is: customers on its first day, and when that was."""

    dice: Dice
    scenario: Scenario
    customers: int
    start: datetime


class Planted(msgspec.Struct, frozen=True):
    """One of them. `where` names a kind, behind a slash a channel; `size` is a factor.

    `luck`: a share of chance for whoever has to choose somebody.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    what: str
    where: str
    size: float
    luck: float

    def within(self, instant: datetime) -> bool:
        """Whether it lasts at an instant."""
        return self.starts_at <= instant < self.ends_at


def planted(company: Company, until: datetime) -> tuple[Planted, ...]:
    """All that begin from the first day until an instant, in the order of their quarters."""
    found = []
    quarter = 0
    while (begins := company.start + quarter * _QUARTER_DAYS * DAY) < until:
        luck = company.dice.of("planted", quarter).random((len(_PLANTED), 3))
        for name, (lies, when, which) in zip(_PLANTED, luck, strict=True):
            starts = begins + int(7 + when * (_QUARTER_DAYS - 17)) * DAY
            if lies < company.scenario.number("market.planted_share") and starts < until:
                found.append(_one(company.scenario, name, starts, float(which)))
        quarter += 1
    return tuple(found)


def _one(scenario: Scenario, name: str, starts: datetime, luck: float) -> Planted:
    lasts, what, where = _PLANTED[name]
    sizes = {"holiday": "holiday_factor", "whale": "whale_factor"}
    sizes |= {"currency_move": "currency_factor"}
    starts += _NOON if name == "partial_day" else timedelta()
    if name == "tracking_break":
        channels = tuple(scenario.shares("market.spend_minor"))
        where = f"{where}/{channels[int(luck * len(channels))]}"
    size = scenario.number(f"market.{sizes[name]}") if name in sizes else 0.0
    return Planted(name, starts, starts + lasts, what, where, size, luck)


def factor(company: Company, day: datetime) -> float:
    """What a holiday leaves of a day's calls and visits; 1 on any other day."""
    for one in planted(company, day + DAY):
        if one.name == "holiday" and one.within(day):
            return one.size
    return 1.0


def whale(company: Company, day: datetime) -> Planted | None:
    """The customer that calls as many do on a day: `luck` says who, `size` how much more."""
    for one in planted(company, day + DAY):
        if one.name == "whale" and one.within(day):
            return one
    return None


def planted_rows(company: Company, start: datetime, days: int) -> Emission:
    """Rows of truth of those that begin within some days."""
    until = start + days * DAY
    rows = [
        {"name": one.name, "start": one.starts_at, "end": one.ends_at}
        | {"what": one.what, "where": one.where, "size": one.size, "luck": one.luck}
        for one in planted(company, until)
        if one.starts_at >= start
    ]
    instants = {"start": pl.Datetime("us"), "end": pl.Datetime("us")}
    frame = pl.DataFrame(rows, schema_overrides=instants)
    return Emission(truth={"planted": frame} if rows else {})


def rates(company: Company, start: datetime, days: int) -> np.ndarray:
    """What one EUR is worth in USD on each of some days: chance, and the planted moves."""
    scenario = company.scenario
    first = (start - company.start) // DAY
    steps = company.dice.of("exchange").standard_normal(first + days)
    steps = scenario.number("costs.exchange_noise") * steps
    for one in planted(company, start + days * DAY):
        if one.name == "currency_move":
            begins = (one.starts_at - company.start) // DAY
            lasts = (one.ends_at - one.starts_at) // DAY
            steps[begins : begins + lasts] += np.log(one.size) / lasts
    path = scenario.number("costs.exchange_rate") * np.exp(np.cumsum(steps))
    return np.round(path[first:], 6)
