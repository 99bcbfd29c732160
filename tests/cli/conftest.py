"""One demo for all tests of the door: its home, and what it printed."""

import contextlib
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


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """As a person runs it: in some folder, without an option."""
    folder = tmp_path_factory.mktemp("shown")
    with contextlib.chdir(folder), out.capture() as captured:
        app(["demo", "--files"], result_action="return_value")
    return Shown(folder, captured.get())
