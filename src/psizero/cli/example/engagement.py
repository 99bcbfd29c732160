"""What the demo company's customers do beside calling the API: they log in, they write tickets."""

from collections.abc import Iterator
from datetime import date, timedelta

from psizero.cli.example.company import FIRST, LAST, SALT, Customer, customers
from psizero.core.chance import draw

# Actions a week of a customer who is content, and the part of them on a Saturday or Sunday.
_WEEKLY = {"login": 9.0, "dashboard": 6.0, "documentation": 3.0, "feedback": 0.8, "community": 0.6}
_WEEKEND = 0.2

# Customer, and the day on which the question came and was answered.
_TICKETS = """\
cust-13 2026-01-14 2026-01-15 invoice layout
cust-20 2026-01-21 2026-01-21 rate limits
cust-04 2026-02-03 2026-02-05 latency in Paris
cust-17 2026-02-11 2026-02-12 tile cache
cust-22 2026-02-24            tiles answer with 502
cust-22 2026-02-27            still 502
cust-15 2026-02-26 2026-02-27 webhooks
"""


def activity_rows() -> Iterator[tuple[str, ...]]:
    """activity.csv: how often a customer did something on a day; none is no row."""
    yield "day", "customer", "activity", "times"
    day, known = FIRST.date(), customers()
    while day < LAST.date():
        for one in known:
            for activity, times in _done(one, day):
                yield day.isoformat(), one.customer, activity, str(times)
        day += timedelta(days=1)


def _done(one: Customer, day: date) -> Iterator[tuple[str, int]]:
    ended = one.ended_on is not None and day >= one.ended_on.date()
    if day < one.started_on.date() or ended:
        return
    mood = one.trend(day) * (_WEEKEND if day.weekday() >= 5 else 1.32)
    for activity, weekly in _WEEKLY.items():
        at = FIRST + (day - FIRST.date())
        chance = draw(SALT, at, one.customer, activity)
        times = int(weekly / 7 * mood + chance)
        if times:
            yield activity, times


def ticket_rows() -> Iterator[tuple[str, ...]]:
    """tickets.csv: seven questions; two have no answer yet."""
    yield "ticket", "customer", "opened_on", "closed_on", "topic"
    for number, line in enumerate(_TICKETS.splitlines(), start=1):
        customer, opened, closed, topic = line[:7], line[8:18], line[19:29].strip(), line[30:]
        yield f"t-{number}", customer, opened, closed, topic
