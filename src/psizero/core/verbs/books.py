"""The books."""

from psizero.core.automation import Reversibility, Verb

MONTH_CLOSE = Verb(
    name="month.close",
    doc="Post a finished month's earned revenue to the journal, once.",
    parameters={
        "month": "the UTC month, such as 2026-10",
        "revenue_minor": "what is earned in it, by currency, minor units",
        "corrected_minor": "what is corrected of earlier months, by currency, minor units",
        "digest": "SHA-256 of the postings",
    },
    kinds=("journal.posted", "month.closed"),
    reversibility=Reversibility.BY_OTHERS,  # by a correction in a month that is open
    manual_task="add up what every contract has earned, post it, and close the month",
    manual_minutes=480.0,
)
VERBS = (MONTH_CLOSE,)
