"""Whatever is pushed in, each door answers, and what it takes the intake takes or rejects."""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import cramjam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psizero.api.body import Unread, inflated
from psizero.core.arrival import Delivery, Received, Terms, faults
from psizero.core.protobuf import message
from psizero.house.home import create, opened
from psizero.house.letterbox import FOLDER, Letterbox, Parcel, parcel, taken_in
from psizero.house.members import members
from tests.api.pushing import letters

AT = datetime(2026, 11, 23, 7)
TERMS = Terms(members().catalog.kinds)
DOORS = {
    "cloudevents": ("", "application/cloudevents-batch+json"),
    "segment": ("/v1/batch", "application/json"),
    "alertmanager": ("", "application/json"),
    "posthog": ("/batch/", "application/json"),
    "otlp": ("/v1/metrics", "application/json"),
}
RULE = 'kind = "usage.recorded"\ncolumns = { meter = "properties.a", quantity = "properties.b" }\n'
FILES = {
    "segment": f"[track.a]\n{RULE}",
    "posthog": f"[event.a]\n{RULE}",
    "cloudevents": f"[type.a]\n{RULE}",
    "otlp": '[metric.a]\nkind = "resource.sampled"\ncolumns = { resource = "a" }\n',
    "prometheus": '[metric.a]\nkind = "resource.sampled"\ncolumns = { resource = "a" }\n',
}
WORDS = st.sampled_from(
    "a b type track event data batch properties usage.recorded 1.0 specversion id source subject "
    "time timestamp sentAt meter quantity alerts version 4 status labels startsAt fingerprint "
    "resourceMetrics scopeMetrics metrics name sum dataPoints asInt timeUnixNano histogram "
    "distinct_id messageId firing 2026-11-23T00:00:00Z 0001-01-01T00:00:00+01:00".split()
)
ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS
TREES = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "type": st.sampled_from(["usage.recorded", "customer.created", "alert.notified", "a"]),
            "event": st.just("a"),
            "id": st.text(max_size=3),
            "source": st.text(max_size=3),
        },
        optional={
            "subject": st.text(max_size=3),
            "time": ATOMS.filter(lambda one: one is None or isinstance(one, str)),
            "timestamp": ATOMS,
            "data": st.dictionaries(WORDS, TREES, max_size=4),
            "properties": st.dictionaries(WORDS, TREES, max_size=4),
        },
    ),
    max_size=4,
)


def receive(tmp: Path, door: str, body: bytes, **more: str) -> Received:
    """What a door set up by FILES makes of a body."""
    folder = tmp / door
    folder.mkdir(exist_ok=True)
    if door in FILES:
        (folder / f"{door}.toml").write_text(FILES[door])
    receiver = members().connectors[door].receiver(folder, TERMS)
    path, media = DOORS.get(door, ("", ""))
    headers = {"content-type": media, **{n.replace("_", "-"): v for n, v in more.items()}}
    found: Received = receiver(Delivery(path=path, headers=headers, body=body, at=AT))
    assert found.status in (200, 202, 204, 400)
    for batch in found.batches:
        faults(TERMS.kinds[batch.kind], batch.frame)
        assert parcel(batch, AT).frame
        assert batch.frame["source"].null_count() == 0
    return found


@pytest.fixture(scope="module")
def tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doors")


@pytest.mark.parametrize("door", DOORS)
def test_trees(tmp: Path, door: str) -> None:
    parcels: list[Parcel] = []

    @settings(max_examples=60)
    @given(TREES | EVENTS | EVENTS.map(lambda batch: {"batch": batch}))
    def tried(tree: object) -> None:
        found = receive(tmp, door, json.dumps(tree).encode())
        parcels.extend(parcel(batch, AT) for batch in found.batches)

    tried()
    create(tmp / f"home-{door}", "Bytes", "salt", {})
    with opened(tmp / f"home-{door}") as house:
        assert Letterbox(house.home, house.keys).put(parcels)
        reports = taken_in(house)
        assert list((house.home / FOLDER).glob("*.damaged")) == []
        assert letters(house.home) == []
        for one in reports:
            assert one.read == one.taken + one.rejected + one.duplicates + one.conflicts, one


@given(st.binary(max_size=60))
@settings(max_examples=200)
def test_bytes(body: bytes) -> None:
    """A protocol buffer is one or a ValueError, a gzip one or Unread."""
    shape = members().connectors["otlp"].EXPORT
    for reading, errors in (
        (lambda: message(body, shape), (ValueError,)),
        (lambda: inflated(body, "gzip", 100), (Unread,)),
        (lambda: inflated(body, "deflate", 100), (Unread,)),
    ):
        with suppress(errors):
            reading()


def test_bytes_at_the_doors(tmp: Path) -> None:
    @settings(max_examples=60)
    @given(st.binary(max_size=60))
    def tried(body: bytes) -> None:
        receive(tmp, "otlp", body, content_type="application/x-protobuf")
        packed = bytes(cramjam.snappy.compress_raw(body))
        for one in (body, packed):
            receive(tmp, "prometheus", one, content_encoding="snappy")
        for door in DOORS:
            receive(tmp, door, body)

    tried()
