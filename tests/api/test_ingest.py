"""The door for what is pushed in: keys, bounds, bad bodies, slow and half-closed sockets."""

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.api.pushing import Push, founded, letters, present, pushing

LIMITS = """
requests_per_second_max = 2000
body_bytes_max = 8_000_000
inflated_bytes_max = 9_000_000
body_seconds_max = 1.0
"""
PATH, BATCH = "/in/cloudevents", "application/cloudevents-batch+json"


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    home = founded(tmp_path_factory.mktemp("push") / "home", {"ingest/ingest.toml": LIMITS})
    with pushing(home) as found:
        yield found


def used(name: str, quantity: object = 1, subject: str = "ada") -> dict[str, object]:
    """Some use."""
    said: dict[str, object] = {"specversion": "1.0", "id": name, "source": "/t", "subject": subject}
    said |= {"type": "usage.recorded", "time": present().isoformat() + "Z"}
    return said | {"data": {"meter": "calls", "quantity": quantity}}


def test_keys(push: Push) -> None:
    """Only a key of the scope, however it is shown; nothing is told of what it would open."""
    body = json.dumps([used("key")]).encode()
    for head, status in (
        ({"authorization": f"Bearer {push.key}"}, 202),
        ({"x-api-key": push.key}, 202),
        ({"authorization": f"Bearer {push.reading}"}, 401),
        ({"authorization": f"Bearer {push.key}x"}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Digest abc"}, 401),
        ({}, 401),
    ):
        answer = push.line.post(PATH, content=body, headers={"content-type": BATCH, **head})
        assert answer.status_code == status, (head, answer.text)
    assert push.rows("usage.recorded").filter(id="key").height == 1


def test_ways_that_are_none(push: Push) -> None:
    head = {"authorization": f"Bearer {push.key}"}
    assert push.line.get(PATH, headers=head).status_code == 405
    for path in ("/in/nothing", "/in/outbox", "/in/", "/in/../api/v1/health", "/in/%2e%2e/x"):
        assert push.line.post(path, content=b"{}", headers=head).status_code in (404, 405), path


def test_ten_thousand_bad_in_as_many_good(push: Push) -> None:
    """All good ones come in; of the bad ones a thousand are told, and all are counted."""
    good = [used(f"good-{number}", number) for number in range(10_001)]
    bad = [used(f"bad-{number}", "x") for number in range(10_000)]
    mixed = [one for pair in zip(good, bad, strict=False) for one in pair] + good[-1:]
    packed = gzip.compress(json.dumps(mixed).encode(), 1)
    answer = push.post(PATH, packed, content_type=BATCH, content_encoding="gzip")
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert (said["accepted"], said["rejected"], len(said["problems"])) == (10_001, 10_000, 1_000)
    assert [one["index"] for one in said["problems"][:3]] == [1, 3, 5]
    rows = push.rows("usage.recorded").filter(source="/t")
    assert rows.filter(rows["id"].str.starts_with("good-")).height == 10_001
    assert push.rows("row.rejected", 10_000).height == 10_000


def test_bodies_that_are_none(push: Push) -> None:
    """Each is refused with its status and a reason in JSON; the door goes on."""
    one = json.dumps([used("never")]).encode()
    packed = gzip.compress(one)
    large = b"[" + b" " * 8_000_001 + b"]"
    bomb = gzip.compress(b" " * 10_000_000)
    bombs = bomb[:0] + b"".join(gzip.compress(b" " * 1_000_000) for _ in range(10))
    assert len(bomb) < 20_000
    for body, head, status in (
        (b"", {}, 400),
        (large, {}, 413),
        (bomb, {"content_encoding": "gzip"}, 413),
        (bombs, {"content_encoding": "gzip"}, 413),
        (one, {"content_encoding": "gzip"}, 400),
        (packed[:-9], {"content_encoding": "gzip"}, 400),
        (packed + b"junk", {"content_encoding": "gzip"}, 400),
        (b"", {"content_encoding": "gzip"}, 400),
        (one, {"content_encoding": "br"}, 415),
        (one, {"content_encoding": "gzip, gzip"}, 415),
        (one.decode().encode("utf-16"), {}, 400),
        (one, {"content_type": BATCH + "; charset=latin-1"}, 415),
        (b"[" * 5_000_000, {}, 400),
        (b'[{"a":' * 1_000_000, {}, 400),
        (b'[{"specversion":"1.0","data":NaN}]', {}, 400),
        (b'["\xed\xa0\x80"]', {}, 400),
    ):
        answer = push.post(PATH, body, **({"content_type": BATCH} | head))
        assert answer.status_code == status, (body[:30], head, answer.text)
        assert answer.json()["message"] or status == 400
    assert push.post(PATH, zlib.compress(one), content_type=BATCH, content_encoding="deflate")
    assert push.rows("usage.recorded").filter(id="never").height == 1


def test_a_name_that_comes_twice(push: Push) -> None:
    """The last one counts, as everywhere in JSON; and a number beyond all bounds is none."""
    text = json.dumps(used("twice")).replace('"quantity": 1', '"quantity": 1, "quantity": 7')
    assert push.post(PATH, f"[{text}]".encode(), content_type=BATCH).status_code == 202
    assert push.rows("usage.recorded").filter(id="twice")["quantity"].to_list() == [7]
    huge = json.dumps(used("huge")).replace('"quantity": 1', '"quantity": 1e400')
    far = json.dumps(used("far", "1" * 40))
    answer = push.post(PATH, f"[{huge}]".encode(), content_type=BATCH)
    assert answer.status_code == 400
    assert push.post(PATH, f"[{far}]".encode(), content_type=BATCH).status_code == 400
    push.rows("usage.recorded")


def raw(push: Push) -> socket.socket:
    """A connection of one's own."""
    host, port = push.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def head(push: Push, length: int) -> bytes:
    """The header of a request."""
    return (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {push.key}\r\n"
        f"Content-Type: {BATCH}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_slow_and_half_closed(push: Push) -> None:
    """Who is slow is answered 408 within bounds, who goes away leaves nothing; others go on."""
    body = json.dumps([used("slow")]).encode()
    with closing(raw(push)) as slow, closing(raw(push)) as half, closing(raw(push)) as gone:
        slow.sendall(head(push, len(body)) + body[:10])
        half.sendall(head(push, len(body)) + body[:10])
        half.shutdown(socket.SHUT_WR)
        gone.sendall(head(push, len(body)) + body[:10])
        gone.close()
        assert push.post(PATH, [used("quick")], content_type=BATCH).status_code == 202
        before = time.monotonic()
        assert slow.recv(100).startswith(b"HTTP/1.1 408")
        assert time.monotonic() - before < 15
    with closing(raw(push)) as whole:
        body = json.dumps([used("whole")]).encode()
        whole.sendall(head(push, len(body)) + body)
        whole.shutdown(socket.SHUT_WR)
        whole.recv(100)
    assert push.post(PATH, [used("end")], content_type=BATCH).status_code == 202
    found = push.rows("usage.recorded")["id"].to_list()
    assert "slow" not in found and found.count("quick") == 1 == found.count("end")
    assert found.count("whole") <= 1


def test_too_many_requests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """By key: 429 with Retry-After, and afterwards all is well again."""
    limits = {"ingest/ingest.toml": "requests_per_second_max = 3\n"}
    with pushing(founded(tmp_path_factory.mktemp("few") / "home", limits)) as few:
        found = [few.post(PATH, [used(f"r{n}")], content_type=BATCH) for n in range(12)]
        refused = [one for one in found if one.status_code == 429]
        assert refused and all(one.headers["retry-after"] == "1" for one in refused)
        time.sleep(1.1)
        assert few.post(PATH, [used("later")], content_type=BATCH).status_code == 202
        taken = sum(one.status_code == 202 for one in found) + 1
        assert few.rows("usage.recorded", taken).height == taken


def test_a_tick_keeps_nobody_waiting(push: Push) -> None:
    """Acknowledged while the house is at work; taken in once it is done."""
    over = threading.Event()
    job = push.life.hand_in(lambda: over.wait(60))
    try:
        assert push.post(PATH, [used("meanwhile")], content_type=BATCH).status_code == 202
        assert not job.done() and letters(push.home)
    finally:
        over.set()
    assert push.rows("usage.recorded").filter(id="meanwhile").height == 1


def test_a_defect_of_ours(push: Push, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 500, so that they try again; it is told to the house's log, and the door goes on."""

    def broken(*_: object) -> None:
        raise TypeError("of a connector")

    module = push.house.members.connectors["cloudevents"]
    with monkeypatch.context() as patch:
        patch.setattr(module, "receive", broken)
        assert push.post(PATH, [used("defect")], content_type=BATCH).status_code == 500
    assert push.post(PATH, [used("defect")], content_type=BATCH).status_code == 202
    assert push.rows("usage.recorded").filter(id="defect").height == 1
