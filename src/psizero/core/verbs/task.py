"""Work that is given to a person of the company."""

from psizero.core.automation import Reversibility, Verb

TASK_ASSIGN = Verb(
    name="task.assign",
    doc="Give a person one thing to do for one customer.",
    parameters={
        "role": "whose work it is",
        "what": "what is to be done",
        "why": "the occasion",
        "due_at": "until when",
    },
    kinds=("task.assigned",),
    reversibility=Reversibility.BY_OTHERS,  # by whoever has the task: nothing takes one back yet
    manual_task="look through the accounts, find the one that needs somebody, and tell them",
    manual_minutes=15.0,
)
VERBS = (TASK_ASSIGN,)
