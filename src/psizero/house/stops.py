"""The stop file: what `psizero stop` writes beside the store, without opening it."""

from pathlib import Path

import msgspec

from psizero.core.policy import ANY

STOP, _WHY = "stop", ("by", "because")


def stops(home: Path) -> dict[str, dict[str, str]]:
    """What the file `stop` names, with who wrote it and why; one that is broken stops all."""
    try:
        said = msgspec.json.decode((home / STOP).read_bytes(), type=dict[str, dict[str, str]])
        return {one: {n: why.get(n, "") for n in _WHY} for one, why in said.items()}
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError):
        return {ANY: {"by": "nobody", "because": f"the file {STOP} cannot be read"}}
