"""What goes wrong between hosts and their disks: nothing is lost, nothing is done twice."""

import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest

from psizero.cli import main
from psizero.core.chance import draw
from psizero.core.clock import LiveClock, VirtualClock
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.core.records import Receipt
from psizero.engine import hands, loop
from psizero.engine.hands import Grip, Intent
from psizero.house.home import House
from tests.house.flights import bring, filled
from tests.house.killing import _SERVER, STOPS, fly_words, outputs
from tests.store.postgres_server import database, settled
from tests.toy.installed import beside
from tests.toy.town import BEGIN, BINDINGS, entered, fly, founded, said, take, wished

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
WISHES = {"growth.wishes": Level.AUTO}


@pytest.fixture
def url() -> Iterator[str]:
    with database() as found:
        yield found


def store_in(url: str) -> str:
    """The section of house.toml that names it."""
    return f'[store]\nurl = "{url}"\n'


def cut(url: str) -> None:
    """Every connection of a house is lost."""
    with psycopg.connect(url, autocommit=True) as con:
        con.execute(
            b"select pg_terminate_backend(pid) from pg_stat_activity"
            b" where application_name = 'psizero' and datname = current_database()"
        )


def test_two_meet_on_one_intent(url: str, tmp_path: Path) -> None:
    """The first is cut off amid its calls, the second settles them; the first comes back."""
    one = founded(tmp_path / "one", WISHES, BINDINGS + store_in(url))
    two = settled(tmp_path / "two", url, BINDINGS)
    (one / "recorded").mkdir()
    (two / "recorded").symlink_to(one / "recorded")  # one and the same world
    names, met, real = ["ada", "bob", "cid"], list[str](), hands._called

    with entered(one) as first, entered(two) as second:
        take(first, "wish.made", [wished("gift.send", name) for name in names])

        def meeting(intent: Intent, grip: Grip) -> Receipt:
            receipt = real(intent, grip)
            if not met:
                met.append(intent.subject)
                cut(url)
                fly(second, BEGIN + MINUTE)
            return receipt

        with (
            patch.object(hands, "_called", meeting),
            pytest.raises(Problem, match="another process committed for this house in between"),
        ):
            fly(first, BEGIN + MINUTE)
        assert sorted(str(row["subject"]) for row in said(one)) == names
        second.store.close()
        fly(first, BEGIN + 2 * MINUTE)
        assert sorted(str(row["subject"]) for row in said(one, "effects")) == names
        states = first.read("receipt").group_by("state").len().sort("state").rows()
        assert states == [("done", 3), ("sent", 3)] and first.verify() == []


def test_a_clock_that_is_wrong(url: str, tmp_path: Path) -> None:
    """Right on one host, ahead on the next, then behind, then right again: time never falls."""
    home = founded(tmp_path / "one", WISHES, BINDINGS + store_in(url))
    stamps = list[datetime]()
    for number, off in enumerate((0, 5, -5, 0)):
        with entered(home) as house:
            clock = LiveClock(house.store.floor, walls(BEGIN + (number + off) * MINUTE))
            row = wished("gift.send", f"c{number}", BEGIN - SECOND)
            take(house, "wish.made", [row], clock.now())
            lived(house, clock)
            stamps.append(house.now)
    assert stamps == sorted(set(stamps))
    with entered(home) as house:
        subjects = sorted(str(row["subject"]) for row in said(home, "effects"))
        assert subjects == ["c0", "c1", "c2", "c3"]
        rows = house.read("wish_made").sort("position")["recorded_at"]
        assert rows.is_sorted() and house.verify() == []


def walls(at: datetime) -> Callable[[], datetime]:
    """A wall whose clock stands."""
    return lambda: at


def lived(house: House, clock: LiveClock) -> None:
    """Two seconds on the real clock, as that host has it."""
    left = iter((True, True, False))

    def between() -> bool:
        time.sleep(1)
        return next(left)

    house.take_charter()
    list(loop.live(house.crew(VirtualClock(datetime.min)), clock, between))


