"""Random mornings: the tables that a briefing is made of, filled from one number."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

import polars as pl

from psizero.core.chance import draw
from psizero.core.content import canonical
from psizero.core.tables import Facts
from psizero.intelligence.briefing import briefing
from psizero.intelligence.days import figures_daily
from psizero.intelligence.figures import figures
from psizero.intelligence.freshness import sources
from tests.laws.cases import empty_tables

DAY = timedelta(days=1)
TODAY = datetime(2026, 10, 14)
NOW = TODAY + timedelta(hours=7)
QUARTER = timedelta(minutes=15)
Rows = list[dict[str, object]]


class Chance(Protocol):
    """A number in [0, 1) for names."""

    def __call__(self, *names: object) -> float: ...


class Much(Protocol):
    """A whole number of up to `most` digits for names."""

    def __call__(self, *names: object, most: int = 9) -> int: ...


def frame(name: str, rows: Rows) -> pl.DataFrame:
    """Rows as the house has them; columns that are not said are null."""
    typed = empty_tables()[name].schema
    full = [{column: row.get(column) for column in typed} for row in rows]
    return pl.DataFrame(full, schema=typed)


def used(meter: str, day: datetime, quantity: int, **more: object) -> dict[str, object]:
    """A day of a meter that lasts until midnight."""
    said = {"meter": meter, "day": day, "quantity": Decimal(quantity), "customers": 12}
    none = {"succeeded": Decimal(0), "failed": Decimal(0)}
    return {**said, **none, "last_until": day + DAY, **more}


def tables(**given: Rows) -> Facts:
    """Everything below a briefing, with sources, figures and the briefings themselves."""
    names = """usage_daily feeds mrr_changes invoiced_daily payments_daily health_daily
    tickets_daily ticket_windows autopilot_daily decisions_waiting falls_daily
    rejected_daily settings usage_movers health_standing levels""".split()
    known = {name: frame(name, given.get(name, [])) for name in names}
    if "feeds" not in given:
        ends = known["usage_daily"].group_by("meter").agg(pl.col("last_until").max())
        rows: Rows = [
            {"feed": f"meter {meter}", "last_at": at - QUARTER} for meter, at in ends.iter_rows()
        ]
        rows += [{"feed": "meters", "last_at": TODAY}] if rows else []
        known["feeds"] = frame("feeds", rows)
    known["sources"] = sources(known, NOW)
    known["figures"] = figures(known, NOW)
    known["figures_daily"] = figures_daily(known, NOW)
    return known


def said(known: Facts, role: str = "ceo", now: datetime = NOW) -> dict[str, object]:
    """The briefing of a role."""
    rows = briefing(known, now).filter(pl.col("role") == role)
    return rows.row(0, named=True)


def random_tables(seed: int) -> Facts:
    """A house in which anything may be there, late, large, small, or missing."""

    def chance(*names: object) -> float:
        return draw(str(seed), TODAY, *map(str, names))

    def much(*names: object, most: int = 9) -> int:
        return int(10 ** (chance(*names) * most))

    meters = ["calls", "gpt-4 tokens", "tiles"][: int(chance("meters") * 4)]
    given: dict[str, Rows] = {"usage_daily": [], "usage_movers": [], "mrr_changes": []}
    for meter in meters:
        last = int(chance(meter, "late") * 4) if chance(meter, "is late") < 0.3 else 1
        level = much(meter, "level")
        for back in range(max(last, 1), 1 + int(chance(meter, "days") * 35)):
            good = much(meter, back, "good") if chance(meter, "status") < 0.5 else 0
            row = used(meter, TODAY - back * DAY, 1 + int(level * chance(meter, back)))
            outcome = {"succeeded": Decimal(good), "failed": Decimal(good // 50)}
            given["usage_daily"].append(row | outcome)
        for number in range(int(chance(meter, "movers") * 6)):
            now, before = much(meter, number, "now"), much(meter, number, "before")
            given["usage_movers"].append(
                {"customer": f"cust-{number}-{meter}", "meter": meter}
                | {"quantity": Decimal(now), "quantity_before": Decimal(before)}
                | {"change": Decimal(now - before), "usage_share": round(chance(number), 6)}
                | {"change_share": round(chance(meter, number, "part") * 3 - 1, 6)}
            )
    for number in range(int(chance("money") * 12)):
        amount = much("fee", number, most=8)
        row = {"customer": f"acme {number}", "currency": ("EUR", "JPY")[number % 4 == 3]}
        day = TODAY - DAY * (1 + int(chance("day", number) * 20))
        given["mrr_changes"].append(
            row
            | {"day": day - 30 * DAY, "movement": "new", "before_minor": 0}
            | {"after_minor": amount, "amount_minor": amount}
        )
        after = int(amount * chance("after", number) * 2) if chance("gone", number) > 0.3 else 0
        movement = "churn" if not after else "expansion" if after > amount else "contraction"
        given["mrr_changes"].append(
            row
            | {"day": day, "movement": movement, "before_minor": amount}
            | {"after_minor": after, "amount_minor": after - amount}
        )
    return tables(**given, **_more(chance, much))


def _more(chance: Chance, much: Much) -> dict[str, Rows]:
    """Health, tickets, what the autopilot did, and what waits."""
    stances = ("critical", "warning", "good", "steady")
    health: Rows = [
        {"customer": f"cust-{number}", "score": round(100 * chance("score", number), 2)}
        | {"stance": stances[int(chance("stance", number) * 4)], "owing": False, "open_tickets": 0}
        | {
            "stance_since": TODAY - DAY * number,
            "inputs": canonical(
                {"calls": str(much("calls", number)), "calls_before": str(much("past", number))}
            ),
        }
        for number in range(int(chance("health") * 9))
    ]
    mornings: Rows = [
        {"scored_at": TODAY - back * DAY + timedelta(hours=5), "scored": len(health)}
        | {"average": round(100 * chance("average", back), 2)}
        | {name: int(4 * chance(name, back)) for name in ("critical", "warning", "good")}
        for back in range(9)
        if health
    ]
    waiting: Rows = [
        {
            "automation": ("finance.invoicing", "customers.calls")[number % 2],
            "verb": "invoice.issue",
        }
        | {"subject": f"cust-{number}", "episode": "1", "decision": f"d{number}"}
        | {"money_minor": much("at stake", number, most=7), "currency": "EUR"}
        | {"answer_until": NOW + timedelta(hours=number), "because": "it is due"}
        for number in range(int(max(0.0, chance("waiting") - 0.5) * 12))
    ]
    counts = "eligible automatic done reverted refused unanswered shadow".split()
    night = {name: int(chance(name) * 5) for name in counts} | {"automation": "finance.invoicing"}
    tickets: Rows = [
        {"day": TODAY - back * DAY, "opened": int(9 * chance("opened", back)), "closed": back}
        for back in range(1, int(chance("tickets") * 20))
    ]
    found = {"health_standing": health, "health_daily": mornings, "tickets_daily": tickets}
    found |= {"autopilot_daily": [night], "decisions_waiting": waiting}
    if chance("falls") < 0.3:
        names = ("finance.invoicing", "customers.health_watch", "growth.new")
        falls = [{"automation": one, "level": "shadow", "fell_at": NOW} for one in names]
        found["falls_daily"] = falls[: 1 + int(chance("falls", "many") * 3)]
    if chance("rejected") < 0.3:
        kinds = ("usage.recorded", "ticket.opened")
        found["rejected_daily"] = [{"kind": one, "rows": 1 + much("rejected")} for one in kinds]
    if chance("target") < 0.5:
        found["settings"] = [{"name": "targets.mrr", "value": str(much("target"))}]
    return found
