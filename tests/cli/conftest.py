"""One demo for all tests of the door: its home, and what it printed."""

import contextlib
import fcntl
import os
import shlex
import shutil
from pathlib import Path

import msgspec
import pytest

from psizero.cli.commands import app
from psizero.cli.show import out


class Shown(msgspec.Struct, frozen=True):
    """A demo that ran in `folder`, as `demo`; tests that change it take a copy."""

    folder: Path
    text: str

    @property
    def home(self) -> Path:
        return self.folder / "demo"


def commands(text: str) -> list[list[str]]:
    """Every command line in a text, those cut by a backslash joined again."""
    lines = (line.strip().removeprefix("$ ") for line in text.replace("\\\n", "").splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("psizero ")]


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """As a person runs it, in some folder; once for all processes, each of which has a copy."""
    here = tmp_path_factory.getbasetemp()
    place = (here.parent if "PYTEST_XDIST_WORKER" in os.environ else here) / "once"
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = place / "said.txt"  # written last: a run that failed is made again
        if not said.exists():
            with contextlib.chdir(place), out.capture() as captured:
                app(["demo", "--files"], result_action="return_value")
            said.write_text(captured.get())
        mine = tmp_path_factory.mktemp("shown")
        shutil.copytree(place / "demo", mine / "demo")
        return Shown(mine, said.read_text())
