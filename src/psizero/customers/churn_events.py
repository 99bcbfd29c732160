"""Kinds of churn: what is feared of each customer, and which model fears it."""

from psizero.core.tables import Column, Kind, Type
from psizero.customers.churn import BANDS, FEATURES

_MODEL = Column(Type.TEXT, "content hash of the model, or heuristic")
CHURN_SCORED = Kind(
    name="churn.scored",
    subject="customer",
    ours=True,
    doc="How likely a customer is to leave within 30 days, and what that was made of.",
    columns={
        "plan": Column(Type.TEXT, "the plan, which is its segment of the market"),
        "probability": Column(Type.NUMBER, "of having left 30 days later", "probability"),
        "band": Column(Type.TEXT, "where that lies", choices=BANDS),
        "model": _MODEL,
        "because": Column(Type.TEXT, "what speaks for it and against it most, in words"),
        "contributions": Column(Type.JSON, "log odds by feature; with `constant` their sum"),
        **{name: Column(Type.NUMBER, words.doc) for name, words in FEATURES.items()},
    },
)
MODEL_PROMOTED = Kind(
    name="model.promoted",
    subject="model",
    ours=True,
    doc="A fitted model speaks from now on.",
    columns={
        "name": Column(Type.TEXT, "what it predicts"),
        "hash": Column(Type.TEXT, "content hash of `fitted`"),
        "fitted": Column(Type.JSON, "the model itself: names, means, spreads, weights, constant"),
        "through": Column(Type.INSTANT, "the last instant of what it learned from"),
        "metrics": Column(Type.JSON, "on rows that it was neither fitted nor calibrated on"),
    },
)
MODEL_WITHDRAWN = Kind(
    name="model.withdrawn",
    subject="model",
    ours=True,
    doc="A fitted model speaks no more.",
    columns={
        "name": Column(Type.TEXT, "what it predicts"),
        "hash": Column(Type.TEXT, "content hash of the fitted model"),
        "undoes": Column(Type.TEXT, "the decision that promoted it, or the loss"),
        "why": Column(Type.TEXT, "who withdraws it, and why"),
    },
)
KINDS = (CHURN_SCORED, MODEL_PROMOTED, MODEL_WITHDRAWN)
