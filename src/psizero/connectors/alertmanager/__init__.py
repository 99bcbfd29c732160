"""The connector `alertmanager`: its webhook, version 4, as the event `alert.notified`.

Every alert of a group counts by itself: a group that fires may hold some that are resolved. One
occurrence is named by fingerprint and start, so what is told again every few hours is one event.
The service is the label `service`, else `job`; `alertmanager/alertmanager.toml` may name others.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from psizero.connectors import set_up
from psizero.core.arrival import (
    Delivery,
    Received,
    Receiver,
    Terms,
    batched,
    decoded,
    refused,
)

FILE, NAME, KIND = "alertmanager.toml", "alertmanager", "alert.notified"
VERSION = "4"


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`alertmanager.toml`: the labels that name the service, the first that is there."""

    service: tuple[str, ...] = ("service", "job")


class Alert(msgspec.Struct, frozen=True, rename="camel"):
    """One alert as it is told; what we do not know is passed over."""

    status: str
    fingerprint: str
    starts_at: str
    ends_at: str = ""
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}


class Group(msgspec.Struct, frozen=True):
    """What one webhook says."""

    version: str
    alerts: tuple[Alert, ...]


def receiver(folder: Path, terms: Terms) -> Receiver:
    """By the home's labels. Raises Problem where they are none."""
    known = set_up(folder / FILE, Labels())
    return lambda delivery: receive(delivery, known, terms)


def receive(delivery: Delivery, known: Labels, terms: Terms) -> Received:
    """200 with nothing in it; 400, which is not sent again, where it is no webhook of theirs."""
    try:
        group = msgspec.convert(decoded(delivery.body), Group)
    except (ValueError, msgspec.MsgspecError) as error:
        return refused(str(error))
    if group.version != VERSION:
        return refused(f"version {group.version[:20]!r} of the webhook, not {VERSION}")
    rows = [_row(alert, known) for alert in group.alerts]
    return Received(batches=[batched(terms, KIND, rows, NAME)] if rows else [])


def _row(alert: Alert, known: Labels) -> dict[str, object]:
    service = next((alert.labels[name] for name in known.service if name in alert.labels), None)
    resolved, summary = alert.status == "resolved", alert.annotations.get("summary")
    said = sha256((summary or "").encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return {
        "id": f"{alert.fingerprint}/{alert.starts_at}/{alert.status}/{said}",
        "subject": service,
        "occurred_at": alert.ends_at if resolved else alert.starts_at,
        "fingerprint": alert.fingerprint,
        "status": alert.status,
        "name": alert.labels.get("alertname"),
        "severity": alert.labels.get("severity"),
        "labels": dict(alert.labels),
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at if resolved else None,
        "summary": summary,
    }
