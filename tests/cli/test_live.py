"""`psizero run` from another terminal: what it does, and what others may ask of it meanwhile."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from psizero.core.clock import instant, iso
from psizero.core.policy import Level
from tests.cli.attempts import attempt, done, refused
from tests.house.living import asked, begun, ended, line, present, pulse, running, until
from tests.toy.town import BEGIN, entered, founded, said, take, wished

WISHES = "growth.wishes"
TOML = '[bindings]\ngift.send = "recorded"\n'
MAP = """source = "crm"
[[select]]
kind = "wish.made"
sql = "select line, name as customer, name as id, happened as occurred_at, 'gift.send' as verb, \
name as episode, 'cake' as text, 1.0 as confidence from file"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a person stands, with a home in which wishes come true and an autopilot at work."""
    made = tmp_path_factory.mktemp("live")
    founded(made / "home", {WISHES: Level.AUTO}, TOML)
    (made / "map.toml").write_text(MAP)
    with running(made / "home"), contextlib.chdir(made):
        yield made


def wish(name: str, at: datetime) -> None:
    """A file with one wish, brought in as a person would."""
    Path("wishes.csv").write_text(f"name,happened\n{name},{iso(at)}\n")
    done("import", "wishes.csv", "--map", "map.toml", "--home", "home")


def objects(*words: object) -> list[dict[str, str]]:
    """What a command gives to programs."""
    found: list[dict[str, str]] = json.loads(done(*words, "--home", "home", "--format", "json"))
    return found


def granted(name: str) -> bool:
    """Whether the wish of somebody came true."""
    return any(call["subject"] == name for call in said(Path("home"), "effects"))


def test_an_event_is_thought_within_a_second(folder: Path) -> None:
    wish("ada", present())
    until(lambda: granted("ada"))
    (made,) = [row for row in objects("table", "wish_made") if row["subject"] == "ada"]
    (run,) = [row for row in objects("table", "run") if row["subject"] == WISHES]
    late = instant(run["now"]) - instant(made["recorded_at"])
    assert late < timedelta(seconds=1.5)
    assert run["through"] >= made["position"]


def test_commands_are_done_where_they_were_typed(folder: Path) -> None:
    """With their output, their exit code, and files of the folder where somebody stands."""
    done("table", "levels", "--home", "home", "--format", "csv", "-o", "levels.csv")
    assert WISHES in (folder / "levels.csv").read_text()
    assert "nobody" in refused("promote", WISHES, "auto", "--home", "home", "--as", "nobody")
    assert attempt("table", "--home", "home", "--strange").code == 2
    assert "Usage" in attempt("table", "--help", "--home", "home").out


def test_a_flight_is_told_who_has_the_home(folder: Path) -> None:
    told = refused("fly", "--until", "2099-01-01", "--home", "home")
    assert f"process {line(folder / 'home').pid}" in told


def test_a_stop_is_obeyed_within_two_seconds(folder: Path) -> None:
    """The store is owned by another process, and nobody confirms anything."""
    assert "obeys" in done("stop", "growth", "--home", "home", "--by", "ann", "--because", "why")
    assert pulse(folder / "home").stopped == ["growth"]
    wish("bob", present())
    position = pulse(folder / "home").position
    until(lambda: pulse(folder / "home").position > position)
    until(lambda: [row["subject"] for row in objects("table", "wish_made")][-1] == "bob")
    assert objects("table", "switches")[0]["by"] == "ann"
    assert not granted("bob")
    done("resume", "growth", "--home", "home", "--as", "owner single person")
    until(lambda: granted("bob"))
    assert "there is no" in refused("stop", "grwoth", "--home", "home")


def test_health_is_for_this_machine_alone(folder: Path) -> None:
    home = folder / "home"
    port, token = line(home).port, line(home).token
    assert asked(home, "GET", "/health")[0] == 200
    assert asked(home, "GET", "/health", Host="evil.example")[0] == 421
    assert asked(home, "GET", "/health", Host=f"evil.example:{port}")[0] == 421
    assert asked(home, "POST", "/command")[0] == 403
    assert asked(home, "POST", "/command", Authorization="Bearer x")[0] == 403
    assert asked(home, "POST", "/command", Authorization=f"Bearer {token}")[0] == 400
    assert asked(home, "GET", "/run.json")[0] == 404
    assert (home / "run.json").stat().st_mode & 0o777 == 0o600


def test_it_ends_when_it_is_told(tmp_path: Path) -> None:
    """SIGTERM and Ctrl-C: what is in hand is finished, the exit code is 0, and it is sound."""
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, TOML)
    with running(home) as process:
        assert ended(process, signal.SIGINT) == 0
    with entered(home) as house:
        row = wished("gift.send", "ada", present())
        take(house, "wish.made", [row], present())
    process = begun(home)
    until((home / "recorded" / "effects.jsonl").exists)
    assert ended(process) == 0
    assert not (home / "run.json").exists()
    told = [json.loads(row) for row in (home / "run.err").read_text().splitlines() if "{" in row]
    assert [row["event"] for row in told if row["event"] != "tick"] == ["begin", "end"] * 2
    assert any(WISHES in row.get("thought", []) for row in told)
    with entered(home) as house:
        assert house.verify() == [] and house.read("intents").is_empty()


def test_what_a_dead_autopilot_left_is_ignored(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {}, "")
    for body in ('{"pid": 1, "port": 9, "token": "x"}', '{"pid": 4194303, "port": 9', "", "{}"):
        (home / "run.json").write_text(body)
        assert "finance.invoicing" in done("automations", "--home", home)


def test_a_dead_man_s_timer(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {}, "")
    assert "never run" in refused("alive", "--home", home)
    heartbeat = home / "heartbeat"
    heartbeat.touch()
    assert attempt("alive", "--home", home).code == 0
    now = heartbeat.stat().st_mtime
    for seconds in (-301, 400):
        os.utime(heartbeat, (now + seconds, now + seconds))
        told = refused("alive", "--home", home)
        assert "silent since" in told and len(told.splitlines()) == 1
    assert attempt("alive", "--home", home, "--minutes", "8").code == 0


def test_a_start_on_old_history_names_the_ways_out(tmp_path: Path) -> None:
    home = founded(tmp_path / "home", {WISHES: Level.AUTO}, "")
    with entered(home) as house:
        take(house, "wish.made", [wished("gift.send", "ada", BEGIN)], BEGIN)
    process = begun(home)
    process.join()
    assert process.exitcode == 1
    told = (home / "run.err").read_text()
    assert "fly --until" in told and "--as-new" in told and len(told.splitlines()) == 3
