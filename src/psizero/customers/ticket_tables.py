"""The tables of support: what is open, what was answered, what the knowledge base says."""

from psizero.core.tables import Derived, Fold, Kept, Plain, Type, View
from psizero.customers import inbox, promises, replies

LATEST, FIRST, SUM = Fold.LATEST, Fold.FIRST, Fold.SUM
_TEXT, _AT = Type.TEXT, Type.INSTANT
_SAID = Plain(
    table="tickets", kind="ticket.said", columns=("subject_line", "text"), subject="customer"
)
_ASKED = Plain(table="past_questions", kind="question.solved", columns=("text",))

TABLES = (
    Kept(
        name="tickets",
        kinds=(
            "ticket.opened",
            "ticket.said",
            "ticket.closed",
            "ticket.routed",
            "ticket.corrected",
            "ticket.escalated",
        ),
        key=("ticket",),
        columns={
            "ticket": (_TEXT, LATEST),
            "customer": (_TEXT, FIRST),
            "opened_at": (_AT, FIRST),
            "said_at": (_AT, LATEST),
            "messages": (Type.INTEGER, SUM),
            "author": (_TEXT, LATEST),
            "source": (_TEXT, LATEST),
            "id": (_TEXT, LATEST),
            "subject_line": (_TEXT, LATEST),
            "text": (_TEXT, LATEST),
            "headers": (_TEXT, LATEST),
            "message_id": (_TEXT, LATEST),
            "in_reply_to": (_TEXT, LATEST),
            "staff_at": (_AT, LATEST),
            "routed": (_TEXT, LATEST),
            "category": (_TEXT, LATEST),
            "priority": (_TEXT, LATEST),
            "team": (_TEXT, LATEST),
            "corrected": (Type.BOOLEAN, LATEST),
            "escalated": (_TEXT, LATEST),
            "open": (Type.BOOLEAN, LATEST),
        },
        open_when="open",
        doc="Requests for support that are open, with the customer's last message, encrypted.",
    ),
    Kept(
        name="ticket_replies",
        kinds=("decision", "receipt"),
        key=("decision",),
        columns={
            "decision": (_TEXT, LATEST),
            "customer": (_TEXT, FIRST),
            "ticket": (_TEXT, FIRST),
            "message": (_TEXT, FIRST),
            "form": (_TEXT, FIRST),
            "passage": (_TEXT, FIRST),
            "decided_at": (_AT, FIRST),
            "sent_at": (_AT, FIRST),
        },
        doc="What the autopilot wanted to answer in tickets, and when it went out.",
    ),
    Kept(
        name="articles",
        kinds=("article.set",),
        key=("passage",),
        columns={
            "passage": (_TEXT, LATEST),
            "title": (_TEXT, LATEST),
            "text": (_TEXT, LATEST),
            "live": (Type.BOOLEAN, LATEST),
        },
        open_when="live",
        doc="The knowledge base as it stands, one passage a row.",
    ),
    Kept(
        name="past_questions",
        kinds=("question.solved",),
        key=("source", "id"),
        columns={
            "source": (_TEXT, LATEST),
            "id": (_TEXT, LATEST),
            "subject": (_TEXT, LATEST),
            "text": (_TEXT, LATEST),
            "passage": (_TEXT, LATEST),
        },
        doc="Questions of old, encrypted, and the passage that answered each.",
    ),
    View(
        name="ticket_plans",
        reads=("tickets", "subscriptions"),
        grain=("customer",),
        doc="The plans of the customers that have an open ticket.",
    ),
    View(
        name="ticket_history",
        reads=(
            "ticket_opened",
            "ticket_closed",
            "ticket_said",
            "ticket_rated",
            "ticket_routed",
            "ticket_corrected",
            "ticket_escalated",
            "ticket_replies",
        ),
        grain=("ticket",),
        doc="What became of every ticket of the last 91 days.",
    ),
    Derived(
        name="ticket_triage",
        reads=("tickets", "ticket_plans", "settings"),
        grain=("ticket",),
        doc="What triage says of the last message of every open ticket.",
        compute=inbox.triage,
        plain=(_SAID,),
    ),
    Derived(
        name="ticket_answers",
        reads=(
            "tickets",
            "ticket_triage",
            "ticket_replies",
            "articles",
            "past_questions",
            "settings",
        ),
        grain=("ticket",),
        doc="What is answered to the last message of every open ticket, in words.",
        compute=replies.answer,
        plain=(_SAID, _ASKED),
    ),
    Derived(
        name="ticket_clocks",
        reads=("ticket_history", "settings"),
        grain=("ticket",),
        doc="Service of every ticket in hours of business: what is owed until when, and was it.",
        compute=promises.clocks,
    ),
    Derived(
        name="metric_support",
        reads=("ticket_history",),
        grain=("metric",),
        doc="First response, resolution, satisfaction and escalation of 90 days.",
        compute=promises.metrics,
    ),
)
