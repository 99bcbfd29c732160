"""`psizero serve` and the commands beside it, as a person types them."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen

import httpx
import pytest

from psizero.core.clock import iso
from tests.api.doors import PASSWORD
from tests.cli.attempts import done, refused
from tests.house.living import until
from tests.toy.town import BEGIN, entered, fly, founded

opened = partial(Popen, stderr=PIPE, stdout=PIPE, text=True)


@contextmanager
def begin(words: list[str]) -> Iterator["Popen[str]"]:
    """A process that is gone afterwards, whatever came of it."""
    with opened(words) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A house that nobody has come to."""
    return founded(tmp_path / "home", {}, '[people]\nolga = "owner"\n')


def answers(url: str) -> bool:
    """Whether the doors are open."""
    try:
        return httpx.get(f"{url}/api/v1/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def test_the_first_one_comes_in_and_the_rest_is_beside(home: Path) -> None:
    """A link is printed once, the wire of the command line goes on, SIGTERM ends it cleanly."""
    words = [sys.executable, "-m", "psizero", "serve", "--home", str(home), "--port", "0"]
    with begin(words) as process:
        assert process.stderr is not None
        said = ""
        while '"begin"' not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        link = re.search(r"for (\w+): (http://127\.0\.0\.1:\d+)/join\?secret=(\w+)", said)
        assert link is not None and link[1] == "olga", said
        url = link[2]
        until(lambda: answers(url))
        body = {"secret": link[3], "password": PASSWORD}
        found = httpx.post(f"{url}/api/v1/join", json=body)
        assert found.json()["role"] == "owner"
        key = done("key", "create", "--home", home, "--name", "till", "--scope", "read").strip()
        head = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{url}/api/v1/automations", headers=head).status_code == 200
        assert "till" in done("key", "list", "--home", home)
        assert "olga" in done("user", "list", "--home", home)
        done("key", "revoke", "till", "--home", home)
        assert httpx.get(f"{url}/api/v1/automations", headers=head).status_code == 401
        assert "finance.invoicing" in done("automations", "--home", home)
        process.terminate()
        assert process.wait(60) == 0
        assert "Traceback" not in process.stderr.read()
    assert not answers(url)


def test_a_flown_house_is_looked_at_as_it_stands(home: Path) -> None:
    """A twin's house, whose time lies elsewhere: pages and tables, and nothing is thought."""
    with entered(home) as house:
        fly(house, BEGIN)
        stood, stood_at = house.store.position, iso(house.now)
    words = [sys.executable, "-m", "psizero", "serve", "--still", "--home", str(home)]
    with begin([*words, "--port", "0"]) as process:
        assert process.stderr is not None
        said = ""
        while '"begin"' not in said:
            said += process.stderr.readline()
        link = re.search(r"(http://127\.0\.0\.1:\d+)/join\?secret=(\w+)", said)
        assert link is not None, said
        until(lambda: answers(link[1]))
        found = httpx.get(f"{link[1]}/api/v1/health").json()
        assert (found["now"], found["position"]) == (stood_at, stood.last)
        assert httpx.post(f"{link[1]}/in/cloudevents", json={}).status_code == 404
        time.sleep(2.2)
        assert httpx.get(f"{link[1]}/api/v1/health").json()["status"] == "ok"
        process.terminate()
        assert process.wait(60) == 0
    with entered(home) as house:
        assert house.store.position == stood


def test_nothing_listens_to_the_world_before_somebody_is_in(home: Path) -> None:
    everywhere = ".".join("0000")
    told = refused("serve", "--home", home, "--host", everywhere)
    assert "beyond this machine" in told
    assert "no address" in refused("serve", "--home", home, "--host", "nowhere.invalid")


def test_users_are_people_of_the_house(home: Path) -> None:
    assert "none of [people]" in refused("user", "add", "stranger", "owner", "--home", home)
    assert "/join?secret=" in done("user", "add", "owner", "viewer", "--home", home)
    assert "is none" in refused("key", "create", "--home", home, "--name", "x", "--scope", "users")
    assert "no home" in refused("key", "list", "--home", home / "nowhere")
