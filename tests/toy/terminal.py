"""The command `psizero` in a process of its own, where the toy is installed."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec

from psizero.cli import main
from tests.toy.installed import apart


class Said(msgspec.Struct, frozen=True):
    """What one command came to."""

    code: int
    out: str
    err: str


def psizero(folder: Path, *commands: tuple[object, ...]) -> list[Said]:
    """`psizero WORDS` for each of the commands where the toy is installed, one after another."""
    words = [[str(word) for word in command] for command in commands]
    assert apart(terminal, folder / "said.json", words, COLUMNS="300") == 0
    return msgspec.json.decode((folder / "said.json").read_bytes(), type=list[Said])


def terminal(output: Path, commands: list[list[str]]) -> None:
    """What such a process does; it tells in a file."""
    told = []
    for words in commands:
        sys.argv, out, err, code = ["psizero", *words], io.StringIO(), io.StringIO(), 0
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        told.append(Said(code, out.getvalue(), err.getvalue()))
    output.write_bytes(msgspec.json.encode(told))
