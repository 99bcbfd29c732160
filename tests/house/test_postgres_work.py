"""Workers of one house, killed again and again: one of them always takes it over."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from unittest.mock import patch

import pytest

from psizero.cli import main
from psizero.core.chance import draw
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house import levels
from psizero.house.live import awake
from psizero.house.storage import url_of
from psizero.store import postgres
from psizero.store.errands import Errands
from tests.house.flights import say
from tests.house.living import _SERVER, ended, line, present, pulse, until
from tests.house.test_live_kills import moved_in
from tests.store.postgres_server import database, settled
from tests.toy.installed import beside
from tests.toy.town import BEGIN, entered, founded, priced

KILLS = 6
LEVELS = {"customers.greeting": Level.AUTO, "finance.invoicing": Level.AUTO}
TOML = '[bindings]\nmessage.send = "outbox"\n'


def begun(home: Path, *words: str) -> ForkServerProcess:
    """`psizero work`, where the toy is installed; what it says goes to work.err in the home."""
    with beside():
        process = _SERVER.Process(target=_work, args=(str(home), *words))
        process.start()
    return process


def _work(home: str, *words: str) -> None:
    sys.argv = ["psizero", "work", "--home", home, *words]
    said = os.open(Path(home) / "work.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 2)
    sys.stderr = os.fdopen(said, "w", buffering=1)
    main()


@contextmanager
def working(home: Path, count: int) -> Iterator[list[ForkServerProcess]]:
    """So many workers in one home; gone at the end."""
    workers = [begun(home) for _ in range(count)]
    try:
        yield workers
    finally:
        for one in workers:
            one.kill()
            one.join()


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """The host where the workers are, and another one; the house is founded and has prices."""
    with database() as url:
        home = founded(tmp_path / "one", LEVELS, f'{TOML}[store]\nurl = "{url}"\n')
        with entered(home) as house:
            priced(house)
        yield home, settled(tmp_path / "two", url, TOML)


def leader(home: Path) -> int:
    """The process that runs the house; 0 where none does."""
    try:
        return line(home).pid if pulse(home).last_tick is not None else 0
    except (OSError, ValueError):
        return 0


def mails(home: Path) -> list[str]:
    """To whom mail went, in order."""
    found = [path.read_bytes() for path in (home / "outbox").glob("*.eml")]
    return sorted(mail.split(b"To: ")[1].split(b"@")[0].decode() for mail in found)


def test_killed_at_any_moment(homes: tuple[Path, Path]) -> None:
    """Whoever moves in at another host gets one mail and one invoice, numbered without a gap."""
    home, other = homes
    names = [f"c{number:02}" for number in range(KILLS)]
    with working(home, 2) as workers:
        until(lambda: leader(home))
        for name in names:
            with entered(other) as house:
                moved_in(house, name)
            workers[0].join(0.4 + 1.2 * draw("work", BEGIN, name))
            first = draw("work", BEGIN, name, "which") < 0.7
            chosen = next((w for w in workers if (w.pid == leader(home)) is first), workers[0])
            chosen.kill()
            chosen.join()
            assert chosen.exitcode == -signal.SIGKILL
            workers[workers.index(chosen)] = begun(home)
        until(lambda: len(mails(home)) == KILLS)
        until(lambda: invoiced(other) == KILLS)
        assert {ended(one) for one in workers} == {0}
    with entered(home) as house:
        invoices = house.read("invoices").sort("number")
        assert invoices["number"].to_list() == list(range(1, KILLS + 1))
        assert sorted(invoices["subject"].to_list()) == names == mails(home)
        receipts = house.read("receipt")
        done = receipts.filter(receipts["state"] == "done", receipts["verb"] == "message.send")
        assert sorted(done["subject"].to_list()) == names
        assert house.read("intents").is_empty() and house.verify() == []


def invoiced(home: Path) -> int:
    """How many invoices another host knows of."""
    with entered(home) as house:
        return house.read("invoices").height


def test_what_is_said_elsewhere_is_said_now(homes: tuple[Path, Path]) -> None:
    """Where the house runs live, other hosts stamp by the wall; its leader obeys them at once."""
    home, other = homes
    with working(home, 1) as (worker,):
        until(lambda: leader(home))
        with entered(other) as house:
            begin = present()
            moved_in(house, "ada")
            house.grant({"growth.wishes": Level.SHADOW}, by="owner", because="a try")
            stamp = house.store.everything("policy.changed")["recorded_at"].max()
            assert begin - timedelta(seconds=2) < stamp < present() + timedelta(seconds=2)
        until(lambda: mails(home) == ["ada"])
        levels.stop(other, "*", "anna", "a drill")
        until(lambda: "*" in pulse(home).stopped)
        with (
            patch.object(postgres, "LEAD_PATIENCE_SECONDS", 0.3),
            entered(other) as house,
            pytest.raises(Problem, match="commits for this house"),
        ):
            awake(house, present, lambda event, **said: None)
        assert ended(worker) == 0
    with entered(other) as house:
        assert house.clock is None


def test_several_processes_of_one_command(homes: tuple[Path, Path]) -> None:
    """One commits, the other thinks along; both end with the command."""
    home, _ = homes
    errands = Errands(url_of(home))
    process = begun(home, "--concurrency", "2")
    until(lambda: leader(home) == process.pid)
    until(lambda: errands.aides() == 1)
    assert ended(process) == 0 and errands.aides() == 0
    errands.close()


def test_a_house_in_a_file_has_no_workers(tmp_path: Path) -> None:
    say("init", "--home", tmp_path / "home")
    with pytest.raises(Problem, match="lies in the home itself"):
        say("work", "--home", tmp_path / "home")
