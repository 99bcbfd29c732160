"""The numbers of a morning, each with what it is held against: the table `figures`.

A figure of a day is that of yesterday (UTC), held against the same weekday a week before, with
the range of the same weekdays of eight weeks; one of a standing is held against that of a week
before. What a late source gives is of another day, and says so in `state`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import polars as pl

from psizero.core.money import round_half_away
from psizero.core.tables import Facts
from psizero.intelligence.freshness import DAY

_EXACT = pl.Decimal(38, 9)
_WEEK = timedelta(days=7)
HEALTH_TARGET_PERCENT = Decimal(75)  # the mission's: an average over 75


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number. `subject` is the meter or the currency, `unit` minor, quantity, count, share
    or points; `history` counts the same weekdays before, whose range is `low` to `high`."""

    name: str
    subject: str = ""
    unit: str
    value: Decimal
    before: Decimal | None = None
    change: Decimal | None = None
    change_share: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    history: int = 0
    target: Decimal | None = None
    count: int | None = None
    day: datetime
    state: str = "complete"


SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(Figure.__struct_fields__, _EXACT),
    **dict.fromkeys(("name", "subject", "unit", "state"), pl.String()),
    **dict.fromkeys(("history", "count"), pl.Int64()),
    "day": pl.Datetime("us"),
}


