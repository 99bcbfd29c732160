"""Alertmanager's webhook as its version 4 sends it."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.api.pushing import Push, founded, pushing

FIRING: dict[str, object] = {
    "status": "firing",
    "labels": {"alertname": "SlowAnswers", "service": "search", "severity": "page", "slot": "0"},
    "annotations": {"summary": "p99 above 2 s"},
    "startsAt": "2026-11-20T10:00:00.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus:9090/graph",
    "fingerprint": "9f1e6a5a0b7c2d33",
}
RESOLVED = FIRING | {
    "status": "resolved",
    "labels": {"alertname": "Down", "job": "billing"},
    "annotations": {},
    "endsAt": "2026-11-20T10:30:00+01:00",
    "startsAt": "2026-11-20T10:10:00+01:00",
    "fingerprint": "0011223344556677",
}
GROUP: dict[str, object] = {
    "version": "4",
    "groupKey": '{}:{alertname="SlowAnswers"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "psizero",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager:9093",
    "alerts": [FIRING, RESOLVED],
}


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Push]:
    with pushing(founded(tmp_path_factory.mktemp("push") / "home", {})) as found:
        yield found


def test_every_alert_by_itself(push: Push) -> None:
    """A group that fires holds one that is resolved; told again it is the same."""
    for _ in range(2):
        answer = push.post("/in/alertmanager", GROUP)
        assert (answer.status_code, answer.content) == (200, b"")
        rows = push.rows("alert.notified", 2).sort("status")
    fires, over = (rows.row(number, named=True) for number in (0, 1))
    assert (fires["subject"], fires["status"], fires["name"]) == ("search", "firing", "SlowAnswers")
    assert fires["starts_at"] == datetime(2026, 11, 20, 10, 0, 0, 123456)
    assert (fires["ends_at"], fires["severity"]) == (None, "page")
    assert fires["summary"] == "p99 above 2 s" and '"slot":"0"' in fires["labels"]
    assert (over["subject"], over["occurred_at"]) == ("billing", datetime(2026, 11, 20, 9, 30))
    assert over["ends_at"] == datetime(2026, 11, 20, 9, 30)
    assert push.rows("event.conflicted").is_empty()


def test_what_is_none(push: Push) -> None:
    for body in (b"", b"{}", {"version": "3", "alerts": []}, {**GROUP, "alerts": [{}]}):
        assert push.post("/in/alertmanager", body).status_code == 400
    assert push.post("/in/alertmanager", {**GROUP, "alerts": []}).status_code == 200


def test_a_service_that_nobody_names(push: Push) -> None:
    """It is rejected and counted, not lost without a word."""
    alert = FIRING | {"labels": {"alertname": "X"}, "fingerprint": "00"}
    assert push.post("/in/alertmanager", {**GROUP, "alerts": [alert]}).status_code == 200
    assert push.rows("row.rejected", 1)["reason"].to_list() == ["subject is missing"]
