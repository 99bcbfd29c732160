"""Processes killed at random moments, and homes that go on as if nothing had happened.

A command runs in a process of its own: forked from a clean server, which costs no start, or a
fresh `psizero` as at a terminal. It is killed after a drawn part of the time that it takes
undisturbed; what is left to do is then done by the next process, which may be killed as well.
"""

import io
import multiprocessing
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from psizero.cli import main
from psizero.cli.show import write
from psizero.core.chance import draw
from psizero.house.home import opened
from tests.house.company import BEGIN, Company, company
from tests.house.company import write as write_files
from tests.house.flights import HISTORY, founded, say

Words = tuple[str, ...]
STOPS = BEGIN + timedelta(days=8, hours=12, seconds=1), BEGIN + timedelta(days=16)
FORMS: tuple[Literal["json", "csv"], ...] = ("json", "csv")
TABLES = "journal run verdict receipt outcome usage_recorded".split()
_FRESH_SHARE, _LOADING_SECONDS = 0.25, 0.4
_TERMINAL = multiprocessing.get_context("spawn")
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pytest", "tests.house.killing"])


class Kill(msgspec.Struct, frozen=True):
    """Which command, how far into it, and whether it is a fresh process."""

    command: int
    delay_seconds: float
    fresh: bool


def small_company(seed: str) -> Company:
    """Five customers over two weeks."""
    return company(seed, customers=6, days=16, stops=STOPS)


def commands(home: Path, files: Path) -> list[Words]:
    """What a home goes through after its founding: history, a flight, a late file, a flight."""
    imports = [_import(home, files, name, map_name) for name, map_name in HISTORY]
    late = _import(home, files, "late-1.csv.gz", "usage.toml")
    return [*imports, fly_words(home, STOPS[0]), late, fly_words(home, STOPS[1])]


def _import(home: Path, files: Path, name: str, map_name: str) -> Words:
    return ("import", str(files / name), "--map", str(files / map_name), "--home", str(home))


def fly_words(home: Path, until: datetime) -> Words:
    """The command that flies a home to an instant."""
    return ("fly", "--until", f"{until.isoformat()}Z", "--home", str(home))


def outputs(home: Path) -> dict[str, str]:
    """What a program can see of a home, byte for byte; its ledger has to be sound."""
    names = "invoices", "decisions", "rejected"
    found = {name: say(name, "--home", home, "--format", "json") for name in names}
    with opened(home) as house:
        assert house.verify() == []
        for table in TABLES:
            for form in FORMS:
                with redirect_stdout(io.StringIO()) as shown:
                    write(house.read(table), form)
                found[f"{table}.{form}"] = shown.getvalue()
    return found


def undisturbed(home: Path, files: Path) -> list[float]:
    """A home made and flown in peace; the seconds that each command took."""
    founded(home, files)
    seconds = []
    for words in commands(home, files):
        before = time.monotonic()
        assert run(words) == 0, words
        seconds.append(time.monotonic() - before)
    return seconds


def disturbed(home: Path, files: Path, kills: Sequence[Kill]) -> int:
    """The same home, killed on its way, and how often it was; a command that is done is done."""
    founded(home, files)
    count = 0
    for number, words in enumerate(commands(home, files)):
        done = False
        for kill in (one for one in kills if one.command == number and not done):
            code = run(words, kill)
            assert code in (0, -signal.SIGKILL), (words, code)
            count, done = count + (code != 0), code == 0
        if not done:
            assert run(words) == 0, words
    return count


def drawn(seed: str, home: int, count: int, seconds: Sequence[float]) -> list[Kill]:
    """Kills of one home, spread evenly over all the time that its commands take."""
    kills = []
    for number in range(count):
        place = str(home), str(number)
        moment = draw(seed, BEGIN, *place) * sum(seconds)
        command = 0
        while moment > seconds[command]:
            moment -= seconds[command]
            command += 1
        fresh = draw(seed, BEGIN, *place, "fresh") < _FRESH_SHARE
        kills.append(Kill(command, moment, fresh))
    return kills


def run(words: Words, kill: Kill | None = None) -> int:
    """The exit code; negative is the signal that ended it."""
    process = _TERMINAL.Process if kill and kill.fresh else _SERVER.Process
    running = process(target=_psizero, args=words)
    running.start()
    running.join(kill.delay_seconds + _LOADING_SECONDS * kill.fresh if kill else None)
    running.kill()
    running.join()
    code = running.exitcode
    running.close()
    return -1 if code is None else code


def _psizero(*words: str) -> None:
    """All that the command `psizero` does in a process of its own."""
    sys.argv = ["psizero", *words]
    with redirect_stdout(io.StringIO()):
        main()


def killed_in_all(folder: Path, seed: str, least: int) -> None:
    """Homes of twelve aimed kills each, until `least` processes were killed."""
    files = write_files(small_company(seed), folder / "files")
    seconds = undisturbed(folder / "peace", files)
    expected, killed, number = outputs(folder / "peace"), 0, 0
    while killed < least:
        home, number = folder / f"home-{number}", number + 1
        kills = drawn(seed, number, 12, seconds)
        killed += disturbed(home, files, kills)
        found = outputs(home)
        differing = [name for name, text in expected.items() if found[name] != text]
        assert not differing, f"seed {seed}, home {number}: {differing} after {kills}"
        shutil.rmtree(home)
