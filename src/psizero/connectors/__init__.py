"""The world outside: one folder for each thing that is read, called or asked."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from psizero.core.errors import Problem

Form = TypeVar("Form")


def set_up(path: Path, otherwise: Form) -> Form:
    """What a connector's TOML file in the home says; `otherwise` where there is none.

    Raises Problem where it cannot be read or says what no such file may.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=type(otherwise))
    except FileNotFoundError:
        return otherwise
    except (ValueError, RecursionError, OSError) as error:
        raise Problem(f"{path}: {error}") from None


def secret(folder: Path, variable: str, file: str, whose: str) -> str:
    """A secret from the environment, else from a file in the connector's folder of the home.

    Raises Problem where there is none, or where others may read the file.
    """
    said, path = os.environ.get(variable), folder / file
    if said:
        return said
    if not path.is_file():
        raise Problem(f"no {whose}: set {variable}, or write {path} (mode 600)")
    if path.stat().st_mode & 0o077:
        raise Problem(f"{path} can be read by others", f"chmod 600 {path}")
    return path.read_text().strip()
