"""The tables of what is owed, what came in, and what a customer may use meanwhile."""

from psizero.core.tables import Fold, Kept, Type, View

LATEST, FIRST, SUM = Fold.LATEST, Fold.FIRST, Fold.SUM

TABLES = (
    Kept(
        name="receivables",
        kinds=("invoice.issued", "payment.applied"),
        key=("invoice",),
        columns={
            "invoice": (Type.TEXT, LATEST),
            "customer": (Type.TEXT, FIRST),
            "subscription": (Type.TEXT, FIRST),
            "currency": (Type.TEXT, FIRST),
            "total_minor": (Type.INTEGER, FIRST),
            "applied_minor": (Type.INTEGER, SUM),
            "issued_at": (Type.INSTANT, FIRST),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc="Invoices of which something is still owed.",
    ),
    Kept(
        name="payments_waiting",
        kinds=("payment.succeeded", "payment.applied"),
        key=("payment",),
        columns={
            "payment": (Type.TEXT, LATEST),
            "customer": (Type.TEXT, FIRST),
            "currency": (Type.TEXT, FIRST),
            "amount_minor": (Type.INTEGER, FIRST),
            "invoice": (Type.TEXT, FIRST),
            "received_at": (Type.INSTANT, FIRST),
            "applied_minor": (Type.INTEGER, SUM),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc="Payments that came in and are not yet used.",
    ),
    Kept(
        name="credits",
        kinds=("payment.applied",),
        key=("customer", "currency"),
        columns={
            "customer": (Type.TEXT, LATEST),
            "currency": (Type.TEXT, LATEST),
            "balance_minor": (Type.INTEGER, SUM),
        },
        doc="What each customer has paid beyond its invoices, kept for the next one.",
    ),
    Kept(
        name="payment_failures",
        kinds=("payment.failed", "payment.applied"),
        key=("invoice",),
        columns={
            "invoice": (Type.TEXT, LATEST),
            "first_failed_at": (Type.INSTANT, FIRST),
            "last_failed_at": (Type.INSTANT, LATEST),
            "decline_code": (Type.TEXT, LATEST),
            "failures": (Type.INTEGER, SUM),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc="Invoices whose collection failed and which are not settled since.",
    ),
    Kept(
        name="payment_methods",
        kinds=("payment.method_updated",),
        key=("customer",),
        columns={"customer": (Type.TEXT, LATEST), "updated_at": (Type.INSTANT, LATEST)},
        doc="When each customer last gave a new means of payment, or confirmed it.",
    ),
    Kept(
        name="entitlements",
        kinds=("entitlement.changed",),
        key=("customer",),
        columns={
            "customer": (Type.TEXT, LATEST),
            "limit_percent": (Type.INTEGER, LATEST),
            "read_only": (Type.BOOLEAN, LATEST),
            "why": (Type.TEXT, LATEST),
            "changed_at": (Type.INSTANT, LATEST),
            "limited": (Type.BOOLEAN, LATEST),
        },
        open_when="limited",
        doc="Customers whose rate limit is lowered; who has no row may use all of it.",
    ),
    View(
        name="dunning_runs",
        reads=("receivables", "payment_failures", "payment_methods", "payments_waiting"),
        grain=("customer", "currency"),
        doc="Customers with failed invoices: how much, since when, and why the oldest failed.",
    ),
    View(
        name="dunned_invoices",
        reads=("receivables", "payment_failures", "payments_waiting"),
        grain=("invoice",),
        doc="Every invoice whose collection failed and which is still owed.",
    ),
)
