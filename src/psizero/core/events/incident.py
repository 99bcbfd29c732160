"""Incidents as people declare them."""

from psizero.core.tables import Column, Kind, Type

INCIDENT_OPENED = Kind(
    name="incident.opened",
    subject="service",
    doc="Somebody declares an incident.",
    columns={
        "incident": Column(Type.TEXT, "the incident's own id"),
        "severity": Column(Type.TEXT, "as declared", choices=("critical", "major", "minor")),
        "title": Column(Type.TEXT, "as declared"),
    },
)
INCIDENT_PHASE_CHANGED = Kind(
    name="incident.phase_changed",
    subject="service",
    doc="Somebody says how far an incident is.",
    columns={
        "incident": Column(Type.TEXT, "the incident's own id"),
        "phase": Column(
            Type.TEXT, "which phase begins", choices=("investigating", "identified", "monitoring")
        ),
        "suspected": Column(Type.TEXT, "what they take for the cause", required=False),
    },
)
INCIDENT_RESOLVED = Kind(
    name="incident.resolved",
    subject="service",
    doc="Somebody declares that an incident is over.",
    columns={
        "incident": Column(Type.TEXT, "the incident's own id"),
        "suspected": Column(Type.TEXT, "what they took for the cause, rightly or not", "", False),
    },
)
KINDS = (INCIDENT_OPENED, INCIDENT_PHASE_CHANGED, INCIDENT_RESOLVED)
