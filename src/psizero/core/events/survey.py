"""What customers say of us when they are asked."""

from psizero.core.tables import Column, Kind, Type

SURVEY_ANSWERED = Kind(
    name="survey.answered",
    subject="customer",
    doc="A customer says how satisfied it is; the cause is the message that asked.",
    columns={
        "about": Column(Type.TEXT, "what was asked about", choices=("onboarding", "ticket")),
        "score": Column(Type.INTEGER, "1 (bad) to 5 (good)", unit="points", least=1),
    },
)
KINDS = (SURVEY_ANSWERED,)
