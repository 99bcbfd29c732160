"""A process of its own for every heavy measure, so that memory and caches stay apart.

`python -m benchmarks.child MODULE FUNCTION ARGUMENTS FOLDER` calls the function with a folder to
fill and the arguments (a JSON object), and writes what it returns to a file in that folder.
"""

import asyncio
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "build"  # on the disk of the checkout: in a folder in memory fsync would be free
SECONDS_MAX = 600

Found = TypeVar("Found")


def measured(call: Callable[..., Found], kind: type[Found], **arguments: int) -> Found:
    """What a function of a module returns, a `kind`, called in a fresh process.

    Raises RuntimeError where it fails: its own error is on stderr then.
    """
    SCRATCH.mkdir(exist_ok=True)
    said = msgspec.json.encode(arguments).decode()
    with TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder:
        words = ["-m", "benchmarks.child", call.__module__, call.__name__, said, folder]
        if run([sys.executable, *words]):
            raise RuntimeError(f"{call.__module__}.{call.__name__} failed")
        return msgspec.json.decode((Path(folder) / "found.json").read_bytes(), type=kind)


def run(command: list[str]) -> int:
    """Run to the end without its stdout; the exit code. Raises TimeoutError where it hangs."""
    return asyncio.run(_ended(command))


async def _ended(command: list[str]) -> int:
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=null, cwd=ROOT)
    try:
        return await asyncio.wait_for(process.wait(), SECONDS_MAX)
    except TimeoutError:
        process.kill()
        raise


def main(module: str, function: str, arguments: str, folder: str) -> None:
    """The child's side."""
    call = getattr(importlib.import_module(module), function)
    found = call(Path(folder), **msgspec.json.decode(arguments, type=dict[str, int]))
    (Path(folder) / "found.json").write_bytes(msgspec.json.encode(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
