"""PostHog's capture, by its own library over a real socket, and by hand."""

from collections.abc import Iterator

import pytest
from posthog import Posthog

from tests.api.pushing import Push, founded, pushing

MAP = """
[event."api called"]
kind = "usage.recorded"
[event."api called".columns]
meter = { value = "calls" }
quantity = "properties.count"
[event."$groupidentify"]
kind = "usage.recorded"
columns = { meter = { value = "calls" }, quantity = { value = 1 } }
"""


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    with pushing(
        founded(tmp_path_factory.mktemp("push") / "home", {"posthog/posthog.toml": MAP})
    ) as found:
        yield found


@pytest.mark.parametrize("gzip", [False, True])
def test_library(push: Push, gzip: bool) -> None:
    """Unchanged; a group's event belongs to the group, a person's to the person."""
    failed: list[object] = []
    client = Posthog(
        push.key,
        host=f"{push.url}/in/posthog",
        gzip=gzip,
        max_retries=1,
        on_error=lambda error, _: failed.append(error),
    )
    for count in range(120):
        client.capture("api called", distinct_id=f"one-{gzip}", properties={"count": count})
    client.capture("api called", distinct_id="x", properties={"count": 9}, groups={"company": "co"})
    client.shutdown()
    assert not failed
    rows = push.rows("usage.recorded")
    assert rows.filter(subject=f"one-{gzip}")["quantity"].sum() == sum(range(120))
    assert rows.filter(subject="co")["quantity"].unique().to_list() == [9]


def test_by_hand(push: Push) -> None:
    """One by itself, without an id; a `$groupidentify` makes nobody; no key, no entry."""
    one = {"event": "api called", "distinct_id": "solo", "properties": {"count": 1}}
    for _ in range(2):
        answer = push.line.post("/in/posthog/capture/", json=one | {"api_key": push.key})
        assert answer.json() == {"status": 1}
    assert push.rows("usage.recorded").filter(subject="solo").height == 1
    other = {"event": "$groupidentify", "distinct_id": "random"}
    body = {"api_key": push.key, "batch": [other, 7]}
    assert push.line.post("/in/posthog/batch/", json=body).status_code == 200
    assert push.rows("usage.recorded").filter(subject="random").is_empty()
    assert push.line.post("/in/posthog/batch/", json={"batch": []}).status_code == 401
    assert push.post("/in/posthog/batch/", b"[]").status_code == 400
    assert push.post("/in/posthog/flags/", {}).status_code == 404
