"""Messages to people."""

from psizero.core.automation import Reversibility, Verb

TO = "id of the person or customer; the hands resolve the address"
STREAM = (
    "service, billing, product or marketing: which contact rules hold; service where it is not said"
)
DEFAULTS = {"stream": "service", "attach": ""}
"""Parameters that need not be said, and what they are then."""
MESSAGE_SEND = Verb(
    name="message.send",
    doc="Send one message to one person.",
    parameters={
        "to": TO,
        "topic": "subject line; empty where a document brings its own",
        "text": "plain text body, or {document: {table, key}} whose text and HTML it is",
        "stream": STREAM,
        "attach": "{paper: number of an invoice} that goes with it as PDF; may be left out",
    },
    recipient=True,
    channel="mail",
    reversibility=Reversibility.IRREVERSIBLE,
    manual_task="write and send a mail",
    manual_minutes=6.0,
)
VERBS = (MESSAGE_SEND,)
