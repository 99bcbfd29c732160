"""A customer's first steps."""

from psizero.core.automation import Reversibility, Verb

ONBOARDING_BEGIN = Verb(
    name="onboarding.begin",
    doc="Give a new customer a checklist of first steps, and a time for a talk.",
    parameters={
        "track": "for whom it was chosen: industry, use case and programming language",
        "checklist": "the milestones, in their order",
        "call_at": "when somebody calls",
    },
    kinds=("onboarding.begun",),
    reversibility=Reversibility.BY_OTHERS,  # by whoever takes the customer on by hand
    manual_task="look a new customer up, choose what it needs, and write a checklist",
    manual_minutes=12.0,
)
MILESTONE_RECORD = Verb(
    name="milestone.record",
    doc="Tick a first step off a new customer's checklist.",
    parameters={"milestone": "which step", "reached_at": "when it was reached"},
    kinds=("milestone.reached",),
    reversibility=Reversibility.BY_OTHERS,  # a later word on the same customer stands beside it
    manual_task="look at a new customer's use, and tick off what was done",
    manual_minutes=3.0,
)
VERBS = (ONBOARDING_BEGIN, MILESTONE_RECORD)
