"""What is written about the market, in several feeds; and all that goes on beside the company."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from psizero.core.events.market import MARKET_NEWS
from psizero.twin.costs import MORNING, budgets, quotes, spend
from psizero.twin.dice import counts
from psizero.twin.emission import Emission, Row, joined, rows_of
from psizero.twin.planted import DAY, Company, planted_rows
from psizero.twin.rivals import RIVALS, Change, changes, fetched
from psizero.twin.visits import anonymous

FEEDS = ("qc-daily", "enterprise-quantum", "market-wire")
_STORIES_MOST = 3
_TITLES = {
    "funding": (
        "{name} raises {size} million in a new round",
        "New round: {size} million for {name}",
        "Investors put {size} million into {name}",
    ),
    "launch": (
        "{name} opens a {size}-qubit simulator to developers",
        "Developers get a {size}-qubit simulator from {name}",
        "{name} launches simulator with {size} qubits",
    ),
    "outage": (
        "{name} down for {size} minutes on Tuesday",
        "Outage at {name}: {size} minutes without service",
        "Customers of {name} cut off for {size} minutes",
    ),
    "regulation": (
        "Export rules for quantum software: {size} countries agree",
        "{size} countries agree on quantum export rules",
        "Quantum software: export rules in {size} countries",
    ),
    "research": (
        "Chemists cut error rates by {size} percent on quantum hardware",
        "Quantum chemistry: {size} percent fewer errors",
        "Error rates down {size} percent, chemists report",
    ),
    "price": (
        "{name} changes its prices by {size} percent",
        "Prices at {name} move {size} percent",
        "{name}: plans now cost {size} percent more or less",
    ),
}
"""By topic: the same told by each feed in its words."""
_TEXTS = (
    "{title}. The news was confirmed on {day}. Analysts expect others to follow within the year.",
    "On {day} it was confirmed: {title}. Others are expected to follow within the year.",
    "{title} ({day}). Read more in our weekly letter. Analysts expect others to follow.",
)


def news(company: Company, start: datetime, days: int) -> Emission:
    """Stories of some days, each in one feed at least, handed in on the next morning."""
    rows: list[Row] = []
    truth: list[Row] = []
    told = [one for one in changes(company, start + days * DAY) if one.told]
    for number in range(days):
        day = start + number * DAY
        mine = [one for one in told if day - DAY <= one.at < day]
        for story in _stories(company, day, mine):
            for row in _copies(company, day, story):
                rows.append(row)
                truth.append({**story, "id": row["id"]})
    return Emission(
        {MARKET_NEWS.name: rows_of(MARKET_NEWS, rows)} if rows else {},
        {"stories": pl.DataFrame(truth)} if truth else {},
    )


def _stories(company: Company, day: datetime, told: list[Change]) -> list[Row]:
    """What there is to tell on a day: chance, and yesterday's changes of price."""
    luck = company.dice.of("stories", day.isoformat()).random((1 + _STORIES_MOST, 4))
    rate = np.array([company.scenario.number("market.stories_daily")])
    number = min(int(counts(luck[0, :1], rate)[0]), _STORIES_MOST)
    topics = [one for one in _TITLES if one != "price"]
    found: list[Row] = []
    for place, (topic, rival, size, _) in enumerate(luck[1 : 1 + number]):
        row: Row = {"story": f"{day:%y%m%d}-{place}", "topic": topics[int(topic * len(topics))]}
        named = RIVALS[int(rival * len(RIVALS))].name
        found.append(row | {"rival": named, "size": 5 + int(size * 90)})
    for change in told:
        row = {"story": f"{day:%y%m%d}-{change.rival}", "topic": "price", "rival": change.rival}
        found.append(row | {"size": abs(round(100 * (change.factor - 1)))})
    return found


def _copies(company: Company, day: datetime, story: Row) -> list[Row]:
    """A story in the feed that has it first, and in others some hours later, in other words."""
    luck = company.dice.of("copies", str(story["story"])).random((len(FEEDS), 3))
    first = int(luck[0, 0] * len(FEEDS))
    begins = day + timedelta(minutes=int(60 * (7 + 9 * luck[0, 1])))
    rows = []
    for place, feed in enumerate(FEEDS):
        later, repeated = luck[place, 1], luck[place, 2]
        if place != first and repeated >= company.scenario.number("market.repeated_share"):
            continue
        at = begins if place == first else begins + timedelta(minutes=int(60 * (1 + 6 * later)))
        named = {"name": str(story["rival"]).capitalize(), "size": story["size"]}
        title = _TITLES[str(story["topic"])][place].format(**named)
        text = _TEXTS[place].format(title=title, day=f"{day:%d %B %Y}")
        name = f"news-{story['story']}-{feed}"
        row: Row = {"id": name, "subject": feed, "occurred_at": at, "title": title, "text": text}
        row |= {"delivered_at": _next_morning(at)}
        rows.append(row | {"url": f"https://{feed}.example/{story['story']}"})
    return rows


def _next_morning(at: datetime) -> datetime:
    morning = at.replace(hour=0, minute=0, second=0, microsecond=0) + MORNING
    return morning if morning >= at else morning + DAY


def outside(company: Company, start: datetime, days: int) -> Emission:
    """All that does not depend on what anybody here does: a day, or a month of it at once."""
    parts = (budgets, spend, quotes, anonymous, fetched, news, planted_rows)
    return joined(part(company, start, days) for part in parts)
