"""Who may become a customer."""

from psizero.core.tables import Column, Kind, Personal, Type

LEAD_CAPTURED = Kind(
    name="lead.captured",
    subject="lead",
    doc="Somebody filled in a form, or was brought by somebody.",
    columns={
        "company": Column(Type.TEXT, "as they wrote it", personal=Personal("service")),
        "email": Column(Type.TEXT, "as they wrote it", personal=Personal("service")),
        "employees": Column(Type.INTEGER, "people at the company", "count", False, least=1),
        "industry": Column(Type.TEXT, "the owner's own grouping", required=False),
        "country": Column(Type.TEXT, "ISO 3166 alpha-2 code", required=False),
        "language": Column(Type.TEXT, "ISO 639-1 code of the form", required=False),
        "technology": Column(Type.TEXT, "what they program in", required=False),
        "channel": Column(Type.TEXT, "where they came from", required=False),
        "wish": Column(
            Type.TEXT, "what they want, in their words", "", False, personal=Personal("service")
        ),
    },
)
TRIAL_STARTED = Kind(
    name="trial.started",
    subject="customer",
    doc="Somebody may try the API without paying; the customer is known from then on.",
    columns={
        "lead": Column(Type.TEXT, "the lead it was", required=False),
        "ends_at": Column(Type.INSTANT, "when the trial ends by itself"),
    },
)
TRIAL_ENDED = Kind(
    name="trial.ended",
    subject="customer",
    doc="A trial is over.",
    columns={
        "result": Column(Type.TEXT, "what came of it", choices=("converted", "expired", "left")),
    },
)
KINDS = (LEAD_CAPTURED, TRIAL_STARTED, TRIAL_ENDED)
