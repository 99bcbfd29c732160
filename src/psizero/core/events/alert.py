"""What the monitoring says, as Alertmanager says it."""

from psizero.core.tables import Column, Kind, Type

ALERT_NOTIFIED = Kind(
    name="alert.notified",
    subject="service",
    doc="An alert fires, fires on, or is resolved; fingerprint and starts_at name one occurrence.",
    columns={
        "fingerprint": Column(Type.TEXT, "the tool's own: 16 hex digits over the labels"),
        "status": Column(Type.TEXT, "of this alert", choices=("firing", "resolved")),
        "name": Column(Type.TEXT, "the label alertname"),
        "severity": Column(Type.TEXT, "the label severity, as the owner names it", required=False),
        "labels": Column(Type.JSON, "all labels, name to text"),
        "starts_at": Column(Type.INSTANT, "since when it fires"),
        "ends_at": Column(Type.INSTANT, "until when, once resolved", required=False),
        "summary": Column(Type.TEXT, "the annotation summary", required=False),
    },
)
KINDS = (ALERT_NOTIFIED,)
