"""Who looks at the company's pages: people unknown, and leads the more the more they want it."""

from datetime import datetime

import numpy as np
import polars as pl

from psizero.core.events.site import PAGE_VIEWED
from psizero.core.tables import POLARS_TYPES, Type
from psizero.twin.dice import counts
from psizero.twin.emission import Emission
from psizero.twin.planted import DAY, Company, factor, planted

ANONYMOUS = "anonymous"
_BIN_HOURS = 6
_QUANTITY = POLARS_TYPES[Type.QUANTITY]


def anonymous(company: Company, start: datetime, days: int) -> Emission:
    """Views by people unknown on some days: by channel and page group, in quarters of a day."""
    scenario = company.scenario
    daily, shares = scenario.shares("site.anonymous_daily"), scenario.shares("site.page_shares")
    hours = np.array(scenario.numbers("use.hours")).reshape(-1, _BIN_HOURS).sum(axis=1)
    rates = np.array(list(daily.values()))[:, None, None] * np.array(list(shares.values()))[:, None]
    rates = rates * (hours / hours.sum()) * company.customers
    views = np.zeros((days, *rates.shape), dtype=np.int64)
    for number in range(days):
        day = start + number * DAY
        pace = scenario.numbers("use.weekday")[day.weekday()] * factor(company, day)
        luck = company.dice.of("views", day.isoformat()).random(rates.shape)
        views[number] = counts(luck, rates * pace)
    which, channel, page, part = np.nonzero(views)
    frame = pl.DataFrame(
        {"day": which, "channel": channel, "page": page, "part": part}
        | {"quantity": views[which, channel, page, part]}
    )
    day_at = pl.lit(start, pl.Datetime("us")) + pl.duration(days=pl.col("day"))
    begins = day_at + pl.duration(hours=pl.col("part") * _BIN_HOURS)
    named = day_at.dt.strftime("%y%m%d")
    rows = frame.select(
        id=pl.format("v-{}-{}-{}-{}", named, "channel", "page", "part"),
        subject=pl.lit(ANONYMOUS),
        cause=pl.lit(None, pl.String),
        occurred_at=begins,
        delivered_at=begins + pl.duration(hours=_BIN_HOURS) - pl.duration(seconds=1),
        page_group=pl.lit(pl.Series(list(shares))).gather(pl.col("page")),
        channel=pl.lit(pl.Series(list(daily))).gather(pl.col("channel")),
        quantity=pl.col("quantity").cast(_QUANTITY),
    )
    return Emission({PAGE_VIEWED.name: _tracked(company, (start, start + days * DAY), rows)})


def visits(company: Company, day: datetime, leads: pl.DataFrame) -> Emission:
    """A day's views by known leads. `leads`: index, lead, intent (0 to 1), and channel if known.

    The luck of a lead is that of its index, whoever else looks that day.
    """
    if not leads.height:
        return Emission()
    scenario = company.scenario
    daily = scenario.shares("site.lead_views_daily")
    index, intent = leads["index"].to_numpy(), leads["intent"].to_numpy()
    luck = company.dice.of("lead views", day.isoformat())
    own = luck.random((int(index.max()) + 1, len(daily), 2))[index]
    pace = scenario.numbers("use.weekday")[day.weekday()] * factor(company, day)
    keen = np.maximum(1 + scenario.number("site.intent_slope") * (intent - 0.5), 0.0)
    views = counts(own[:, :, 0], keen[:, None] * np.array(list(daily.values())) * pace)
    place, page = np.nonzero(views)
    named = leads["channel"] if "channel" in leads.columns else pl.Series(["direct"] * len(leads))
    frame = pl.DataFrame(
        {
            "place": place,
            "index": index[place],
            "page": page,
            "quantity": views[place, page],
            "seconds": ((7 + 14 * own[place, page, 1]) * 3600).astype(np.int64),
        }
    )
    at = pl.lit(day, pl.Datetime("us")) + pl.duration(seconds=pl.col("seconds"))
    rows = frame.select(
        id=pl.format("p-{}-{}-{}", pl.lit(f"{day:%y%m%d}"), "index", "page"),
        subject=pl.lit(leads["lead"]).gather(pl.col("place")),
        cause=pl.lit(None, pl.String),
        occurred_at=at,
        delivered_at=at,
        page_group=pl.lit(pl.Series(list(daily))).gather(pl.col("page")),
        channel=pl.lit(named).gather(pl.col("place")),
        quantity=pl.col("quantity").cast(_QUANTITY),
    )
    return Emission({PAGE_VIEWED.name: _tracked(company, (day, day + DAY), rows)})


def _tracked(company: Company, span: tuple[datetime, datetime], rows: pl.DataFrame) -> pl.DataFrame:
    """Without what a broken tracking loses, or a feed that stops at noon."""
    for one in planted(company, span[1]):
        kind, _, channel = one.where.partition("/")
        if kind == PAGE_VIEWED.name and one.ends_at > span[0]:
            lost = pl.col("occurred_at").is_between(one.starts_at, one.ends_at, closed="left")
            rows = rows.filter(~(lost & (pl.col("channel") == channel if channel else True)))
    return rows
