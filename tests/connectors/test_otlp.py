"""OpenTelemetry metrics, by the SDK and its exporter over a real socket, and as JSON by hand."""

import json
from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from psizero.core.metering import EPOCH
from tests.api.pushing import Push, founded, present, pushing

PATH = "/in/otlp/v1/metrics"
MAP = """
[metric."http.server.request.duration"]
kind = "request.counted"
columns = { endpoint = "http.route", status_class = "http.response.status_code" }
otherwise = { endpoint = "-" }
[metric."tokens.used"]
kind = "usage.recorded"
subject = ["customer.id"]
columns = { meter = { value = "tokens" } }
[metric."cpu.share"]
kind = "resource.sampled"
columns = { resource = { value = "cpu" } }
"""
DURATION = "http.server.request.duration"


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    home = founded(tmp_path_factory.mktemp("push") / "home", {"otlp/otlp.toml": MAP})
    with pushing(home) as found:
        yield found


@pytest.mark.parametrize("way", [AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE])
def test_sdk(push: Push, way: AggregationTemporality) -> None:
    """Unchanged, packed or not, as deltas and as running totals: the same sums come out."""
    name = f"search-{way.name}"
    packed = Compression.Gzip if way is AggregationTemporality.DELTA else Compression.NoCompression
    exporter = OTLPMetricExporter(
        endpoint=push.url + PATH,
        headers={"authorization": f"Bearer {push.key}"},
        compression=packed,
        preferred_temporality={Counter: way, Histogram: way},
    )
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], Resource.create({"service.name": name}))
    meter = provider.get_meter("test")
    tokens = meter.create_counter("tokens.used")
    asked = meter.create_histogram(
        DURATION,
        unit="s",
        explicit_bucket_boundaries_advisory=[0.005, 0.05, 0.075, 1.0, 7.5, 30.0],
    )
    meter.create_gauge("cpu.share").set(0.25)
    seen = {"http.route": "/v1", "http.response.status_code": 200}
    for _ in range(3):
        tokens.add(1.5, {"customer.id": name})
        tokens.add(7, {"customer.id": name})
        for seconds in (0.001, 0.06, 0.07, 40.0):
            asked.record(seconds, seen)
        asked.record(0.002, {"http.response.status_code": 503})
        assert provider.force_flush()
    provider.shutdown()

    def sums(kind: str, by: str) -> dict[str, float]:
        rows = push.rows(kind).filter(subject=name)
        return {
            key: float(total)
            for key, total in rows.group_by(by).agg(pl.col("quantity").sum()).iter_rows()
        }

    assert sums("usage.recorded", "meter") == {"tokens": 25.5}
    assert sums("request.counted", "status_class") == {"2xx": 12, "5xx": 3}
    assert sums("request.counted", "endpoint") == {"/v1": 12, "-": 3}
    assert sums("request.timed", "le_ms") == {"5": 6, "100": 6, "+Inf": 3}
    assert sums("resource.sampled", "resource")["cpu"] >= 0.25
    assert push.rows("row.rejected").is_empty()


def test_json_as_the_protocol_spells_it(push: Push) -> None:
    """Numbers of 64 bits are texts; what nobody reads here is told as partial success."""
    at = str(int((present() - EPOCH) / timedelta(microseconds=1)) * 1000)
    dot = {"timeUnixNano": at, "startTimeUnixNano": at, "asInt": "12"}
    dot |= {"attributes": [{"key": "customer.id", "value": {"stringValue": "json"}}]}
    used = {"name": "tokens.used", "sum": {"aggregationTemporality": 1, "isMonotonic": True}}
    used["sum"] |= {"dataPoints": [dot]}
    odd = {"name": "x", "exponentialHistogram": {"dataPoints": [{}, {}]}}
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [used, odd]}]}]}
    answer = push.post(PATH, body)
    assert answer.status_code == 200
    assert answer.json()["partialSuccess"]["rejectedDataPoints"] == "2"
    assert push.rows("usage.recorded").filter(subject="json")["quantity"].to_list() == [12]
    assert push.post(PATH, {"resourceMetrics": []}).json() == {}
    told = ExportMetricsServiceRequest()
    told.resource_metrics.add().scope_metrics.add().metrics.add().summary.data_points.add()
    answer = push.post(PATH, told.SerializeToString(), content_type="application/x-protobuf")
    assert answer.headers["content-type"] == "application/x-protobuf"
    said = ExportMetricsServiceResponse.FromString(answer.content)
    assert said.partial_success.rejected_data_points == 1


def test_what_is_none(push: Push) -> None:
    for body, media, status in (
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff\xff", "application/x-protobuf", 400),
        (b"\x0a\x05\x0a", "application/x-protobuf", 400),
        (b"{}", "text/plain", 415),
        (json.dumps({"resourceMetrics": 7}).encode(), "application/json", 400),
    ):
        assert push.post(PATH, body, content_type=media).status_code == status, body
    assert push.post("/in/otlp/v1/traces", b"{}").status_code == 404
