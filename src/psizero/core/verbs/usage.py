"""What a customer has used of what is included."""

from psizero.core.automation import Reversibility, Verb

USAGE_MARK = Verb(
    name="usage.mark",
    doc="Note that a customer has used so much of what a running period includes.",
    parameters={
        "subscription": "whose period it is",
        "meter": "what was used",
        "percent": "of the included units, reached",
        "included": "how many units the period includes",
        "period_start": "the first instant of the period",
        "period_end": "the first instant after it",
    },
    kinds=("usage.threshold_reached",),
    reversibility=Reversibility.BY_OTHERS,  # by the next period, which begins with nothing used
    manual_task="look up how much of the included units the customer has used, and note it",
    manual_minutes=5.0,
)
VERBS = (USAGE_MARK,)
