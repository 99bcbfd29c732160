"""Work that is stopped from outside: one line, nothing half-written, and it goes on afterwards."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from functools import partial
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest

from psizero.cli import door
from psizero.connectors.files import _told
from psizero.house.home import opened
from psizero.store import sealing
from tests.cli.attempts import HEADER, START, USE, copied, done, founded, holds, mapped, refused

PSIZERO = [sys.executable, "-m", "psizero"]
# Writes beyond so many bytes of one file fail, as on a disk that is full.
LIMITED = """import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
runpy.run_module("psizero", run_name="__main__")"""
DEFECT = """import sys
from psizero.cli import main, report
report.gate, sys.argv = (lambda format: 1 // 0), ["psizero", "gate"]
main()"""
ROWS, CUSTOMERS = 40_000, 40
FLY = ("fly", "--until", "2026-09-20T00:00:00Z")
Words = tuple[object, ...]
PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
run = partial(subprocess.run, check=False, **PIPES)
start = partial(subprocess.Popen, **PIPES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one price, one with its history too, and the files of that."""
    made = tmp_path_factory.mktemp("stopped")
    founded(made / "founded")
    rows = (
        f"{n},c{n % CUSTOMERS},2026-09-{n % 14 + 1:02}T{n % 24:02}:00:00Z,{n % 97},{{}}"
        for n in range(ROWS)
    )
    (made / "a.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    once = START.replace("moment as", "timestamp '2026-09-01' as") + " where line <= 41"
    mapped(made / "m.toml", ("usage.recorded", USE), ("subscription.started", once))
    done(*bring(made), "--home", copied(made / "founded", made / "filled"))
    return made


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The invoices of a flight that nobody stopped."""
    home = copied(folder / "filled", tmp_path_factory.mktemp("undisturbed") / "home")
    done(*FLY, "--home", home)
    return invoices(home)


def bring(folder: Path) -> Words:
    return ("import", folder / "a.csv", "--map", folder / "m.toml")


def invoices(home: Path) -> str:
    return done("invoices", "--home", home, "--format", "json")


@pytest.mark.parametrize("delay_s", [0.1, 0.7, 1.0])
@pytest.mark.parametrize("work", ["import", "fly"])
def test_interrupted(
    work: str, delay_s: float, folder: Path, undisturbed: str, tmp_path: Path
) -> None:
    """Ctrl-C at any time: 130 and one line, or it was done already."""
    origin, words = ("founded", bring(folder)) if work == "import" else ("filled", FLY)
    home = copied(folder / origin, tmp_path / "home")
    process = start([*PSIZERO, *map(str, words), "--home", str(home)])
    time.sleep(delay_s)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode != 0:
        assert process.returncode == 130, err
        assert err.startswith("psizero: stopped") and err.count("\n") == 1
    done("verify", "--home", home)
    if work == "import":
        waiting = holds(home)[1]
        assert isinstance(waiting, dict) and waiting.get("usage.recorded", 0) in (0, ROWS)
        done(*bring(folder), "--home", home)
    done(*FLY, "--home", home)
    assert invoices(home) == undisturbed


def test_interrupted_within_the_engine(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C while DuckDB reads a frame of ours is an error of DuckDB that names it.

    The map's door tells DuckDB's errors as problems; this one stays what it is.
    """

    def reads(_words: list[str]) -> None:
        with _told("m.toml: select 2"):
            raise duckdb.InvalidInputException("reading 'incoming' failed: KeyboardInterrupt: ")

    with patch.object(door, "app", reads), pytest.raises(SystemExit) as left:
        door.run()
    assert left.value.code == 130
    assert capsys.readouterr().err.startswith("psizero: stopped")


@pytest.mark.parametrize(("work", "bytes_max"), [("import", 3 << 20), ("fly", 1 << 20)])
def test_no_room(work: str, bytes_max: int, folder: Path, undisturbed: str, tmp_path: Path) -> None:
    """A disk that is full: told as such, and after there is room it goes on."""
    origin, words = ("founded", bring(folder)) if work == "import" else ("filled", FLY)
    home = copied(folder / origin, tmp_path / "home")
    limited = [sys.executable, "-c", LIMITED, str(bytes_max)]
    said = run([*limited, *map(str, words), "--home", str(home)])
    err = said.stderr
    assert said.returncode == 1 and "Traceback" not in err and "a defect of" not in err
    assert err.startswith("psizero: ") and len(err.splitlines()) <= 3 and "File too large" in err
    if work == "import":
        assert holds(home) == holds(folder / "founded")
        done(*bring(folder), "--home", home)
    done(*FLY, "--home", home)
    done("verify", "--home", home)
    assert invoices(home) == undisturbed


@pytest.mark.parametrize("commit", range(1, 6))
def test_a_commit_that_fails(commit: int, folder: Path, tmp_path: Path) -> None:
    """Its batch was never there: the head that is signed at the end does not name it."""
    home, left = copied(folder / "filled", tmp_path / "home"), iter(range(commit))
    real = sealing.transaction

    @contextmanager
    def failing(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        with real(connection):
            yield
            if next(left, None) is None:
                raise OSError(ENOSPC, "No space left on device")

    with patch.object(sealing, "transaction", failing):
        assert "the disk is full" in refused(*FLY, "--home", home)
    done("verify", "--home", home)


def test_owned_by_another(folder: Path, tmp_path: Path) -> None:
    """The one who comes second is told who has the home."""
    home = copied(folder / "founded", tmp_path / "home")
    with opened(home):
        for words in (("meters",), ("verify",), FLY, bring(folder)):
            said = run([*PSIZERO, *map(str, words), "--home", str(home)])
            assert said.returncode == 1 and f"process {os.getpid()}" in said.stderr
            assert len(said.stderr.splitlines()) <= 3


@pytest.mark.parametrize(
    "words", ["table price_set --format csv", "tables", "tables --format json"]
)
def test_nobody_reads_on(words: str, folder: Path) -> None:
    """As in `psizero ... | true`, or with a stdout that was closed: not a word about it."""
    command = words.split()
    if command[0] == "table":
        command += ["--home", str(folder / "founded")]
    reading, writing = os.pipe()
    os.close(reading)
    piped = run([*PSIZERO, *command], stdout=writing)
    os.close(writing)
    assert (piped.returncode, piped.stderr) == (1, "")
    shut = run(["/bin/sh", "-c", '"$0" "$@" >&-', *PSIZERO, *command])
    assert (shut.returncode, shut.stderr) == (0, "")


def test_a_terminal_without_letters(folder: Path) -> None:
    """What it cannot write stands as an escape."""
    word = "größe"
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    said = run([*PSIZERO, "table", word, "--home", str(folder / "founded")], env=ascii_only)
    assert said.returncode == 1 and "gr\\xf6\\xdfe" in said.stderr


@pytest.mark.parametrize(("trace", "lines"), [({}, 2), ({"PSIZERO_TRACE": "1"}, 9)])
def test_a_defect_is_told_with_its_place(trace: dict[str, str], lines: int) -> None:
    """And in full where somebody asks for it."""
    said = run([sys.executable, "-c", DEFECT], env=os.environ | trace)
    assert said.returncode == 1 and "ZeroDivisionError" in said.stderr
    assert (len(said.stderr.splitlines()) > lines) is bool(trace)
    assert ("Traceback" in said.stderr) is bool(trace)
