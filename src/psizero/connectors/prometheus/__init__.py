"""The connector `prometheus`: remote write 1.0, protocol buffers in a snappy block.

`prometheus/prometheus.toml` says what a metric becomes; what it does not name is answered as taken
and dropped. A counter (`..._total`, `..._count`) is a running total: what was added since the
sample before is what counts. Markers of staleness and other values that are no number are none.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from psizero.connectors import set_up
from psizero.core.arrival import Delivery, Received, Receiver, Terms, refused
from psizero.core.metering import Metric, Sample, batches, check, instant
from psizero.core.protobuf import Field, Shape, Wire, message

FILE, NAME = "prometheus.toml", "prometheus"
CODINGS = ("snappy",)
INFLATED_BYTES_MAX = 32 << 20
_LABEL: Shape = {1: Field("name", Wire.TEXT), 2: Field("value", Wire.TEXT)}
_SAMPLE: Shape = {1: Field("value", Wire.DOUBLE), 2: Field("at", Wire.INT)}
_SERIES: Shape = {
    1: Field("labels", Wire.MESSAGE, True, _LABEL),
    2: Field("samples", Wire.MESSAGE, True, _SAMPLE),
}
_WRITE: Shape = {1: Field("series", Wire.MESSAGE, True, _SERIES)}
_GROWING = ("_total", "_count", "_sum", "_bucket")
DEFAULT = {
    "http_requests_total": Metric(
        kind="request.counted",
        columns={"endpoint": "handler", "status_class": "code"},
        otherwise={"endpoint": "-"},
    )
}


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`prometheus.toml`: which labels name the service, and what metrics become."""

    service: tuple[str, ...] = ("service", "job")
    metric: Mapping[str, Metric] = msgspec.field(default_factory=lambda: dict(DEFAULT))


class _Pair(msgspec.Struct, frozen=True):
    name: str = ""
    value: str = ""


class _Value(msgspec.Struct, frozen=True):
    value: float = 0.0
    at: int = 0


class _Series(msgspec.Struct, frozen=True):
    labels: tuple[_Pair, ...] = ()
    samples: tuple[_Value, ...] = ()


class _Write(msgspec.Struct, frozen=True):
    series: tuple[_Series, ...] = ()


def receiver(folder: Path, terms: Terms) -> Receiver:
    """By the home's map. Raises Problem where it is none."""
    path = folder / FILE
    known = set_up(path, Map())
    check(known.metric, terms, str(path))
    return lambda delivery: receive(delivery, known, terms)


def receive(delivery: Delivery, known: Map, terms: Terms) -> Received:
    """204; 400, which is not sent again, where it is no remote write."""
    try:
        write = msgspec.convert(message(_plain(delivery), _WRITE), _Write)
        found: dict[str, list[Sample]] = {}
        for series in write.series:
            labels = {one.name: one.value for one in series.labels}
            name = labels.pop("__name__", "")
            metric = known.metric.get(name)
            if metric is not None:
                grows = name.endswith(_GROWING) if metric.grows is None else metric.grows
                found.setdefault(name, []).extend(
                    Sample(labels, instant(one.at * 1_000_000), one.value, grows)
                    for one in series.samples
                )
    except (ValueError, msgspec.MsgspecError) as error:
        return refused(str(error))
    made = []
    for name, samples in found.items():
        metric = known.metric[name]
        named = msgspec.structs.replace(metric, subject=metric.subject or known.service)
        made += batches(name, named, samples, terms, NAME)
    return Received(batches=made, status=204)


def _plain(delivery: Delivery) -> bytes:
    """The block without its compression; it says itself how long that is. Raises ValueError."""
    import cramjam

    if delivery.headers.get("content-encoding", "").strip().lower() != "snappy":
        raise ValueError("remote write is a snappy block")
    try:
        if cramjam.snappy.decompress_raw_len(delivery.body) > INFLATED_BYTES_MAX:
            raise ValueError(f"more than {INFLATED_BYTES_MAX:,} bytes")
        return bytes(cramjam.snappy.decompress_raw(delivery.body))
    except cramjam.DecompressionError:
        raise ValueError("this is no snappy block") from None
