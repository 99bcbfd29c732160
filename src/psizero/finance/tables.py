"""The tables that finance declares."""

from psizero.core.tables import Derived, EventTable, Fold, Kept, Type, View
from psizero.finance import mrr

LATEST, FIRST, SUM = Fold.LATEST, Fold.FIRST, Fold.SUM

TABLES = (
    EventTable(name="invoices", kind="invoice.issued", doc="Every invoice, as issued."),
    EventTable(name="journal", kind="journal.posted", doc="The journal, side by side."),
    Kept(
        name="subscriptions",
        kinds=("subscription.started", "subscription.ended", "invoice.issued"),
        key=("subscription",),
        columns={
            "subscription": (Type.TEXT, LATEST),
            "customer": (Type.TEXT, FIRST),
            "plan": (Type.TEXT, FIRST),
            "quantity": (Type.INTEGER, FIRST),
            "started_at": (Type.INSTANT, FIRST),
            "ended_at": (Type.INSTANT, FIRST),
            "billed_until": (Type.INSTANT, LATEST),
            "billed_through": (Type.INSTANT, LATEST),
            "known_at": (Type.INSTANT, FIRST),
        },
        doc="Every subscription, how far it is billed, and which usage its invoices know.",
    ),
    Kept(
        name="prices",
        kinds=("price.set",),
        key=("plan", "version"),
        columns={
            "plan": (Type.TEXT, LATEST),
            "version": (Type.INTEGER, LATEST),
            "valid_from": (Type.INSTANT, LATEST),
            "currency": (Type.TEXT, LATEST),
            "interval": (Type.TEXT, LATEST),
            "interval_count": (Type.INTEGER, LATEST),
            "terms": (Type.JSON, LATEST),
        },
        doc="The price book: every version of every plan's price.",
    ),
    Kept(
        name="invoiced_usage",
        kinds=("invoice.issued",),
        key=("meter",),
        columns={"meter": (Type.TEXT, LATEST), "quantity": (Type.QUANTITY, SUM)},
        doc="How much of each meter stands on invoices; the rest is not yet billed, or never.",
    ),
    View(
        name="usage_quarter_hour",
        reads=("usage_recorded",),
        grain=("customer", "meter", "start"),
        doc="Usage by customer, meter and quarter-hour in which it happened.",
    ),
    View(
        name="price_steps",
        reads=("prices",),
        grain=("plan", "valid_from"),
        doc="Which version of a plan's price is in force from when to when, as dates count it.",
    ),
    View(
        name="subscription_intervals",
        reads=("subscriptions", "price_steps"),
        grain=("subscription",),
        doc="How long a subscription's periods are: by the price in force when it started.",
    ),
    View(
        name="billing_calendar",
        reads=("subscriptions", "subscription_intervals"),
        grain=("subscription", "period_start"),
        doc="Billing periods that are open, running, or may still get late usage. No figures.",
    ),
    View(
        name="usage_by_subscription",
        reads=("billing_calendar", "usage_recorded"),
        grain=("subscription", "meter", "properties", "start", "recorded"),
        doc="Which subscription pays for which usage, running periods included. No sums.",
    ),
    View(
        name="period_usage",
        reads=("usage_by_subscription",),
        grain=("subscription", "period_start", "meter"),
        doc="Usage of finished periods: what invoices already know, and what none does.",
    ),
    View(
        name="unpriced_periods",
        reads=("billing_calendar", "price_steps"),
        grain=("subscription", "period_start"),
        doc="Finished periods that cannot be invoiced: no price was in force when they began.",
    ),
    View(
        name="usage_to_date",
        reads=("usage_by_subscription",),
        grain=("subscription", "meter"),
        doc="Usage of the running period so far: not final, and read by no billing.",
    ),
    View(
        name="invoice_corrections",
        reads=("invoices",),
        grain=("subscription", "period_start"),
        doc="Late usage billed within the last 70 days, by the period it belongs to.",
    ),
    View(
        name="subscription_fees",
        reads=("subscriptions", "subscription_intervals", "price_steps"),
        grain=("subscription", "starts_at"),
        doc="The base fee of each subscription, from when to when; none where it is unpriced.",
    ),
    Derived(
        name="mrr_changes",
        reads=("subscription_fees",),
        grain=("customer", "currency", "day"),
        doc="Each customer's MRR movements, by finished day (UTC).",
        compute=mrr.changes,
    ),
    Derived(
        name="mrr",
        reads=("subscription_fees", "mrr_changes"),
        grain=("currency", "period_start"),
        doc="Committed MRR and ARR at each month's end; subscriptions without a price are counted.",
        compute=mrr.by_month,
    ),
    Derived(
        name="mrr_movements",
        reads=("mrr_changes",),
        grain=("currency", "period_start"),
        doc="The bridge over each month: new, reactivation, expansion, contraction, churn.",
        compute=mrr.movements,
    ),
    Derived(
        name="cohorts",
        reads=("mrr_changes",),
        grain=("currency", "cohort", "age_months"),
        doc="Customers and MRR retained, by the month of the first payment and the age since.",
        compute=mrr.cohorts,
    ),
    View(
        name="mrr_unpriced",
        reads=("subscription_fees",),
        grain=("plan", "period_start"),
        doc="What MRR leaves out at each month's end: subscriptions to plans without a price.",
    ),
    Derived(
        name="mrr_now",
        reads=("subscription_fees",),
        grain=("currency",),
        doc="Committed MRR to date, in the month still running: not final.",
        compute=mrr.at_present,
    ),
)
