"""Campaigns: sequences of messages that a customer is in or out of."""

from psizero.core.automation import Reversibility, Verb

CAMPAIGN_ENROLL = Verb(
    name="campaign.enroll",
    doc="Put one customer at the beginning of a campaign's sequence.",
    parameters={"sequence": "the sequence's name"},
    kinds=("campaign.enrolled",),
    reversibility=Reversibility.BY_OTHERS,  # by the campaign's owner: nothing takes one out yet
    manual_task="find the accounts that drift away and put them on the mailing list",
    manual_minutes=8.0,
)
VERBS = (CAMPAIGN_ENROLL,)
