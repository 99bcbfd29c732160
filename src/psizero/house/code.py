"""Under which code an automation thinks: a digest over all that could change what it decides."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from platform import python_version
from types import ModuleType

from psizero.core.automation import Automation
from psizero.core.tables import Derived, Table, below

COMPUTING = ("duckdb", "numpy", "polars", "pyarrow", "scikit-learn", "scipy")
"""Libraries whose figures a decision may rest on."""
_DATA = (".py", ".sql", ".jinja", ".toml")
_SHARED = ("psizero.core", "psizero.models")


def digest(
    module: ModuleType, automation: Automation, tables: Mapping[str, Table], sql: Mapping[str, str]
) -> str:
    """SHA-256 over the rooms of the automation and of every table beneath it, what all share,
    the SQL of those tables, and the versions of Python and of the libraries that compute.

    Whoever may act under another one proves itself on the last 30 days first (house/proof.py).
    """
    beneath = sorted(below(automation.reads, tables))
    derived = (one for name in beneath if isinstance(one := tables[name], Derived))
    rooms = {_room(module.__name__), *(_room(one.compute.__module__) for one in derived)}
    said = [_computing(), *(_folder(room) for room in sorted(rooms | set(_SHARED)))]
    return _sha256(one.encode() for one in (*said, *(sql.get(name, "") for name in beneath)))


def _room(module: str) -> str:
    """The package of thinking that a module belongs to: a domain of ours, or one beside ours."""
    if not module.startswith("psizero."):
        return module.partition(".")[0]
    return ".".join(module.split(".")[:2])


@cache
def _folder(package: str) -> str:
    return _sha256(one.read_bytes() for one in sorted(_sources(files(package)), key=str))


@cache
def _computing() -> str:
    return ", ".join([python_version(), *(f"{name} {version(name)}" for name in COMPUTING)])


def _sha256(parts: Iterable[bytes]) -> str:
    """Of parts told apart by their lengths."""
    whole = sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8) + part)
    return whole.hexdigest()


def _sources(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _sources(entry)
        elif entry.name.endswith(_DATA) and not entry.name.startswith(("test_", "cases.")):
            yield entry
