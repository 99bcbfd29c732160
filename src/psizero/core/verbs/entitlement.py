"""What a customer may use of the service."""

from psizero.core.automation import Reversibility, Verb

ENTITLEMENT_SET = Verb(
    name="entitlement.set",
    doc="Say how much of its rate limit a customer may use; billing and export stay open.",
    parameters={
        "limit_percent": "share of the plan's rate limit, 0 to 100",
        "read_only": "whether nothing may be changed any more",
        "why": "the occasion",
    },
    kinds=("entitlement.changed",),
    reversibility=Reversibility.REVERSIBLE,
    compensator="entitlement.set",
    manual_task="tell engineering to throttle the account, or to lift its limit",
    manual_minutes=10.0,
)
VERBS = (ENTITLEMENT_SET,)
