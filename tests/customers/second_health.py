"""Health a second time: slowly, from the raw rows, customer by customer, in fractions.

Nothing here is shared with the house but the definition in words (customers/signals.py).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction

import msgspec

DAY = timedelta(days=1)
ACTIVITIES = ("login", "dashboard", "documentation", "community", "feedback")
WEIGHTS = {
    "calls": Fraction(3, 10),
    "success": Fraction(2, 10),
    "adoption": Fraction(2, 10),
    "tickets": Fraction(1, 10),
    "billing": Fraction(2, 10),
    "login": Fraction(3, 10),
    "dashboard": Fraction(2, 10),
    "documentation": Fraction(1, 10),
    "community": Fraction(1, 10),
    "feedback": Fraction(3, 10),
}
USAGE = ("calls", "success", "adoption", "tickets", "billing")


class Deed(msgspec.Struct, frozen=True):
    """One row of one kind. `of` is the meter, the activity or the ticket; `word` the rest."""

    kind: str
    customer: str
    at: datetime
    of: str = ""
    amount: Fraction = Fraction(1)
    word: str = ""


Deeds = list[Deed]
Told = dict[str, Fraction | None]


def age(at: datetime, midnight: datetime) -> int:
    """Full days before a midnight: 1 is yesterday."""
    return -((at.date() - midnight.date()).days)


def known_weeks(first: datetime, midnight: datetime) -> int | None:
    """Whole weeks between something's beginning and the window of 28 days."""
    spare = midnight - 28 * DAY - first
    return None if spare < timedelta(0) else min(4, spare.days // 7)


def feed_weeks(rows: Iterable[Deed], midnight: datetime, stale: int) -> int | None:
    """The same for a feed; None where it is silent for too long."""
    instants = [row.at for row in rows if row.at >= midnight - 91 * DAY]
    if not instants or max(instants) < midnight - stale * DAY:
        return None
    return known_weeks(min(instants), midnight)


def pace(weeks: int | None, now: Fraction, before: Fraction) -> Fraction | None:
    """62.5 as before, 100 at most, 0 for silence."""
    if weeks is None:
        return None
    if now == 0:
        return Fraction(0)
    if weeks == 0:
        return None
    return Fraction(100) if before == 0 else min(Fraction(100), Fraction(125, 2) * now / before)


def total(rows: Iterable[Deed], midnight: datetime, first: int, last: int) -> Fraction:
    """What was done between two ages in days."""
    found = [row.amount for row in rows if first <= age(row.at, midnight) <= last]
    return sum(found, Fraction(0))


def calls_pace(mine: Deeds, weeks: int | None, midnight: datetime) -> Fraction | None:
    """Now against the weeks before that are known, as if they were four."""
    usual = total(mine, midnight, 29, 28 + 7 * (weeks or 0))
    scaled = usual * 4 / weeks if weeks else Fraction(0)
    return pace(weeks, total(mine, midnight, 1, 28), scaled)


def least(one: int | None, other: int | None) -> int | None:
    """The fewer weeks; None where either is missing."""
    return None if one is None or other is None else min(one, other)


def since_of(deeds: Deeds, customer: str, midnight: datetime) -> datetime | None:
    """When a customer began; None for nobody of ours, and for who has left."""
    mine = [d for d in deeds if d.customer == customer]
    starts = [d.at for d in mine if d.kind == "start"]
    ended = {d.of for d in mine if d.kind == "end" and d.at <= midnight}
    if starts and all(d.of in ended for d in mine if d.kind == "start"):
        return None
    seen = [
        d.at
        for d in mine
        if (d.kind == "use" or (d.kind == "activity" and d.word == "no"))
        and 1 <= age(d.at, midnight) <= 56
    ]
    first = min(starts or seen, default=None)
    return first if first is not None and first < midnight else None


def success(mine: Deeds, feed: int | None, weeks: int | None, midnight: datetime) -> object:
    """None of a tenth of failures is left; no calls are no success."""
    window = [d for d in mine if 1 <= age(d.at, midnight) <= 28]
    if feed is None or weeks is None:
        return None
    if not sum(d.amount for d in window):
        return Fraction(0)
    told = sum((d.amount for d in window if d.word), Fraction(0))
    bad = sum((d.amount for d in window if d.word not in ("", "200")), Fraction(0))
    return max(Fraction(0), 100 * (1 - bad / told / Fraction(1, 10))) if told else None


def tickets(deeds: Deeds, customer: str, midnight: datetime) -> Fraction:
    """25 off for each one opened within 28 days or still open."""
    mine = [d for d in deeds if d.customer == customer and age(d.at, midnight) >= 1]
    closed = {d.of for d in mine if d.kind == "closed"}
    counted = [
        d
        for d in mine
        if d.kind == "opened"
        and d.word == ""
        and age(d.at, midnight) <= 91
        and (d.of not in closed or age(d.at, midnight) <= 28)
    ]
    return max(Fraction(0), Fraction(100 - 25 * len(counted)))


def billing(deeds: Deeds, customer: str, now: datetime) -> Fraction | None:
    """Oldest invoices are paid first; what is older than 30 days and unpaid is overdue."""
    mine = [d for d in deeds if d.customer == customer]
    billed = [d for d in mine if d.kind == "invoice"]
    paid = [d for d in mine if d.kind == "paid"]
    failed = [d for d in mine if d.kind == "failed" and d.at > now - 28 * DAY]
    if not billed and not paid and not failed:
        return None
    old = sum((d.amount for d in billed if d.at <= now - 30 * DAY), Fraction(0))
    declined = [f for f in failed if not any(p.at >= f.at for p in paid)]
    cost = 50 * (old > sum((d.amount for d in paid), Fraction(0))) + 25 * len(declined)
    return max(Fraction(0), Fraction(100 - cost))


def values(deeds: Deeds, customer: str, now: datetime) -> Told | None:
    """The ten values of a customer; None where there is no such customer."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    known = [d for d in deeds if d.at <= now]
    since = since_of(known, customer, midnight)
    if since is None:
        return None
    own = known_weeks(since, midnight)
    use = [d for d in known if d.kind == "use"]
    calls = [d for d in use if d.of == "calls"]

    def mine(rows: Deeds) -> Deeds:
        return [d for d in rows if d.customer == customer]

    weeks = least(own, feed_weeks(calls, midnight, 14))
    told: Told = {"calls": calls_pace(mine(calls), weeks, midnight)}
    status = feed_weeks([d for d in calls if d.word], midnight, 14)
    found = success(mine(calls), status, weeks, midnight)
    told["success"] = found if isinstance(found, Fraction) else None
    weeks = least(own, feed_weeks(use, midnight, 14))
    meters = {d.of for d in mine(use)}
    ever = [[d for d in mine(use) if d.of == meter] for meter in meters]
    now_used = sum(total(one, midnight, 1, 28) > 0 for one in ever)
    then_used = sum(total(one, midnight, 29, 28 + 7 * (weeks or 0)) > 0 for one in ever)
    told["adoption"] = pace(weeks, Fraction(now_used), Fraction(then_used))
    done = [d for d in known if d.kind == "activity"]
    for name in ACTIVITIES:
        stale = 45 if name in ("community", "feedback") else 14
        feed = feed_weeks([d for d in done if d.of == name], midnight, stale)
        unasked = [d for d in mine(done) if d.of == name and d.word == "no"]
        told[name] = calls_pace(unasked, least(own, feed), midnight)
    heard = total([d for d in mine(use + done) if d.word != "yes"], midnight, 1, 28) > 0
    asked = feed_weeks([d for d in known if d.kind in ("opened", "closed")], midnight, 45)
    worth = tickets(known, customer, midnight)
    told["tickets"] = worth if asked is not None and (heard or worth < 100) else None
    paying = feed_weeks([d for d in known if d.kind in ("paid", "failed")], midnight, 45)
    told["billing"] = billing(known, customer, now) if paying is not None else None
    return told


def score(told: Told, share: Fraction = Fraction(6, 10)) -> tuple[Fraction | None, Fraction]:
    """The score, and the coverage; no score where less than half is known."""
    parts = []
    for names in (USAGE, tuple(name for name in WEIGHTS if name not in USAGE)):
        found = [(WEIGHTS[name], value) for name in names if (value := told[name]) is not None]
        parts.append((sum((w for w, _ in found), Fraction(0)), sum(w * v for w, v in found)))
    shares = (share, 1 - share)
    coverage = sum((s * known for s, (known, _) in zip(shares, parts, strict=True)), Fraction(0))
    counted = [(s, part / known) for s, (known, part) in zip(shares, parts, strict=True) if known]
    if coverage < Fraction(1, 2) or not sum(s for s, _ in counted):
        return None, coverage
    return sum(s * v for s, v in counted) / sum((s for s, _ in counted), Fraction(0)), coverage
