"""What the house takes back of its own: the first event stands, this one says that it ended."""

from psizero.core.tables import Column, Kind, Type

TASK_WITHDRAWN = Kind(
    name="task.withdrawn",
    subject="customer",
    ours=True,
    doc="A person need not do any more what a task asked for.",
    columns={
        "undoes": Column(Type.TEXT, "the decision that had given the task"),
        "why": Column(Type.TEXT, "who took it back, and why"),
    },
)
CAMPAIGN_UNENROLLED = Kind(
    name="campaign.unenrolled",
    subject="customer",
    ours=True,
    doc="A customer is out of a campaign's sequence: no further step is due.",
    columns={
        "sequence": Column(Type.TEXT, "the sequence's name"),
        "undoes": Column(Type.TEXT, "the decision that had put the customer in"),
        "why": Column(Type.TEXT, "who took it back, and why"),
    },
)
KINDS = (TASK_WITHDRAWN, CAMPAIGN_UNENROLLED)
