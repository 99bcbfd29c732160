"""Segment's tracking API, by Segment's own library over a real socket, and by hand."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec

import pytest

from tests.api.pushing import Push, founded, present, pushing

MAP = """
[track."API Called"]
kind = "usage.recorded"
[track."API Called".columns]
meter = { value = "calls" }
quantity = "properties.count"
[page]
kind = "activity.recorded"
[page.columns]
activity = { value = "dashboard" }
prompted = { value = "no" }
[track."Signed Up"]
kind = "customer.created"
[track."Signed Up".columns]
name = "properties.name"
email = "properties.email"
"""


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    with pushing(
        founded(tmp_path_factory.mktemp("push") / "home", {"segment/segment.toml": MAP})
    ) as found:
        yield found


@pytest.mark.parametrize("gzip", [False, True])
def test_library(push: Push, gzip: bool) -> None:
    """Unchanged: its own queue, thread, batches and compression."""
    if find_spec("segment") is None:
        pytest.skip("segment-analytics-python is absent: it wants an older python-dateutil")
    from segment.analytics.client import Client

    failed: list[object] = []
    client = Client(
        push.key,
        host=f"{push.url}/in/segment",
        gzip=gzip,
        max_retries=1,
        on_error=lambda error, _: failed.append(error),
    )
    who, before = f"gzip-{gzip}", present()
    for count in range(250):
        client.track(who, "API Called", {"count": count}, context={"groupId": f"group-{gzip}"})
    client.track(who, "Something Else", {})
    client.page(who, "Docs", "Start")
    client.identify(who, {"email": "a@b.example"})
    client.flush()
    client.join()
    assert not failed
    rows = push.rows("usage.recorded").filter(subject=f"group-{gzip}")
    assert rows["quantity"].sum() == sum(range(250)) and rows.height == 250
    assert rows["occurred_at"].min() >= before - timedelta(milliseconds=1)
    assert push.rows("activity.recorded").filter(subject=who)["activity"].to_list() == ["dashboard"]


def test_singles_and_keys(push: Push) -> None:
    """The write key in the body alone, or by basic authentication; a wrong one opens nothing."""
    call = {"userId": "ann", "event": "API Called", "properties": {"count": 2}, "messageId": "m1"}
    basic = b64encode(f"{push.key}:".encode()).decode()
    for head, body, status in (
        ({}, call | {"writeKey": push.key}, 200),
        ({"authorization": f"Basic {basic}"}, call, 200),
        ({}, call | {"writeKey": "psz_wrong"}, 401),
        ({}, call, 401),
        ({"authorization": "Basic ???"}, call, 401),
        ({}, call | {"writeKey": push.reading}, 401),
        ({}, {"batch": 7, "writeKey": push.key}, 200),
    ):
        answer = push.line.post("/in/segment/v1/track", json=body, headers=head)
        assert answer.status_code == status, answer.text
        assert status == 200 or {"code", "message"} <= set(answer.json())
    assert push.post("/in/segment/v1/batch", {"batch": 7}).status_code == 400
    assert push.post("/in/segment/v1/nothing", {}).status_code == 404
    assert push.rows("usage.recorded").filter(subject="ann").height == 1


def test_a_wrong_clock_and_no_id(push: Push) -> None:
    """A sender whose clock is an hour slow is set right; without an id a retry is the same."""
    slow = present() - timedelta(hours=1)
    call = {"type": "track", "userId": "slow", "event": "API Called", "properties": {"count": 1}}
    call |= {"timestamp": (slow - timedelta(seconds=5)).isoformat() + "Z"}
    body = {"batch": [call, call], "sentAt": slow.isoformat() + "Z"}
    for _ in range(2):
        assert push.post("/in/segment/v1/batch", body).json() == {"success": True}
    rows = push.rows("usage.recorded").filter(subject="slow")
    assert rows.height == 2
    assert abs(rows["occurred_at"].min() - present() + timedelta(seconds=5)) < timedelta(minutes=5)


def test_personal_columns_lie_nowhere_in_plain(push: Push) -> None:
    """Neither in the letterbox, which is encrypted whole, nor in the ledger."""
    call = {"userId": "zoe", "event": "Signed Up", "messageId": "s1"}
    call |= {"properties": {"name": "Zdenka Quillfeather", "email": "zq@plumage.example"}}
    held = threading.Event()
    push.life.hand_in(lambda: held.wait(60))
    assert push.post("/in/segment/v1/track", call).status_code == 200
    files = [path for path in push.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".letter" for path in files)
    assert not [path for path in files if b"Quillfeather" in path.read_bytes()]
    held.set()
    rows = push.rows("customer.created", 1)
    kind = push.house.members.catalog.kinds["customer.created"]
    assert push.house.keys.decrypt(kind, rows)["email"].to_list() == ["zq@plumage.example"]
    files = [path for path in push.home.rglob("*") if path.is_file()]
    assert not [path for path in files if b"Quillfeather" in path.read_bytes()]
