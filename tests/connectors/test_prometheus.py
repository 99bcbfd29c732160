"""Remote write 1.0: what Prometheus sends, written by hand byte for byte, over a real socket."""

import struct
from collections.abc import Iterator, Mapping
from datetime import timedelta

import cramjam
import httpx
import polars as pl
import pytest

from psizero.core.metering import EPOCH, READ, added
from tests.api.pushing import Push, founded, present, pushing

PATH = "/in/prometheus/api/v1/write"
STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
MAP = """
service = ["job"]
[metric.http_requests_total]
kind = "request.counted"
columns = { endpoint = "handler", status_class = "code" }
otherwise = { endpoint = "-" }
[metric.cpu_share]
kind = "resource.sampled"
columns = { resource = { value = "cpu" } }
scale = 0.01
"""


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    home = founded(tmp_path_factory.mktemp("push") / "home", {"prometheus/prometheus.toml": MAP})
    with pushing(home) as found:
        yield found


def varint(number: int) -> bytes:
    """As the wire has it."""
    out = b""
    while True:
        number, low = number >> 7, number & 127
        out += bytes([low | (128 if number else 0)])
        if not number:
            return out


def part(number: int, body: bytes) -> bytes:
    """A field with a length."""
    return varint(number << 3 | 2) + varint(len(body)) + body


def series(labels: Mapping[str, str], *samples: tuple[float, int]) -> bytes:
    """One series with values at milliseconds, and what nobody here reads (an exemplar)."""
    made = b"".join(
        part(1, part(1, name.encode()) + part(2, labels[name].encode())) for name in sorted(labels)
    )
    for value, at in samples:
        made += part(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at))
    return part(1, made + part(3, b"\x09" + bytes(8)))


def written(push: Push, *many: bytes) -> httpx.Response:
    """One request as Prometheus makes it."""
    return push.line.post(
        PATH,
        content=bytes(cramjam.snappy.compress_raw(b"".join(many))),
        headers={
            "content-encoding": "snappy",
            "content-type": "application/x-protobuf",
            "x-prometheus-remote-write-version": "0.1.0",
            "authorization": f"Bearer {push.key}",
        },
    )


def ms(minutes: int) -> int:
    """So many minutes ago."""
    at = present() - timedelta(minutes=minutes)
    return int((at - EPOCH) / timedelta(milliseconds=1))


def test_counters_and_gauges(push: Push) -> None:
    """What was added counts: over requests, over a restart of whoever counts, and once."""
    begin = ms(10)
    asked = {"__name__": "http_requests_total", "job": "search", "handler": "/v1", "code": "200"}
    bare = {"__name__": "http_requests_total", "job": "search", "code": "503"}
    cpu = {"__name__": "cpu_share", "job": "search", "instance": "a"}
    first = (
        series(asked, (1000, begin), (1010, begin + 15_000)),
        series(bare, (5, begin)),
        series(cpu, (50, begin), (STALE, begin + 1)),
        series(asked | {"__name__": "nobody_asked_for"}, (1, begin)),
    )
    for _ in range(2):
        assert written(push, *first).status_code == 204
        rows = push.rows("request.counted", 1)
    assert rows.select("subject", "endpoint", "status_class", "quantity").row(0) == (
        "search",
        "/v1",
        "2xx",
        10,
    )
    sampled = push.row("resource.sampled")
    assert (sampled["resource"], sampled["quantity"]) == ("cpu", pytest.approx(0.5))
    later = (
        series(asked, (1025, begin + 30_000), (3, begin + 45_000), (STALE, begin + 60_000)),
        series(bare, (7, begin + 30_000)),
    )
    assert written(push, *later).status_code == 204
    rows = push.rows("request.counted", 4)
    sums = dict(rows.group_by("status_class").agg(pl.col("quantity").sum()).iter_rows())
    assert sums == {"2xx": 10 + 15 + 3, "5xx": 2}
    assert rows.filter(endpoint="-").height == 1


def test_what_is_none(push: Push) -> None:
    head = {"authorization": f"Bearer {push.key}", "content-encoding": "snappy"}
    good = bytes(cramjam.snappy.compress_raw(series({"__name__": "x"}, (1, 1))))
    bomb = b"\xff\xff\xff\x7f" + good
    for body in (
        b"",
        b"junk",
        good[:-3],
        bomb,
        bytes(cramjam.snappy.compress_raw(b"\x0a\xff\xff")),
        bytes(cramjam.snappy.compress_raw(b"\xff" * 40)),
        bytes(cramjam.snappy.compress_raw(part(1, part(1, part(1, b"\xff"))))),
    ):
        assert push.line.post(PATH, content=body, headers=head).status_code == 400, body
    plain = {"authorization": f"Bearer {push.key}"}
    assert push.line.post(PATH, content=good, headers=plain).status_code == 400
    assert push.line.post(PATH, content=good, headers=head).status_code == 204


def test_readings_in_any_parts() -> None:
    """However the readings are cut into letters, and taken in again, the sum is the same."""
    at = present()
    rows = pl.DataFrame(
        {
            "series": ["a"] * 6 + ["b"],
            "id": [f"{number}" for number in range(7)],
            "occurred_at": [at + timedelta(seconds=number) for number in range(6)] + [at],
            "reading": [4.0, 9.0, 9.0, 2.0, 5.0, 6.0, 8.0],
            "since": [None] * 6 + [at - timedelta(minutes=1)],
        },
        schema_overrides={"since": pl.Datetime("us")},
    )
    whole, _ = added(rows, pl.DataFrame(schema=READ))
    assert dict(whole.select("id", "quantity").iter_rows()) == {
        "1": 5,
        "3": 2,
        "4": 3,
        "5": 1,
        "6": 8,
    }
    for cut in range(8):
        known, found = pl.DataFrame(schema=READ), set[tuple[str, object]]()
        for part_of in (rows.head(cut), rows.slice(max(0, cut - 2))):
            made, known = added(part_of, known)
            found |= set(made.select("id", "quantity").iter_rows())
        assert found == set(whole.select("id", "quantity").iter_rows()), cut
