"""Scenarios: parameters with value, unit, source and how sure, as TOML.

A scenario names the one that it extends and says only what is otherwise; `calm` says all.
"""

from collections.abc import Mapping
from importlib.resources import files
from math import isfinite
from pathlib import Path

import msgspec

from psizero.core.errors import Problem

ROOT = "calm"
_TIMES_MOST = 1_000
_DIVIDES, _SIGNED = "divides 24", "growth"
SURE = ("measured", "published", "estimated", "assumed")
"""How sure: measured on data of ours, published by somebody, estimated from such, assumed."""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number (or one list, or one table of numbers) and where it comes from."""

    value: float | list[float] | dict[str, float]
    unit: str
    source: str
    sure: str


class Scenario(msgspec.Struct, frozen=True):
    """A company and its world, by dotted parameter names. Raises KeyError on an unknown one."""

    name: str
    doc: str
    parameters: Mapping[str, Parameter]

    def number(self, name: str) -> float:
        """A parameter that is one number."""
        value = self.parameters[name].value
        if not isinstance(value, int | float):
            raise KeyError(name)
        return float(value)

    def numbers(self, name: str) -> list[float]:
        """A parameter that is a list of numbers."""
        value = self.parameters[name].value
        if not isinstance(value, list):
            raise KeyError(name)
        return value

    def shares(self, name: str) -> dict[str, float]:
        """A parameter that is a number by name."""
        value = self.parameters[name].value
        if not isinstance(value, dict):
            raise KeyError(name)
        return value


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    doc: str
    extends: str = ""
    parameters: dict[str, dict[str, Parameter]] = {}


def names() -> tuple[str, ...]:
    """The scenarios that come with the house."""
    entries = (files("psizero.twin") / "scenarios").iterdir()
    return tuple(sorted(one.name.removesuffix(".toml") for one in entries))


def load(said: str) -> Scenario:
    """A scenario by name, or from a file of the owner's own. Raises Problem naming the mistake."""
    own = said.endswith(".toml")
    name = Path(said).stem if own else said
    if not own and name not in names():
        raise Problem(
            f"there is no scenario {said!r}",
            f"known: {', '.join(names())}, or a file of your own that ends in .toml",
        )
    try:
        text = Path(said).read_bytes() if own else _shipped(name)
        file = msgspec.toml.decode(text, type=_File)
    except FileNotFoundError:
        raise Problem(f"there is no file {said}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"scenario {name}: {error}") from None
    mine = {f"{group}.{n}": one for group, g in file.parameters.items() for n, one in g.items()}
    extended = file.extends or ("" if name == ROOT and not own else ROOT)
    if extended and extended not in names():
        raise Problem(f"scenario {name}: it extends {extended!r}", f"known: {', '.join(names())}")
    known = dict(load(extended).parameters) if extended else {}
    _check(name, mine, known)
    return Scenario(name, file.doc, {**known, **mine})


def _shipped(name: str) -> bytes:
    return (files("psizero.twin") / "scenarios" / f"{name}.toml").read_bytes()


def _check(name: str, mine: Mapping[str, Parameter], known: Mapping[str, Parameter]) -> None:
    strange = sorted(set(mine) - set(known)) if known else []
    if strange:
        raise Problem(f"scenario {name}: there is no parameter {strange[0]!r}")
    for key, one in mine.items():
        if one.sure not in SURE:
            raise Problem(f"scenario {name}: {key}: sure has to be one of: {', '.join(SURE)}")
        if not one.source.strip() or not one.unit.strip():
            raise Problem(f"scenario {name}: {key}: unit and source have to be said")
        other = known.get(key)
        if other is not None and _form(one) != _form(other):
            raise Problem(
                f"scenario {name}: {key} has another form than in {ROOT}",
                f"it is {_form(other)}",
            )

        wrong = _wrong(key, one, other or one)
        if wrong:
            raise Problem(f"scenario {name}: {key} {wrong}")


def _wrong(key: str, one: Parameter, known: Parameter) -> str:
    """What no company can have; empty where there is nothing. `known` is what calm says."""
    mine, its = _numbers(one), _numbers(known)
    most = _TIMES_MOST * max(1.0, *map(abs, its))
    if not all(map(isfinite, mine)):
        return "has to be finite"
    if _DIVIDES in known.unit and not all(n >= 1 and 24 % n == 0 for n in mine):
        return "has to divide 24"
    if min(mine) < 0 <= min(its) and _SIGNED not in key:
        return "may not be negative"
    if key.endswith(("_share", "_shares")) and max(mine) > max(1.0, *its):
        return "is a share: at most 1"
    return f"may be {most:,.0f} at most" if max(map(abs, mine)) > most else ""


def _numbers(one: Parameter) -> list[float]:
    value = one.value
    found = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    )
    return [float(n) for n in found]


def _form(one: Parameter) -> str:
    """What a value is made of: a number, so many numbers, or numbers by these names."""
    if isinstance(one.value, dict):
        return f"numbers by name: {', '.join(sorted(one.value))}"
    return f"{len(one.value)} numbers" if isinstance(one.value, list) else "a number"
