"""The tables that intelligence declares."""

from psizero.core.tables import Derived, View
from psizero.intelligence.briefing import briefing
from psizero.intelligence.days import figures_daily
from psizero.intelligence.figures import figures
from psizero.intelligence.freshness import sources

TABLES = (
    View(
        name="usage_daily",
        reads=("usage_recorded",),
        grain=("meter", "day"),
        doc="Use, callers and success of each meter, by finished UTC day of eight weeks.",
    ),
    View(
        name="usage_movers",
        reads=("usage_recorded",),
        grain=("customer", "meter"),
        doc="Each customer's use yesterday and on the same weekday before, and its part in both.",
    ),
    View(
        name="invoiced_daily",
        reads=("invoice_issued",),
        grain=("currency", "day"),
        doc="What was invoiced, by finished UTC day of this month and the last.",
    ),
    View(
        name="payments_daily",
        reads=("payment_succeeded", "payment_failed"),
        grain=("currency", "day"),
        doc="What was paid and how often it failed, by finished UTC day of two months.",
    ),
    View(
        name="tickets_daily",
        reads=("ticket_opened", "ticket_closed"),
        grain=("day",),
        doc="Tickets opened and closed, by finished UTC day of eight weeks.",
    ),
    View(
        name="health_daily",
        reads=("health_scored",),
        grain=("scored_at",),
        doc="The average of all health scores and how many stand in each band, by morning.",
    ),
    View(
        name="autopilot_daily",
        reads=("fates",),
        grain=("automation",),
        doc="What became of each automation's decisions of the last 24 hours.",
    ),
    View(
        name="falls_daily",
        reads=("policy_changed",),
        grain=("automation",),
        doc="Automations that fell a rung by themselves in the last 24 hours, and where to.",
    ),
    View(
        name="rejected_daily",
        reads=("row_rejected", "event_conflicted"),
        grain=("kind",),
        doc="Rows of the last 24 hours that came and could not be taken in, by kind.",
    ),
    View(
        name="decisions_waiting",
        reads=("pending", "decision"),
        grain=("automation", "verb", "subject", "episode"),
        doc="What waits for a person, with the money at stake, the reason, and until when.",
    ),
    View(
        name="briefings_sent",
        reads=("decision", "receipt"),
        grain=("decision",),
        doc="The briefings of three days: when each was sent, and whether it was complete.",
    ),
    Derived(
        name="sources",
        reads=("usage_daily", "feeds"),
        grain=("source",),
        doc="Where data comes from: complete, incomplete, late, silent, or never there.",
        compute=sources,
    ),
    Derived(
        name="figures",
        reads=(
            "usage_daily",
            "sources",
            "mrr_changes",
            "invoiced_daily",
            "payments_daily",
            "health_daily",
            "tickets_daily",
            "ticket_windows",
            "autopilot_daily",
            "decisions_waiting",
            "settings",
        ),
        grain=("name", "subject"),
        doc="The numbers of a morning, each with what it is held against. Months run to date: "
        "they are still running.",
        compute=figures,
    ),
    Derived(
        name="figures_daily",
        reads=("usage_daily", "mrr_changes", "health_daily", "tickets_daily"),
        grain=("name", "subject", "day"),
        doc="What headline figures were on each finished day of four weeks, where it is known.",
        compute=figures_daily,
    ),
    Derived(
        name="briefing",
        reads=(
            "figures",
            "figures_daily",
            "sources",
            "decisions_waiting",
            "falls_daily",
            "rejected_daily",
            "usage_movers",
            "health_standing",
            "mrr_changes",
            "settings",
            "levels",
        ),
        grain=("role",),
        doc="The morning briefing of every role: subject line, text, HTML, and the document sent.",
        compute=briefing,
    ),
)