def _limited(file_bytes: int, said_at: str, words: list[str]) -> None:
    """`psizero WORDS` where no file may grow beyond so many bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    sys.argv = ["psizero", *words]
    with Path(said_at).open("w") as told, redirect_stderr(told), redirect_stdout(told):
        main()


def test_a_disk_that_is_full(small_home: Path, small_files: Path, tmp_path: Path) -> None:
    """A house in a file says so, and goes on to the same bytes when there is room."""
    home, refused = filled(tmp_path / "home", small_files), 0
    for number, until in enumerate(STOPS):
        words = fly_words(home, until)
        for room_bytes in (5_000, 60_000):
            told = tmp_path / f"{number} {room_bytes}"
            process = _SERVER.Process(target=_limited, args=(room_bytes, str(told), words))
            process.start()
            process.join()
            if process.exitcode:
                refused += 1
                assert process.exitcode == 1 and "psizero: " in told.read_text()
                assert "Traceback" not in told.read_text()
        fly_on(words)
        if number == 0:
            bring(home, small_files / "late-1.csv.gz", small_files / "usage.toml")
    assert refused >= 2
    assert outputs(home) == outputs(small_home)


def fly_on(words: tuple[str, ...]) -> None:
    """The same where there is room."""
    process = _SERVER.Process(target=_limited, args=(resource.RLIM_INFINITY, "/dev/null", words))
    process.start()
    process.join()
    assert process.exitcode == 0


def chosen(home: Path) -> list[tuple[object, ...]]:
    """Who got it, and what became of everybody else."""
    with entered(home) as house:
        assert house.verify() == []
        found = house.read("verdict").select("decision", "level", "clause")
        return sorted(found.rows(), key=str)


def _fly(home: str) -> None:
    with entered(Path(home)) as house:
        fly(house, BEGIN + MINUTE)


@pytest.mark.parametrize(("people", "kills"), [(300, 6)])
def test_killed_inside_one_tick(people: int, kills: int, url: str, tmp_path: Path) -> None:
    """One tick of many decisions and a cap: those who are taken are those of the quiet flight."""
    killed_inside_one_tick(tmp_path, url, people, kills)


def killed_inside_one_tick(folder: Path, url: str, people: int, kills: int) -> None:
    """Half of the people are taken, whoever dies how often meanwhile."""
    cap = f"[caps.growth.wishes]\nactions_per_day_max = {people // 2}\n"
    rows = [
        wished("access.lift", f"c{n:06}", BEGIN, minor=n, currency="EUR") for n in range(people)
    ]
    homes = [folder / name for name in ("quiet", "timed", "killed")]
    for home, more in zip(homes, ("", "", store_in(url)), strict=True):
        founded(home, WISHES, f"{BINDINGS}{cap}[gate]\ncool_down_hours = 0\n{more}")
        with entered(home) as house:
            take(house, "wish.made", rows)
    quiet, timed, killed = homes
    _fly(str(quiet))
    begin = time.monotonic()
    assert flown(timed, None) == 0
    seconds = time.monotonic() - begin
    # early: what one did before it died is there, so the next takes less, and who is done is done
    parts = [0.1 + 0.4 * draw("tick", BEGIN, f"{n}") for n in range(kills)]
    codes = [flown(killed, seconds * part) for part in parts]
    _fly(str(killed))
    assert sum(code != 0 for code in codes) > kills // 10
    assert chosen(killed) == chosen(quiet)
    assert sum(level == "auto" for _, level, _ in chosen(quiet)) == people // 2


def flown(home: Path, seconds: float | None) -> int | None:
    """A flight in a process of its own, killed after so long; the exit code."""
    with beside():
        process = _SERVER.Process(target=_fly, args=(str(home),))
        process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode
