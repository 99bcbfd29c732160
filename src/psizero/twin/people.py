"""Who there is: the customers of the first day, and everybody who will ever ask.

All are drawn before the first day, so that the same people come whatever the autopilot does.
What a person is like inside (use, growth, how outreach works on them) stays with the twin.
"""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from psizero.core.errors import Problem
from psizero.twin.dice import Dice, normal
from psizero.twin.scenario import Scenario

ZONES = {
    "US": ("America/New_York", -5, "en"),
    "DE": ("Europe/Berlin", 1, "de"),
    "GB": ("Europe/London", 0, "en"),
    "FR": ("Europe/Paris", 1, "fr"),
    "JP": ("Asia/Tokyo", 9, "ja"),
    "ES": ("Europe/Madrid", 1, "es"),
}
"""IANA zone, its hours ahead of UTC in winter, and the language people write in."""
LEADS_MOST = 100_000
PLANS = ("starter", "team", "scale")
FITS_CALLS = (9_000.0, 140_000.0)
"""Calls a month up to which a plan fits."""
_FIRST = ("Arvo", "Bellis", "Corvid", "Dorsal", "Elmar", "Fjord", "Gneiss", "Hexa", "Iris", "Juno")
_LAST = ("Labs", "Dynamics", "Works", "Pharma", "Capital", "Materials", "Freight", "Research")


class People(msgspec.Struct, frozen=True):
    """One entry a person in each array, by index; `frame` has what the outside may know.

    `outreach`: how well outreach works, 1 on average; `card_luck` scales failing charges.
    """

    frame: pl.DataFrame
    size: int
    arrives_day: np.ndarray
    arrives_hour: np.ndarray
    segment: np.ndarray
    calls_per_day: np.ndarray
    growth_per_day: np.ndarray
    engaged: np.ndarray
    intent: np.ndarray
    outreach: np.ndarray
    annoyed: np.ndarray
    transfers: np.ndarray
    zone_hours: np.ndarray

    @property
    def total(self) -> int:
        return int(self.arrives_day.size)

    def names(self) -> pl.Series:
        return self.frame["customer"]


SEGMENTS = ("solo", "team", "enterprise")


def people(dice: Dice, scenario: Scenario, size: int, start: datetime, days: int) -> People:
    """The customers of the first day (index below `size`), then leads in the order they come."""
    arrives = np.concatenate([np.full(size, -1), _arrivals(dice, scenario, size, days)])
    total = arrives.size
    luck = dice.of("people").random((max(total, 1), 16))[:total]
    segment = _drawn(luck[:, 0], scenario, "people.segment_shares", SEGMENTS)
    countries = tuple(ZONES)
    country = _drawn(luck[:, 1], scenario, "people.country_shares", countries)
    medians = np.array([scenario.shares("people.calls_per_day_median")[s] for s in SEGMENTS])
    spread = scenario.number("people.calls_per_day_spread")
    transfer = np.array([scenario.shares("people.transfer_share")[s] for s in SEGMENTS])
    growth = scenario.number("people.growth_per_year")
    growing = growth + scenario.number("people.growth_spread") * normal(luck[:, 3])
    effect = 1 + scenario.number("effect.person_spread") * normal(luck[:, 6])
    frame = _said(dice, scenario, luck, start, (segment, country, arrives))
    return People(
        frame=frame,
        size=size,
        arrives_day=arrives,
        arrives_hour=(8 + 10 * luck[:, 2]),
        segment=segment,
        calls_per_day=medians[segment] * np.exp(spread * normal(luck[:, 4])),
        growth_per_day=np.clip(growing, -0.6, 2.0) / 365,
        engaged=np.exp(0.6 * normal(luck[:, 5])),
        intent=luck[:, 7],
        outreach=np.clip(effect, 0.0, 2.0),
        annoyed=luck[:, 8] < scenario.number("effect.annoyed_share"),
        transfers=luck[:, 9] < transfer[segment],
        zone_hours=np.array([ZONES[one][1] for one in countries])[country],
    )


def _arrivals(dice: Dice, scenario: Scenario, size: int, days: int) -> np.ndarray:
    """The day on which each lead comes. Raises Problem where they are too many to be drawn."""
    rate = scenario.number("people.leads_per_customer_day") * size
    factors = np.array(scenario.numbers("use.weekday"))[np.arange(days) % 7]
    if rate * days > LEADS_MOST:
        raise Problem(f"about {rate * days:,.0f} leads would come; at most {LEADS_MOST:,}")
    come = dice.of("arrivals").poisson(rate * factors / factors.mean())
    return np.repeat(np.arange(days), come)


def _drawn(luck: np.ndarray, scenario: Scenario, name: str, order: tuple[str, ...]) -> np.ndarray:
    """Which of `order` each is, by the shares of a parameter."""
    shares = np.array([scenario.shares(name)[one] for one in order])
    found: np.ndarray = np.searchsorted(np.cumsum(shares / shares.sum()), luck, side="right")
    found = np.minimum(found, len(order) - 1)
    return found


def _said(
    dice: Dice,
    scenario: Scenario,
    luck: np.ndarray,
    start: datetime,
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> pl.DataFrame:
    """What people say of themselves in a form; names and addresses are made up."""
    segment, country, arrives = drawn
    total, countries = arrives.size, tuple(ZONES)
    industries = tuple(sorted(scenario.shares("people.industry_shares")))
    channels = tuple(sorted(scenario.shares("people.channel_shares")))
    industry = _drawn(luck[:, 10], scenario, "people.industry_shares", industries)
    channel = _drawn(luck[:, 11], scenario, "people.channel_shares", channels)
    employees = np.array([4, 60, 2400])[segment] * np.exp(0.8 * normal(luck[:, 12]))
    names = [
        f"{_FIRST[n % len(_FIRST)]} {_LAST[n // len(_FIRST) % len(_LAST)]} {n}"
        for n in range(total)
    ]
    customer = [f"c{n:05d}" for n in range(total)]
    return pl.DataFrame(
        {
            "index": np.arange(total),
            "customer": customer,
            "name": names,
            "email": [f"{one}@{one}.example" for one in customer],
            "segment": [SEGMENTS[one] for one in segment],
            "country": [countries[one] for one in country],
            "zone": [ZONES[countries[one]][0] for one in country],
            "language": [ZONES[countries[one]][2] for one in country],
            "industry": [industries[one] for one in industry],
            "channel": [channels[one] for one in channel],
            "employees": np.maximum(1, employees).astype(np.int64),
            "arrives_at": [start + timedelta(days=int(day)) for day in arrives],
        },
        schema_overrides={
            "index": pl.Int64,
            "employees": pl.Int64,
            "arrives_at": pl.Datetime("us"),
        },
    )
