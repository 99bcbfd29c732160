"""Kinds that only customers emits."""

from psizero.core.tables import Column, Kind, Type
from psizero.customers.churn_events import KINDS as CHURN_KINDS
from psizero.customers.health import METRICS

_BANDS = ("critical", "warning", "steady", "good", "unknown")


def _number(doc: str, unit: str = "points", required: bool = False) -> Column:
    return Column(Type.NUMBER, doc, unit, required)


def _day(doc: str) -> Column:
    return Column(Type.INSTANT, doc, required=False)


HEALTH_SCORED = Kind(
    name="health.scored",
    subject="customer",
    ours=True,
    doc="A customer's health on a morning, with all that it was made of.",
    columns={
        "score": _number("0 to 100; null where too little is known"),
        "usage": _number("the usage part, 0 to 100"),
        "engagement": _number("the engagement part, 0 to 100"),
        "usage_share": _number("what the usage part weighs; engagement weighs the rest", "share"),
        "coverage": _number("share of the weights whose inputs are known", "share", True),
        "usage_coverage": _number("the same within usage", "share", True),
        "engagement_coverage": _number("the same within engagement", "share", True),
        "band": Column(Type.TEXT, "where the score lies", choices=_BANDS),
        "young": Column(Type.BOOLEAN, "too new a customer to be judged"),
        "stance": Column(
            Type.TEXT, "the band that is acted upon: left only by a margin", choices=_BANDS
        ),
        "stance_since": _day("the day on which that band was entered; null where none is acted on"),
        "critical_on": _day("when the band critical was last entered"),
        "warning_on": _day("when the band warning was last entered"),
        "good_on": _day("when the band good was last entered"),
        "open_tickets": Column(Type.INTEGER, "tickets not yet closed", "count"),
        "owing": Column(Type.BOOLEAN, "an invoice is overdue, or a payment failed and none came"),
        **{f"{name}_points": _number(f"what {name} adds to the score") for name in METRICS},
        **{f"{name}_value": _number(f"{name} by itself, 0 to 100") for name in METRICS},
        "inputs": Column(Type.JSON, "the raw inputs; a null is missing, a 0 is none"),
        "version": Column(Type.TEXT, "of the formula, and a hash of the settings it used"),
    },
)
TASK_ASSIGNED = Kind(
    name="task.assigned",
    subject="customer",
    ours=True,
    doc="A person has something to do for a customer.",
    columns={
        "role": Column(Type.TEXT, "whose work it is"),
        "what": Column(Type.TEXT, "what is to be done"),
        "why": Column(Type.TEXT, "the occasion"),
        "due_at": Column(Type.INSTANT, "until when"),
    },
)
CAMPAIGN_ENROLLED = Kind(
    name="campaign.enrolled",
    subject="customer",
    ours=True,
    doc="A customer is at the beginning of a campaign's sequence.",
    columns={"sequence": Column(Type.TEXT, "the sequence's name")},
)
_TICKET = Column(Type.TEXT, "the ticket's own id")
_MESSAGE = Column(Type.TEXT, "id of the customer's message that it is about")
_CATEGORIES = ("technical", "billing", "feature", "general")
_PRIORITIES = ("critical", "high", "medium", "low")
TICKET_ROUTED = Kind(
    name="ticket.routed",
    subject="customer",
    ours=True,
    doc="A ticket's category, priority and team, as triage reads it.",
    columns={
        "ticket": _TICKET,
        "message": _MESSAGE,
        "category": Column(Type.TEXT, "what it is about", choices=_CATEGORIES),
        "priority": Column(Type.TEXT, "how urgent it is", choices=_PRIORITIES),
        "team": Column(Type.TEXT, "whose it is; nobody, where a machine wrote it"),
        "person": Column(Type.BOOLEAN, "whether a person has to look"),
        "silent": Column(Type.TEXT, "why it is never answered; empty where it is"),
        "language": Column(Type.TEXT, "ISO 639-1; und where it is not determined"),
        "sentiment": _number("-1 (furious) to 1 (delighted)", "", True),
    },
)
TICKET_CORRECTED = Kind(
    name="ticket.corrected",
    subject="customer",
    ours=True,
    doc="A person says what a ticket is really about: an example for the next fit.",
    columns={
        "ticket": _TICKET,
        "category": Column(Type.TEXT, "what it is about", choices=_CATEGORIES),
        "priority": Column(Type.TEXT, "how urgent it is", choices=_PRIORITIES),
        "team": Column(Type.TEXT, "whose it is"),
        "by": Column(Type.TEXT, "who says so"),
        "because": Column(Type.TEXT, "why"),
    },
)
TICKET_ESCALATED = Kind(
    name="ticket.escalated",
    subject="customer",
    ours=True,
    doc="A ticket was given to a person by name.",
    columns={
        "ticket": _TICKET,
        "message": _MESSAGE,
        "team": Column(Type.TEXT, "whose it is"),
        "owner": Column(Type.TEXT, "who has it"),
        "passage": Column(Type.TEXT, "link of the passage for a draft; empty where none is near"),
        "why": Column(Type.TEXT, "why a person has to answer"),
        "due_at": Column(Type.INSTANT, "until when the first answer is owed"),
    },
)
ONBOARDING_BEGUN = Kind(
    name="onboarding.begun",
    subject="customer",
    ours=True,
    doc="A new customer has a checklist, chosen for it.",
    columns={
        "track": Column(Type.TEXT, "industry, use case and programming language"),
        "checklist": Column(Type.JSON, "the milestones, in their order"),
        "call_at": Column(Type.INSTANT, "when somebody calls"),
    },
)
MILESTONE_REACHED = Kind(
    name="milestone.reached",
    subject="customer",
    ours=True,
    doc="A new customer has taken one of the first steps; the first row of each counts.",
    columns={
        "milestone": Column(
            Type.TEXT,
            "which step",
            choices=(
                "first_api_call",
                "first_successful_request",
                "10_requests_completed",
                "first_production_use",
            ),
        ),
        "reached_at": Column(Type.INSTANT, "begin of the quarter-hour in which it was taken"),
    },
)
KINDS = (
    HEALTH_SCORED,
    TASK_ASSIGNED,
    CAMPAIGN_ENROLLED,
    TICKET_ROUTED,
    TICKET_CORRECTED,
    TICKET_ESCALATED,
    ONBOARDING_BEGUN,
    MILESTONE_REACHED,
    *CHURN_KINDS,
)
