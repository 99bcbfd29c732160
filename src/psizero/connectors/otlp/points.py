"""What an export of OpenTelemetry metrics holds, as points with their attributes. Pure.

Source: opentelemetry-proto 1.x, `metrics/v1/metrics.proto`; in JSON names are lowerCamel and whole
numbers of 64 bits are texts, so both encodings end in the same shapes.
"""

from collections.abc import Iterator, Mapping

import msgspec

from psizero.core.protobuf import Field, Shape, Wire

DELTA, CUMULATIVE = 1, 2
Whole = int | str
"""JSON spells 64 bits as text."""


def _many(name: str, shape: Shape) -> Field:
    return Field(name, Wire.MESSAGE, True, shape)


_ANY: Shape = {
    1: Field("stringValue", Wire.TEXT),
    2: Field("boolValue", Wire.UINT),
    3: Field("intValue", Wire.INT),
    4: Field("doubleValue", Wire.DOUBLE),
}
_PAIR: Shape = {1: Field("key", Wire.TEXT), 2: Field("value", Wire.MESSAGE, False, _ANY)}
_TIMES: Shape = {
    2: Field("startTimeUnixNano", Wire.FIXED),
    3: Field("timeUnixNano", Wire.FIXED),
}
_NUMBER: Shape = {
    **_TIMES,
    4: Field("asDouble", Wire.DOUBLE),
    6: Field("asInt", Wire.SFIXED),
    7: _many("attributes", _PAIR),
    8: Field("flags", Wire.UINT),
}
_BUCKETS: Shape = {
    **_TIMES,
    4: Field("count", Wire.FIXED),
    6: Field("bucketCounts", Wire.FIXED, True),
    7: Field("explicitBounds", Wire.DOUBLE, True),
    9: _many("attributes", _PAIR),
    10: Field("flags", Wire.UINT),
}
_NONE: Shape = {1: _many("dataPoints", {})}
_METRIC: Shape = {
    1: Field("name", Wire.TEXT),
    3: Field("unit", Wire.TEXT),
    5: Field("gauge", Wire.MESSAGE, False, {1: _many("dataPoints", _NUMBER)}),
    7: Field(
        "sum",
        Wire.MESSAGE,
        False,
        {
            1: _many("dataPoints", _NUMBER),
            2: Field("aggregationTemporality", Wire.UINT),
            3: Field("isMonotonic", Wire.UINT),
        },
    ),
    9: Field(
        "histogram",
        Wire.MESSAGE,
        False,
        {1: _many("dataPoints", _BUCKETS), 2: Field("aggregationTemporality", Wire.UINT)},
    ),
    10: Field("exponentialHistogram", Wire.MESSAGE, False, _NONE),
    11: Field("summary", Wire.MESSAGE, False, _NONE),
}
EXPORT: Shape = {
    1: _many(
        "resourceMetrics",
        {
            1: Field("resource", Wire.MESSAGE, False, {1: _many("attributes", _PAIR)}),
            2: _many("scopeMetrics", {2: _many("metrics", _METRIC)}),
        },
    )
}
"""An ExportMetricsServiceRequest, as far as it is read here."""


class _Value(msgspec.Struct, frozen=True, rename="camel"):
    string_value: str | None = None
    bool_value: bool | int | None = None
    int_value: Whole | None = None
    double_value: float | None = None


class _Pair(msgspec.Struct, frozen=True):
    key: str
    value: _Value = _Value()


class _Dot(msgspec.Struct, frozen=True, rename="camel"):
    """A data point of any kind."""

    time_unix_nano: Whole = 0
    start_time_unix_nano: Whole = 0
    attributes: tuple[_Pair, ...] = ()
    as_double: float | None = None
    as_int: Whole | None = None
    count: Whole = 0
    bucket_counts: tuple[Whole, ...] = ()
    explicit_bounds: tuple[float, ...] = ()
    flags: int = 0


class _Dots(msgspec.Struct, frozen=True, rename="camel"):
    data_points: tuple[_Dot, ...] = ()
    aggregation_temporality: int = 0
    is_monotonic: bool | int = False


class _Instrument(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    unit: str = ""
    gauge: _Dots | None = None
    sum: _Dots | None = None
    histogram: _Dots | None = None
    exponential_histogram: _Dots | None = None
    summary: _Dots | None = None


class _Reach(msgspec.Struct, frozen=True):
    metrics: tuple[_Instrument, ...] = ()


class _Resource(msgspec.Struct, frozen=True):
    attributes: tuple[_Pair, ...] = ()


class _Resources(msgspec.Struct, frozen=True, rename="camel"):
    resource: _Resource = _Resource()
    scope_metrics: tuple[_Reach, ...] = ()


class Export(msgspec.Struct, frozen=True, rename="camel"):
    """All that one request says."""

    resource_metrics: tuple[_Resources, ...] = ()


class Point(msgspec.Struct, frozen=True):
    """One point: of which instrument, with all attributes as text, at which nanoseconds.

    `value` is null for a histogram, whose buckets then count; `unread`: nothing here reads it.
    """

    name: str
    unit: str
    attributes: Mapping[str, str]
    at: int
    since: int
    grows: bool
    value: float | None = None
    count: int = 0
    buckets: tuple[int, ...] = ()
    bounds: tuple[float, ...] = ()
    unread: bool = False


def points(export: Export) -> Iterator[Point]:
    """Every point that has a value. Raises ValueError at a number that is none."""
    for resource in export.resource_metrics:
        around = _texts(resource.resource.attributes)
        for reach in resource.scope_metrics:
            for one in reach.metrics:
                yield from _of(one, around)


def _of(one: _Instrument, around: Mapping[str, str]) -> Iterator[Point]:
    for dots in (one.gauge, one.sum, one.histogram):
        for dot in dots.data_points if dots else ():
            growing = dots is not one.gauge and dots is not None
            grows = growing and dots is not None and dots.aggregation_temporality == CUMULATIVE
            if dots is one.sum and dots is not None and not dots.is_monotonic:
                grows = False
            if not dot.flags & 1:  # no recorded value
                yield _point(one, dot, around, grows)
    for other in (one.exponential_histogram, one.summary):
        for _ in other.data_points if other else ():
            yield Point(one.name, one.unit, {}, 0, 0, False, unread=True)


def _point(one: _Instrument, dot: _Dot, around: Mapping[str, str], grows: bool) -> Point:
    number = dot.as_int if dot.as_int is not None else dot.as_double
    return Point(
        name=one.name,
        unit=one.unit,
        attributes={**around, **_texts(dot.attributes)},
        at=int(dot.time_unix_nano),
        since=int(dot.start_time_unix_nano),
        grows=grows,
        value=None if one.histogram is not None or number is None else float(number),
        count=int(dot.count),
        buckets=tuple(int(count) for count in dot.bucket_counts),
        bounds=dot.explicit_bounds,
    )


def _texts(pairs: tuple[_Pair, ...]) -> dict[str, str]:
    """Attributes as text; of lists and maps nothing is read."""
    found = {}
    for pair in pairs:
        value = pair.value
        said = value.string_value
        if said is None and value.bool_value is not None:
            said = "true" if value.bool_value else "false"
        if said is None and value.int_value is not None:
            said = str(value.int_value)
        if said is None and value.double_value is not None:
            said = f"{value.double_value:g}"
        if said is not None:
            found[pair.key] = said
    return found
