"""The connector `otlp`: OpenTelemetry metrics over HTTP at `/in/otlp/v1/metrics`, as protocol
buffers or JSON; the answer is in the encoding of the question.

`otlp/otlp.toml` says what an instrument becomes; without it `http.server.request.duration` becomes
`request.counted` and `request.timed`. Deltas count as they are, of running totals what was added.
Attributes of the resource stand beside those of the point. Of exponential histograms and summaries
nothing is read, which the answer says.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from psizero.connectors import set_up
from psizero.connectors.otlp.points import EXPORT, Export, Point, points
from psizero.core.arrival import JSON, Delivery, Received, Receiver, Terms, decoded, refused
from psizero.core.metering import Metric, Sample, batches, check, instant
from psizero.core.ports import Batch
from psizero.core.protobuf import message

FILE, NAME, PROTOBUF, PATH = "otlp.toml", "otlp", "application/x-protobuf", "/v1/metrics"
TIMED = "request.timed"
_LE_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
_MILLISECONDS = {"s": 1000.0, "ms": 1.0, "us": 0.001}
_LABEL_LE = "le_ms"
_UNREAD = "exponential histograms and summaries are not read here"
SERVER = Metric(
    kind="request.counted",
    columns={"endpoint": "http.route", "status_class": "http.response.status_code"},
    otherwise={"endpoint": "-"},
)
DEFAULT = {"http.server.request.duration": SERVER}


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`otlp.toml`: which attributes name the service, what instruments become, and the duration of
    requests, whose histogram also says how long they took.
    """

    service: tuple[str, ...] = ("service.name",)
    metric: Mapping[str, Metric] = msgspec.field(default_factory=lambda: dict(DEFAULT))
    timed: tuple[str, ...] = ("http.server.request.duration",)


def receiver(folder: Path, terms: Terms) -> Receiver:
    """By the home's map. Raises Problem where it is none."""
    path = folder / FILE
    known = set_up(path, Map())
    check(known.metric, terms, str(path))
    return lambda delivery: receive(delivery, known, terms)


def receive(delivery: Delivery, known: Map, terms: Terms) -> Received:
    """200, with what was not read as partial success; 400, which is not sent again: it is none."""
    if delivery.path != PATH:
        return refused(f"metrics alone are taken in, at {PATH}", 404)
    binary = delivery.media == PROTOBUF
    if not binary and delivery.media != JSON:
        return refused(f"{PROTOBUF} or {JSON} is needed", 415)
    try:
        said = message(delivery.body, EXPORT) if binary else decoded(delivery.body)
        found = list(points(msgspec.convert(said, Export)))
        made = _batches(found, known, terms)
    except (ValueError, msgspec.MsgspecError) as error:
        return refused(str(error))
    unread = sum(point.unread for point in found)
    if binary:
        return Received(batches=made, body=_partial(unread), media=PROTOBUF)
    told = {"rejectedDataPoints": str(unread), "errorMessage": _UNREAD}
    body = msgspec.json.encode({"partialSuccess": told} if unread else {})
    return Received(batches=made, body=body)


def _batches(found: list[Point], known: Map, terms: Terms) -> list[Batch]:
    samples: dict[str, list[Sample]] = {}
    times: dict[str, list[Sample]] = {}
    for point in found:
        metric = known.metric.get(point.name)
        if metric is not None and not point.unread:
            value = float(point.count) if point.value is None else point.value
            samples.setdefault(point.name, []).append(_sample(point, metric, value))
        if point.name in known.timed and point.buckets:
            times.setdefault(point.name, []).extend(_timed(point))
    made = []
    for name, these in samples.items():
        metric = known.metric[name]
        named = msgspec.structs.replace(metric, subject=metric.subject or known.service)
        made += batches(name, named, these, terms, NAME)
    for name, these in times.items():
        timed = Metric(kind=TIMED, subject=known.service, columns={_LABEL_LE: _LABEL_LE})
        made += batches(f"{name}/buckets", timed, these, terms, NAME)
    return made


def _sample(point: Point, metric: Metric, value: float) -> Sample:
    grows = point.grows if metric.grows is None else metric.grows
    since = instant(point.since) if point.since else None
    return Sample(point.attributes, instant(point.at), value, grows, since)


def _timed(point: Point) -> Iterator[Sample]:
    """Each bucket as the first of ours that holds all of it."""
    if len(point.buckets) != len(point.bounds) + 1:
        raise ValueError(f"{point.name} has other buckets than bounds")
    unit = _MILLISECONDS.get(point.unit, 1.0)
    counts: dict[str, int] = {}
    for number, count in enumerate(point.buckets):
        le_ms = "+Inf"
        if number < len(point.bounds):
            place = bisect_left(_LE_MS, round(point.bounds[number] * unit, 6))
            le_ms = str(_LE_MS[place]) if place < len(_LE_MS) else "+Inf"
        counts[le_ms] = counts.get(le_ms, 0) + count
    since = instant(point.since) if point.since else None
    for le_ms, count in counts.items():
        labels = {**point.attributes, _LABEL_LE: le_ms}
        if count or point.grows:
            yield Sample(labels, instant(point.at), float(count), point.grows, since)


def _partial(unread: int) -> bytes:
    """An ExportMetricsServiceResponse: empty where all was read."""
    if not unread:
        return b""
    reason = _UNREAD.encode()
    inner = b"\x08" + _varint(unread) + b"\x12" + _varint(len(reason)) + reason
    return b"\x0a" + _varint(len(inner)) + inner


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])
