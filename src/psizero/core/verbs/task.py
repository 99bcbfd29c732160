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
    reversibility=Reversibility.REVERSIBLE,
    compensator="task.withdraw",
    manual_task="look through the accounts, find the one that needs somebody, and tell them",
    manual_minutes=15.0,
)
TASK_WITHDRAW = Verb(
    name="task.withdraw",
    doc="Take back a task that a person was given.",
    parameters={
        "undoes": "the decision that gave it",
        "why": "who takes it back, and why",
    },
    kinds=("task.withdrawn",),
    reversibility=Reversibility.BY_OTHERS,  # by whoever gives the task again
    manual_task="find out who was given the task, and tell them to leave it",
    manual_minutes=5.0,
)
VERBS = (TASK_ASSIGN, TASK_WITHDRAW)
