"""CloudEvents from the official SDK over a real socket, and those that it would never send."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from tests.api.pushing import Push, founded, present, pushing

MAP = """
[type."com.example.call"]
kind = "usage.recorded"
subject = "customer.id"
[type."com.example.call".columns]
meter = { value = "calls" }
quantity = "count"
properties = "tags"
"""
BATCH = "application/cloudevents-batch+json"


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    home = founded(tmp_path_factory.mktemp("push") / "home", {"cloudevents/cloudevents.toml": MAP})
    with pushing(home) as found:
        yield found


def event(name: str, **more: object) -> dict[str, object]:
    """Some use, as one event in a JSON batch."""
    data = {"meter": "calls", "quantity": 3}
    said: dict[str, object] = {"specversion": "1.0", "id": name, "source": "/gate"}
    said |= {"type": "usage.recorded", "subject": "ada", "data": data}
    return said | {"time": present().isoformat() + "Z"} | more


def test_sdk(push: Push) -> None:
    """Binary with what has to be escaped, and structured; the second is a rule of the home's."""
    at = datetime.now(UTC).replace(microsecond=0)
    told = {"id": "ü 1%", "source": "/sdk", "subject": 'zoë "z"', "time": at, "specversion": "1.0"}
    one = CloudEvent({**told, "type": "usage.recorded"}, {"meter": "sdk", "quantity": "1.25"})
    other = CloudEvent(
        {**told, "id": "2", "type": "com.example.call"},
        {"customer": {"id": 7}, "count": 4, "tags": {"zone": "eu"}},
    )
    for message in (to_binary_event(one), to_structured_event(other)):
        head = {name.lower(): value for name, value in message.headers.items()}
        assert push.post("/in/cloudevents", message.body, **head).status_code == 202
    rows = push.rows("usage.recorded").filter(source="/sdk").sort("id")
    first, second = (rows.row(n, named=True) for n in (1, 0))
    assert (first["id"], first["subject"], first["meter"]) == ("ü 1%", 'zoë "z"', "sdk")
    assert (first["quantity"], first["occurred_at"]) == (Decimal("1.25"), at.replace(tzinfo=None))
    assert (second["subject"], second["quantity"]) == ("7", 4)
    assert (second["meter"], second["properties"]) == ("calls", '{"zone":"eu"}')


def test_batch_in_part(push: Push) -> None:
    """The good are taken, each bad one is told by its index; sent again it is the same."""
    batch = [
        event("b1"),
        event("b2", specversion="0.3"),
        event("b3", type="no.such"),
        event("b4", type="policy.changed"),
        event("b5", data={"meter": "calls", "quantity": "many"}),
        event("b6", data={"meter": "calls"}),
        {"id": "b7"},
        7,
        event("b9", data={"meter": "calls", "quantity": 0.1}),
    ]
    for _ in range(2):
        answer = push.post("/in/cloudevents", batch, content_type=BATCH)
        assert answer.status_code == 202
        said = answer.json()
        assert (said["accepted"], said["rejected"]) == (2, 7)
        assert {one["index"] for one in said["problems"]} == {1, 2, 3, 4, 5, 6, 7}
        rows = push.rows("usage.recorded").filter(pl.col("id").is_in(["b1", "b9"]))
        assert rows.sort("id")["quantity"].to_list() == [Decimal(3), Decimal("0.1")]
    rejected = push.rows("row.rejected", 2)
    assert sorted(rejected["reason"]) == [
        "quantity is missing",
        "quantity is not a quantity: many",
    ]


def test_without_a_time(push: Push) -> None:
    """What names no instant happened when it came."""
    before = present()
    assert push.post("/in/cloudevents", [event("t1", time=None)], content_type=BATCH).is_success
    found = push.rows("usage.recorded").filter(id="t1")
    assert before <= found["occurred_at"][0] <= present()


def test_what_is_none(push: Push) -> None:
    for body, media in (
        (b"", BATCH),
        (b"{}", BATCH),
        (b"[" * 100_000, BATCH),
        (b'[{"a":NaN}]', BATCH),
        (b"\xff\xfe[\x00", BATCH),
        (b"{}", "application/json"),
        (b"<a/>", "application/cloudevents+xml"),
        (json.dumps([event("x", subject=1)]).encode(), BATCH),
    ):
        answer = push.post("/in/cloudevents", body, content_type=media)
        assert answer.status_code == 400, (body, answer.text)
        assert answer.json()
