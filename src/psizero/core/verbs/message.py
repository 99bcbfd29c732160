"""Messages to people outside the house."""

from psizero.core.automation import Reversibility, Verb

MESSAGE_SEND = Verb(
    name="message.send",
    doc="Send one message to one person.",
    parameters={
        "to": "id of the person or customer; the hands resolve the address",
        "topic": "subject line; empty where a document brings its own",
        "text": "plain text body, or {document: {table, key}} whose text and HTML it is",
    },
    recipient=True,
    channel="mail",
    reversibility=Reversibility.IRREVERSIBLE,
    manual_task="write and send a mail",
    manual_minutes=6.0,
)
VERBS = (MESSAGE_SEND,)
