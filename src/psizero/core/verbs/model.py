"""Models that were learned: which one speaks."""

from psizero.core.automation import Reversibility, Verb

_NAME, _HASH = "what it predicts", "content hash of the fitted model"
MODEL_PROMOTE = Verb(
    name="model.promote",
    doc="Let a fitted model speak from now on; the one before it is kept.",
    parameters={
        "name": _NAME,
        "hash": _HASH,
        "through": "the last instant of what it learned from",
        "rows": "how many rows it was tested on",
        "events": "how many of them had what it predicts",
        "loss": "mean log loss on them",
        "before": "mean log loss of what spoke before, on the same rows",
        "margin": "the difference with its standard error",
    },
    kinds=("model.promoted",),
    reversibility=Reversibility.REVERSIBLE,
    compensator="model.withdraw",
    manual_task="fit a model, hold it against the last one, and put it to work",
    manual_minutes=120.0,
)
MODEL_WITHDRAW = Verb(
    name="model.withdraw",
    doc="Let a fitted model speak no more; the one before it speaks again, or the rule.",
    parameters={
        "name": _NAME,
        "hash": _HASH,
        "undoes": "the decision that promoted it, or the loss for which it is withdrawn",
        "why": "who withdraws it, and why",
    },
    kinds=("model.withdrawn",),
    reversibility=Reversibility.BY_OTHERS,  # by promoting it again
    manual_task="see that a model has gone bad, and put the last one back",
    manual_minutes=60.0,
)
VERBS = (MODEL_PROMOTE, MODEL_WITHDRAW)
