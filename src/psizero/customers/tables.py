"""The tables that customers declares."""

from datetime import datetime

import polars as pl

from psizero.core.clock import Cadence
from psizero.core.tables import Derived, Facts, Fold, Kept, Type, View
from psizero.customers.churn_tables import TABLES as CHURN_TABLES
from psizero.customers.events import HEALTH_SCORED
from psizero.customers.health import placed, scored, settings_from
from psizero.customers.onboarding_tables import TABLES as ONBOARDING_TABLES
from psizero.customers.signals import signals
from psizero.customers.ticket_tables import TABLES as TICKET_TABLES

LATEST, SUM = Fold.LATEST, Fold.SUM


def health(facts: Facts, now: datetime) -> pl.DataFrame:
    """One row a customer, over the days that had finished at `now`."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    settings = settings_from(facts["settings"])
    scores = scored(signals(facts, settings, day), settings)
    found = placed(scores, facts["health_standing"], settings, day)
    return found.select("customer", *HEALTH_SCORED.columns)


TABLES = (
    Kept(
        name="customer_balances",
        kinds=("invoice.issued", "payment.succeeded"),
        key=("customer", "currency"),
        columns={
            "customer": (Type.TEXT, LATEST),
            "currency": (Type.TEXT, LATEST),
            "billed_minor": (Type.INTEGER, SUM),
            "paid_minor": (Type.INTEGER, SUM),
        },
        doc="What was ever billed to each customer, and what was ever paid.",
    ),
    View(
        name="feeds",
        reads=(
            "usage_recorded",
            "activity_recorded",
            "ticket_opened",
            "ticket_closed",
            "payment_succeeded",
            "payment_failed",
        ),
        grain=("feed",),
        doc="When each kind of input first and last came within 91 days, from anybody.",
    ),
    View(
        name="usage_windows",
        reads=("usage_recorded",),
        grain=("customer", "meter"),
        doc="Use of the last 28 finished days, its success, and the four weeks before it.",
    ),
    View(
        name="activity_windows",
        reads=("activity_recorded",),
        grain=("customer", "activity"),
        doc="Activity of the last 28 finished days and of the four weeks before, unprompted.",
    ),
    View(
        name="ticket_windows",
        reads=("ticket_opened", "ticket_closed"),
        grain=("customer",),
        doc="Tickets opened in the last 28 finished days or still open, of the last 91.",
    ),
    View(
        name="billing_windows",
        reads=("customer_balances", "invoice_issued", "payment_succeeded", "payment_failed"),
        grain=("customer",),
        doc="Whether anything is overdue, and payments of 28 days that failed and stayed so.",
    ),
    View(
        name="health_standing",
        reads=("health_scored",),
        grain=("customer",),
        doc="Every customer's health as last kept, at most 35 days ago.",
    ),
    View(
        name="health_month_before",
        reads=("health_scored",),
        grain=("customer",),
        doc="Every customer's health as it was kept 30 days ago.",
    ),
    View(
        name="health_changes",
        reads=("health_scored",),
        grain=("customer", "metric"),
        doc="What moved each score between the last two mornings, in points and raw numbers.",
    ),
    Derived(
        name="health",
        reads=(
            "settings",
            "subscriptions",
            "feeds",
            "usage_windows",
            "activity_windows",
            "ticket_windows",
            "billing_windows",
            "health_standing",
        ),
        grain=("customer",),
        doc="Health of every customer, with the points of each input; kept every morning.",
        compute=health,
        cadence=Cadence("FREQ=DAILY;BYHOUR=5"),
        history=HEALTH_SCORED,
    ),
    *CHURN_TABLES,
    *ONBOARDING_TABLES,
    *TICKET_TABLES,
)
