"""The tables of churn."""

from psizero.core.clock import Cadence
from psizero.core.tables import Derived, Fold, Kept, Type, View
from psizero.customers import churn, lessons
from psizero.customers.churn_events import CHURN_SCORED

LATEST = Fold.LATEST

TABLES = (
    Kept(
        name="models",
        kinds=("model.promoted", "model.withdrawn"),
        key=("name", "hash"),
        columns={
            "name": (Type.TEXT, LATEST),
            "hash": (Type.TEXT, LATEST),
            "fitted": (Type.TEXT, LATEST),
            "promoted_at": (Type.INSTANT, LATEST),
            "live": (Type.BOOLEAN, LATEST),
        },
        open_when="live",
        doc="Fitted models that were promoted and not withdrawn; the last of a name speaks.",
    ),
    View(
        name="churn_features",
        reads=(
            "subscriptions_held",
            "subscriptions",
            "usage_recorded",
            "activity_recorded",
            "ticket_routed",
            "payment_failed",
            "payment_succeeded",
            "market_page_fetched",
        ),
        grain=("customer",),
        doc="What may tell that a customer leaves, of each whose subscription is four weeks old.",
    ),
    View(
        name="churn_examples",
        reads=("churn_scored", "subscriptions_held"),
        grain=("customer", "scored_at"),
        doc="What was known of customers 30 days ago and earlier, and who had left 30 days later.",
    ),
    Derived(
        name="churn_risk",
        reads=("churn_features", "models"),
        grain=("customer",),
        doc="How likely each customer is to leave within 30 days, and why; kept every Monday.",
        compute=churn.risk,
        cadence=Cadence("FREQ=WEEKLY;BYDAY=MO;BYHOUR=4"),
        history=CHURN_SCORED,
    ),
    View(
        name="churn_standing",
        reads=("churn_scored",),
        grain=("customer",),
        doc="What was last said of every customer's leaving, at most 15 days ago.",
    ),
    View(
        name="interventions",
        reads=("decision", "verdict"),
        grain=("customer", "episode", "verb"),
        doc="What was done by itself of 120 days about customers who may leave.",
    ),
    Derived(
        name="metric_churn",
        reads=("churn_examples",),
        grain=("metric",),
        doc="How often what was said of a customer's staying proved right, 30 days later.",
        compute=lessons.metrics,
    ),
)
