"""When nobody could see, and when nobody was meant to call."""

from psizero.core.tables import Column, Kind, Type

MONITOR_INTERRUPTED = Kind(
    name="monitor.interrupted",
    subject="monitor",
    doc="The monitoring itself was down: what happened meanwhile is unknown, not good or bad.",
    columns={
        "starts_at": Column(Type.INSTANT, "first instant without sight"),
        "ends_at": Column(Type.INSTANT, "first instant with sight again"),
    },
)
MAINTENANCE_PLANNED = Kind(
    name="maintenance.planned",
    subject="service",
    doc="Maintenance is announced, at the instant of the event.",
    columns={
        "maintenance": Column(Type.TEXT, "its own id; announced anew it replaces what was said"),
        "starts_at": Column(Type.INSTANT, "first instant of the window"),
        "ends_at": Column(Type.INSTANT, "first instant after it"),
    },
)
KINDS = (MONITOR_INTERRUPTED, MAINTENANCE_PLANNED)