def figures(facts: Facts, now: datetime) -> pl.DataFrame:
    """All that can be told this morning; what no source gives has no row."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = [*_usage(facts, today), *_money(facts, today), *_health(facts, today)]
    found += [*_tickets(facts, today), *_autopilot(facts, now)]
    targets = _targets(facts["settings"])
    rows = [msgspec.structs.asdict(_compared(one, targets)) for one in found]
    return pl.DataFrame(rows, schema=SCHEMA).sort("name", "subject")


def _targets(settings: pl.DataFrame) -> dict[str, Decimal]:
    """House.toml's targets by name; that of health is the mission's where none is set."""
    said = {"health_average": HEALTH_TARGET_PERCENT}
    for name, value in settings.select("name", "value").iter_rows():
        if name.startswith("targets.") and value != "null":
            said[name.removeprefix("targets.")] = round_half_away(Decimal(value), 9)
    return said


def _compared(one: Figure, targets: dict[str, Decimal]) -> Figure:
    """With its change, and the target `name` or `name_subject` of house.toml."""
    target = targets.get(f"{one.name}_{one.subject}".lower(), targets.get(one.name))
    change = None if one.before is None else one.value - one.before
    share = None
    if change is not None and one.before:
        share = round_half_away(change / abs(one.before), 6)
    return msgspec.structs.replace(one, target=target, change=change, change_share=share)


def _exact(value: object) -> Decimal:
    return Decimal(str(value))


def _usage(facts: Facts, today: datetime) -> Iterator[Figure]:
    """Use, callers and success of each meter on its last day."""
    states = dict(facts["sources"].select("source", "state").iter_rows())
    for (meter,), days in facts["usage_daily"].group_by("meter", maintain_order=True):
        by_day = {row["day"]: row for row in days.iter_rows(named=True)}
        state = states.get(f"meter {meter}", "late")
        quiet = state == "complete" and today - DAY not in by_day
        day = today - DAY if quiet else max(by_day)
        none: dict[str, object] = dict.fromkeys(("quantity", "customers", "succeeded", "failed"), 0)
        now, before = by_day.get(day, none), by_day.get(day - _WEEK)
        same = [by_day[day - n * _WEEK] for n in range(1, 9) if day - n * _WEEK in by_day]
        used = [_exact(one["quantity"]) for one in same]
        about = {"subject": str(meter), "day": day, "state": state, "history": len(same)}
        yield msgspec.convert(
            about
            | {"name": "usage", "unit": "quantity", "value": _exact(now["quantity"])}
            | {"before": _exact(before["quantity"]) if before else None}
            | _range(used),
            Figure,
        )
        yield msgspec.convert(
            about
            | {"name": "callers", "unit": "count", "value": _exact(now["customers"])}
            | {"before": _exact(before["customers"]) if before else None}
            | _range([_exact(one["customers"]) for one in same]),
            Figure,
        )
        share = _success(now)
        if share is not None:
            past = _success(before) if before else None
            shares = [one for one in map(_success, same) if one is not None]
            more = {"name": "success", "unit": "share", "value": share, "before": past}
            more |= {"history": len(shares), **_range(shares)}
            yield msgspec.convert(about | more, Figure)


def _range(values: list[Decimal]) -> dict[str, Decimal | None]:
    return {"low": min(values, default=None), "high": max(values, default=None)}


def _success(row: dict[str, object]) -> Decimal | None:
    good, bad = _exact(row["succeeded"]), _exact(row["failed"])
    return round_half_away(good / (good + bad), 6) if good + bad else None


def _money(facts: Facts, today: datetime) -> Iterator[Figure]:
    """Committed MRR and how it moved in seven days; what was invoiced and received this month."""
    changes, week = facts["mrr_changes"], pl.col("day") >= today - _WEEK
    gained = (pl.col("after_minor") > 0).cast(pl.Int64) - (pl.col("before_minor") > 0).cast(
        pl.Int64
    )
    for (currency,), rows in changes.group_by("currency", maintain_order=True):
        about = {"subject": str(currency), "day": today - DAY}
        recent = rows.filter(week)
        for name, unit, what, factor in (
            ("mrr", "minor", pl.col("amount_minor"), 1),
            ("arr", "minor", pl.col("amount_minor"), 12),
            ("paying", "count", gained, 1),
        ):
            value = factor * _exact(rows.select(what.sum()).item())
            moved = factor * _exact(recent.select(what.sum()).item())
            said = {"name": name, "unit": unit, "value": value, "before": value - moved}
            yield msgspec.convert(about | said, Figure)
        for movement in ("new", "reactivation", "expansion", "contraction", "churn"):
            of = recent.filter(pl.col("movement") == movement)
            said = {"name": f"{movement}_week", "unit": "minor", "count": of.height}
            value = abs(_exact(of["amount_minor"].sum()))
            yield msgspec.convert(about | said | {"value": value}, Figure)
    yield from _months(facts["invoiced_daily"], ("net_minor", "invoices"), today)
    yield from _months(facts["payments_daily"], ("received_minor", "failed"), today)


_NAMES = {"net_minor": "invoiced_month", "received_minor": "received_month"}


def _months(daily: pl.DataFrame, columns: tuple[str, str], today: datetime) -> Iterator[Figure]:
    """This month up to yesterday, against as many days of the last month."""
    amount, count = columns
    first = (today - DAY).replace(day=1)
    last = (first - DAY).replace(day=1)
    past = pl.col("day").is_between(last, min(last + (today - first), first), closed="left")
    for (currency,), rows in daily.group_by("currency", maintain_order=True):
        now = rows.filter(pl.col("day") >= first)
        yield Figure(
            name=_NAMES[amount],
            subject=str(currency),
            unit="minor",
            value=_exact(now[amount].sum()),
            before=_exact(rows.filter(past)[amount].sum()) if rows.filter(past).height else None,
            count=int(now[count].sum()),
            day=today - DAY,
        )


def _health(facts: Facts, today: datetime) -> Iterator[Figure]:
    """The last scores, against those of a week before; late where nothing was kept today."""
    mornings = facts["health_daily"].sort("scored_at")
    if mornings.is_empty():
        return
    last = mornings.row(-1, named=True)
    day = last["scored_at"].replace(hour=0, minute=0, second=0, microsecond=0)
    past = mornings.filter(pl.col("scored_at").dt.truncate("1d") == day - _WEEK)
    state = "complete" if day >= today - DAY else "late"
    for name, column, unit in (
        ("health_average", "average", "points"),
        ("critical", "critical", "count"),
        ("warning", "warning", "count"),
        ("well", "good", "count"),
    ):
        before = past[column][0] if past.height else None
        if last["scored"]:
            yield Figure(
                name=name,
                unit=unit,
                value=_exact(last[column]),
                before=None if before is None else _exact(before),
                count=last["scored"],
                day=day,
                state=state,
            )


def _tickets(facts: Facts, today: datetime) -> Iterator[Figure]:
    """Support: what came and went yesterday, and what is open."""
    daily = facts["tickets_daily"]
    if daily.is_empty():
        return
    backlog = _exact(facts["ticket_windows"]["open_tickets"].sum())
    yield Figure(name="backlog", unit="count", value=backlog, day=today - DAY)
    for name in ("opened", "closed"):
        on = {day: _exact(count) for day, count in daily.select("day", name).iter_rows()}
        old = today - 8 * DAY >= min(on)
        before = on.get(today - 8 * DAY, Decimal(0)) if old else None
        value = on.get(today - DAY, Decimal(0))
        past = [today - DAY - n * _WEEK for n in range(1, 9)]
        same = [on.get(day, Decimal(0)) for day in past if day >= min(on)]
        yield Figure(
            name=name,
            unit="count",
            value=value,
            before=before,
            low=min(same, default=None),
            high=max(same, default=None),
            history=len(same),
            day=today - DAY,
        )


def _autopilot(facts: Facts, now: datetime) -> Iterator[Figure]:
    """What was decided in the last 24 hours, and the share that needed nobody."""
    night = facts["autopilot_daily"]
    totals = {name: int(night[name].sum()) for name in night.columns if name != "automation"}
    for name in ("done", "reverted", "refused", "unanswered", "shadow"):
        yield Figure(name=name, unit="count", value=_exact(totals[name]), day=now)
    if totals["eligible"]:
        rate = round_half_away(_exact(totals["automatic"]) / totals["eligible"], 6)
        count = totals["eligible"]
        yield Figure(name="automation_rate", unit="share", value=rate, count=count, day=now)
    waiting = facts["decisions_waiting"].height
    yield Figure(name="waiting", unit="count", value=_exact(waiting), day=now)
