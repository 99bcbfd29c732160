"""Competitors: what they ask, when they change it, and what a fetch of their pages brings."""

from datetime import datetime

import msgspec
import numpy as np
import polars as pl

from psizero.core.content import canonical
from psizero.core.events.market import MARKET_FETCHED
from psizero.twin.emission import Emission, Row, rows_of
from psizero.twin.planted import DAY, HOUR, Company


class Rival(msgspec.Struct, frozen=True):
    """A competitor: what it asks a month for a small plan, in which currency, and told how."""

    name: str
    level: float
    currency: str
    period: str


RIVALS = (
    Rival("qubitra", 0.9, "USD", "month"),
    Rival("annealix", 1.15, "EUR", "month"),
    Rival("phasenine", 0.8, "USD", "year"),
    Rival("latticeworks", 1.3, "GBP", "month"),
)
PLANS = {"developer": (45, 4_000), "team": (380, 50_000), "scale": (2400, 500_000)}
"""Major units a month at level 1, and calls included."""
_HTTP = {"ok": 200, "missing": 404, "forbidden": 403, "busy": 429, "captcha": 200, "timeout": None}
_WEEKDAY = 1
_STEPS = (-0.2, -0.12, 0.08, 0.15, 0.25)


class Change(msgspec.Struct, frozen=True):
    """A competitor asks otherwise for all of its plans. `told`: whether a story tells it."""

    rival: str
    at: datetime
    factor: float
    told: bool


def changes(company: Company, until: datetime) -> list[Change]:
    """All price changes from the first day until an instant."""
    weeks = max((until - company.start) // (7 * DAY) + 1, 1)
    rate = company.scenario.number("market.price_changes_yearly") * 7 / 365
    found = []
    for rival in RIVALS:
        luck = company.dice.of("prices", rival.name).random((weeks, 4))
        for week in np.flatnonzero(luck[:, 0] < rate):
            _, hour, step, told = luck[week]
            at = company.start + int(week) * 7 * DAY + int(hour * 7) * DAY + 9 * HOUR
            told_at_all = bool(told < company.scenario.number("market.told_share"))
            found.append(Change(rival.name, at, 1 + _STEPS[int(step * len(_STEPS))], told_at_all))
    return sorted((one for one in found if one.at < until), key=lambda one: (one.at, one.rival))


def price_minor(company: Company, rival: Rival, plan: str, at: datetime) -> int:
    """What a plan costs at an instant, for the period that its page tells, in whole units."""
    monthly = PLANS[plan][0] * rival.level
    for one in changes(company, at):
        if one.rival == rival.name:
            monthly *= one.factor
    return round(monthly * (10 if rival.period == "year" else 1)) * 100


def fetched(company: Company, start: datetime, days: int) -> Emission:
    """Every page of every competitor, each Tuesday at six; and the changes of price, as truth."""
    rows: list[Row] = []
    for number in range(days):
        day = start + number * DAY
        if day.weekday() == _WEEKDAY:
            rows += _week(company, day)
    until = start + days * DAY
    truth = [
        {"rival": one.rival, "at": one.at, "factor": one.factor, "told": one.told}
        for one in changes(company, until)
        if one.at >= start
    ]
    frame = pl.DataFrame(truth, schema_overrides={"at": pl.Datetime("us")})
    return Emission(
        {MARKET_FETCHED.name: rows_of(MARKET_FETCHED, rows)} if rows else {},
        {"price_changes": frame} if truth else {},
    )


def _week(company: Company, day: datetime) -> list[Row]:
    at = day + 6 * HOUR
    shares = company.scenario.shares("market.fetch_fails_share")
    borders = np.cumsum(list(shares.values()))
    luck = company.dice.of("fetches", day.isoformat()).random((len(RIVALS), len(PLANS)))
    rows = []
    for rival, own in zip(RIVALS, luck, strict=True):
        for plan, chance in zip(PLANS, own, strict=True):
            place = int(np.searchsorted(borders, chance, side="right"))
            status = (*shares, "ok")[place]
            row: Row = {"id": f"page-{day:%y%m%d}-{rival.name}-{plan}", "subject": rival.name}
            row |= {"url": f"https://{rival.name}.example/pricing/{plan}", "status": status}
            row |= {"occurred_at": at, "http_status": _HTTP[status], "fields": "{}"}
            rows.append(row | (_read(company, rival, plan, at) if status == "ok" else {}))
    return rows


def _read(company: Company, rival: Rival, plan: str, at: datetime) -> Row:
    minor, calls = price_minor(company, rival, plan, at), PLANS[plan][1]
    said = f"{minor // 100} {rival.currency} per {rival.period}"
    fields = {"plan": plan, "price": said, "calls_included": calls}
    row: Row = {"plan": plan, "price_minor": minor, "currency": rival.currency}
    return row | {"period": rival.period, "fields": canonical(fields)}
