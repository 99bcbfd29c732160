"""Verbs of the toy: one for each way in which the gate looks at a verb."""

from psizero.core.automation import Reversibility, Verb

SAID = {"to": "id of the customer", "text": "what is said"}

GIFT_SEND = Verb(
    name="gift.send",
    doc="Send a parcel to a customer.",
    parameters=SAID,
    recipient=True,
    channel="post",
    reversibility=Reversibility.IRREVERSIBLE,
    manual_task="pack a parcel and bring it to the post",
    manual_minutes=20.0,
)
ACCOUNT_CLOSE = Verb(
    name="account.close",
    doc="Close a customer's account.",
    parameters=SAID,
    channel="desk",
    reversibility=Reversibility.BY_OTHERS,
    protected=True,
    manual_task="close the account by hand",
    manual_minutes=10.0,
)
ORACLE_ASK = Verb(
    name="oracle.ask",
    doc="Ask the oracle; nobody knows what it does.",
    parameters=SAID,
    channel="oracle",
    manual_task="go to Delphi",
    manual_minutes=600.0,
)
ACCESS_LIFT = Verb(
    name="access.lift",
    doc="Let a customer in again.",
    parameters=SAID,
    channel="gateway",
    reversibility=Reversibility.REVERSIBLE,
    compensator="access.lift",
    protective=True,
    manual_task="lift the block by hand",
    manual_minutes=3.0,
)
NOTE_WRITE = Verb(
    name="note.write",
    doc="Write a note into the house's own log.",
    parameters={"day": "the local day", "wishes": "wishes known by then"},
    kinds=("note.written",),
    reversibility=Reversibility.REVERSIBLE,
    compensator="note.write",
    manual_task="write the day's note",
    manual_minutes=2.0,
)
VERBS = (GIFT_SEND, ACCOUNT_CLOSE, ORACLE_ASK, ACCESS_LIFT, NOTE_WRITE)
