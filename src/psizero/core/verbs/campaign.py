"""Campaigns: sequences of messages that a customer is in or out of."""

from psizero.core.automation import Reversibility, Verb

CAMPAIGN_ENROLL = Verb(
    name="campaign.enroll",
    doc="Put one customer at the beginning of a campaign's sequence.",
    parameters={"sequence": "the sequence's name"},
    kinds=("campaign.enrolled",),
    reversibility=Reversibility.REVERSIBLE,
    compensator="campaign.unenroll",
    manual_task="find the accounts that drift away and put them on the mailing list",
    manual_minutes=8.0,
)
CAMPAIGN_UNENROLL = Verb(
    name="campaign.unenroll",
    doc="Take one customer out of a campaign's sequence.",
    parameters={
        "sequence": "the sequence's name",
        "undoes": "the decision that put the customer in",
        "why": "who takes the customer out, and why",
    },
    kinds=("campaign.unenrolled",),
    reversibility=Reversibility.BY_OTHERS,  # by whoever puts the customer in again
    manual_task="find the account in the mailing list and take it out",
    manual_minutes=4.0,
)
VERBS = (CAMPAIGN_ENROLL, CAMPAIGN_UNENROLL)
