"""A process of its own for every heavy measure, so that memory and caches stay apart.

`python -m benchmarks.child MODULE FUNCTION ARGUMENTS` calls the function with the folder that it
may fill and the arguments (a JSON object), and prints what it returns as JSON.
"""

import importlib
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "build"  # on the disk of the checkout: a folder in memory would make fsync free
SECONDS_MAX = 420

Found = TypeVar("Found")


def measured(kind: type[Found], name: str, **arguments: int) -> Found:
    """What `module.function` returns in a fresh process. Raises where it fails or hangs."""
    module, _, function = name.rpartition(".")
    said = msgspec.json.encode(arguments).decode()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", f"benchmarks.{module}", function, said],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        timeout=SECONDS_MAX,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=kind)


def main(module: str, function: str, arguments: str) -> None:
    """The child's side."""
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder:
        call = getattr(importlib.import_module(module), function)
        found = call(Path(folder), **msgspec.json.decode(arguments, type=dict[str, int]))
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
