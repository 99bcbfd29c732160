"""What is done with a request for support."""

from psizero.core.automation import Reversibility, Verb
from psizero.core.verbs.message import STREAM, TO

TICKET = "the ticket's own id"
MESSAGE = "id of the customer's message that it is about"
TICKET_ROUTE = Verb(
    name="ticket.route",
    doc="Say what a ticket is about, how urgent it is, and whose it is.",
    parameters={
        "ticket": TICKET,
        "message": MESSAGE,
        "category": "technical, billing, feature or general",
        "priority": "critical, high, medium or low",
        "team": "whose it is; nobody, where a machine wrote it",
        "person": "whether a person has to look, whatever else is done",
        "silent": "why it is never answered; empty where it is",
        "language": "ISO 639-1; und where it is not determined",
        "sentiment": "-1 (furious) to 1 (delighted)",
    },
    kinds=("ticket.routed",),
    reversibility=Reversibility.BY_OTHERS,  # by whoever corrects it
    manual_task="read a ticket, say what it is about, and give it to the right people",
    manual_minutes=4.0,
)
TICKET_ESCALATE = Verb(
    name="ticket.escalate",
    doc="Give a ticket to a person by name, with a passage for a draft where one is near.",
    parameters={
        "ticket": TICKET,
        "message": MESSAGE,
        "team": "whose it is",
        "owner": "who has it",
        "passage": "link of the passage for a draft; empty where none is near enough",
        "why": "why a person has to answer",
        "due_at": "until when the first answer is owed",
    },
    kinds=("ticket.escalated",),
    reversibility=Reversibility.BY_OTHERS,  # by whoever takes it over
    manual_task="find out who can answer a ticket, look up what is known, and tell them",
    manual_minutes=5.0,
)
TICKET_REPLY = Verb(
    name="ticket.reply",
    doc="Answer a ticket in its thread: a passage, quoted, or who has it.",
    parameters={
        "to": TO,
        "ticket": TICKET,
        "message": MESSAGE,
        "form": "answer (a passage), handover (who has it), or survey",
        "passage": "link of the passage that is quoted; empty where none is",
        "text": "{document: {table, key}} whose words, subject and thread it has",
        "stream": STREAM,
    },
    recipient=True,
    channel="mail",
    answers=True,
    reversibility=Reversibility.IRREVERSIBLE,
    manual_task="look up what the documentation says, and write an answer",
    manual_minutes=10.0,
)
VERBS = (TICKET_ROUTE, TICKET_ESCALATE, TICKET_REPLY)
