"""SIGKILL while a house takes in what is pushed: nothing acknowledged is lost, nothing doubled."""

import json
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import pytest

from psizero.house import letterbox
from psizero.house.home import opened
from psizero.house.letterbox import FOLDER, everything_taken_in
from tests.api.pushing import founded, letters, present, pushing

KILLS = 20
ROWS = 20
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pytest", "tests.api.pushing", "tests.api.test_ingest_kills"])


def _slow(work: Callable[..., object], seconds: float) -> Callable[..., object]:
    """On a disk, or a log, that takes its time, a kill finds the midst of things."""

    def slow(*given: object) -> object:
        time.sleep(seconds)
        return work(*given)

    return slow


def _run(home: Path, told: Connection) -> None:
    with pushing(home) as push, pytest.MonkeyPatch.context() as patch:
        patch.setattr(letterbox, "create_file", _slow(letterbox.create_file, 0.02))
        patch.setattr(letterbox, "take_in", _slow(letterbox.take_in, 0.3))
        told.send((push.url, push.key))
        time.sleep(60)


def _used(name: str) -> dict[str, object]:
    said: dict[str, object] = {"specversion": "1.0", "id": name, "source": "/k", "subject": "ada"}
    said |= {"type": "usage.recorded", "time": present().isoformat() + "Z"}
    return said | {"data": {"meter": "calls", "quantity": 1}}


def _pushed(url: str, key: str, first: int, seconds: float) -> tuple[int, set[str]]:
    """Push until the time is over; what was sent, and of it what was acknowledged."""
    acknowledged: set[str] = set()
    media = "application/cloudevents-batch+json"
    headers = {"authorization": f"Bearer {key}", "content-type": media}
    until = time.monotonic() + seconds
    with httpx.Client(base_url=url, headers=headers) as line:
        while time.monotonic() < until:
            names = [str(number) for number in range(first, first + ROWS)]
            first += ROWS
            body = json.dumps([_used(name) for name in names]).encode()
            again = [line.post("/in/cloudevents", content=body) for _ in range(1 + first % 3)]
            assert all(one.status_code == 202 for one in again)
            acknowledged |= set(names)
    return first, acknowledged


def test_killed_between_acknowledgement_and_taking_in(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {})
    sent, acknowledged, found_letters = 0, set[str](), 0
    for nth in range(KILLS):
        here, there = _SERVER.Pipe()
        process = _SERVER.Process(target=_run, args=(home, there))
        process.start()
        url, key = here.recv()
        sent, known = _pushed(url, key, sent, 0.02 + nth * 7 % KILLS / 50)
        acknowledged |= known
        process.kill()
        process.join()
        (home / "users.json").unlink()  # the next process makes its own key
        found_letters += bool(letters(home))
    assert found_letters > KILLS / 4, "the kill comes too late to prove anything"
    with opened(home) as house:
        everything_taken_in(house)
        everything_taken_in(house)
        rows = house.store.everything("usage.recorded")
        assert house.store.everything("event.conflicted").is_empty()
        assert house.store.everything("row.rejected").is_empty()
        assert house.verify() == []
    ids = rows["id"].to_list()
    assert len(ids) == len(set(ids)), "doubled"
    assert acknowledged <= set(ids), "lost"
    assert set(ids) <= {str(number) for number in range(sent)}
    assert [path.name for path in (home / FOLDER).iterdir()] == []
