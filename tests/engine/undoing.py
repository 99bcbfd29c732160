"""A town in which a task was given and a campaign begun: there is something to take back."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import polars as pl

from psizero.core.policy import Level
from psizero.house.home import House
from psizero.house.retraction import Regret
from tests.toy.town import (
    BINDINGS,
    LATE_AT,
    answering,
    entered,
    faded,
    fly,
    founded,
    settled,
    take,
    used,
    wished,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WATCH, UNDO, WISHES = "customers.health_watch", "intelligence.undo", "growth.wishes"
DONE_AT = LATE_AT + 3 * DAY
PEOPLE = """
[people]
anna = "owner"
ben = "owner"
cyd = "seller"
[roles.seller]
domains = ["growth"]
money_minor_max = 100
[settings.customers.health_watch]
critical_percent = 25
"""
LEVELS = {WATCH: Level.AUTO, WISHES: Level.AUTO}


def grew_quiet(house: House, name: str) -> None:
    """Somebody who uses it a little less: in the band that a campaign is for."""
    days = [LATE_AT.replace(hour=1) - day * DAY for day in range(34)]
    early = [at for at in days if at.month == 9 and at.day < 8]
    calls = [used(name, at, "50" if at in early else "40") for at in days]
    take(house, "usage.recorded", calls, house.now)
    done = [
        {"id": f"{name} {what} {at}", "subject": name, "occurred_at": at}
        | {"activity": what, "prompted": "no"}
        for what in ("login", "feedback")
        for at in (*early, days[0])
    ]
    take(house, "activity.recorded", done, house.now)


def regretted(
    home: Path,
    more: str = "",
    levels: Mapping[str, Level] = LEVELS,
    answers: Mapping[str, str] | None = None,
) -> Path:
    """Eve is to be called, flo is in a campaign; ada was let in again, bob got a parcel."""
    founded(home, levels, BINDINGS + PEOPLE + more)
    with entered(answering(home, answers or {})) as house:
        settled(house)
        fly(house, LATE_AT)
        faded(house)
        grew_quiet(house, "flo")
        wishes = [
            wished(verb, name, DONE_AT - 2 * HOUR, minor=money, currency="EUR")
            for verb, name, money in (("access.lift", "ada", 500), ("gift.send", "bob", 50))
        ]
        take(house, "wish.made", wishes)
        fly(house, DONE_AT)
    return home


def key_of(house: House, verb: str, automation: str = "") -> str:
    """The one decision of a verb, or that of an automation."""
    found = house.read("decision").filter(pl.col("verb") == verb)
    if automation:
        found = found.filter(pl.col("automation") == automation)
    (key,) = found["id"]
    return str(key)


def states(house: House, key: str) -> list[str]:
    """What became of a decision, receipt by receipt."""
    receipts = house.read("receipt").filter(pl.col("decision") == key)
    return [str(one) for one in receipts["state"]]


def regret(by: str = "anna", reason: str = "wrong_subject", note: str = "") -> Regret:
    return Regret(reason=reason, by=by, note=note)
