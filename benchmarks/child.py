"""A process of its own for every heavy measure, so that memory and caches stay apart."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / "build"  # on the disk of the checkout: in a folder in memory fsync would be free
SECONDS_MAX = 600

_SPAWN = multiprocessing.get_context("spawn")
Found = TypeVar("Found")


def measured(call: Callable[..., Found], **arguments: int) -> Found:
    """What a function of a module returns in a fresh process, called with a folder to fill.

    Raises RuntimeError where it fails (its own error is on stderr then) or hangs.
    """
    receiving, sending = _SPAWN.Pipe(duplex=False)
    child = _SPAWN.Process(target=_call, args=(sending, call, arguments), daemon=True)
    child.start()
    sending.close()
    try:
        if not receiving.poll(SECONDS_MAX):
            raise RuntimeError(f"{call.__name__} takes more than {SECONDS_MAX} s")
        found: Found = receiving.recv()
    except EOFError:
        raise RuntimeError(f"{call.__name__} failed") from None
    finally:
        child.kill()
        child.join()
    return found


def _call(sending: Connection, call: Callable[..., object], arguments: dict[str, int]) -> None:
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder:
        found = call(Path(folder), **arguments)
    sending.send(found)
