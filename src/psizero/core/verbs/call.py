"""Telephone calls that a machine makes; a call by a person is a task."""

from psizero.core.automation import Reversibility, Verb
from psizero.core.verbs.message import STREAM, TO

CALL_PLACE = Verb(
    name="call.place",
    doc="Ring one person and say one text.",
    parameters={"to": TO, "text": "what is said, at most 1,000 characters", "stream": STREAM},
    recipient=True,
    channel="phone",
    reversibility=Reversibility.IRREVERSIBLE,
    manual_task="ring somebody, try again, and write down that it was done",
    manual_minutes=10.0,
)
VERBS = (CALL_PLACE,)
