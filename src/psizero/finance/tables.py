"""The tables that finance declares."""

from psizero.core.tables import EventTable, Fold, Kept, Type, View

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
        name="billing_calendar",
        reads=("subscriptions", "prices"),
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
        reads=("billing_calendar", "prices"),
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
)
