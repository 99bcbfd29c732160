"""Short messages to a telephone."""

from psizero.core.automation import Reversibility, Verb
from psizero.core.verbs.message import STREAM, TO

SMS_SEND = Verb(
    name="sms.send",
    doc="Send one short message to one person's telephone.",
    parameters={"to": TO, "text": "plain text, at most 480 characters", "stream": STREAM},
    recipient=True,
    channel="sms",
    reversibility=Reversibility.IRREVERSIBLE,
    manual_task="look up the number and type a short message",
    manual_minutes=4.0,
)
VERBS = (SMS_SEND,)
