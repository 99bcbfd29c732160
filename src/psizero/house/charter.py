"""house.toml: the owner's company, targets, caps, bindings and settings, as the log takes it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from psizero.core.automation import Automation
from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.core.policy import Caps, Level, Policy

NUMBER = (int, float)
GATE = {"confidence_min": NUMBER, "cool_down_hours": int}


def load(path: Path, automations: Mapping[str, Automation]) -> dict[str, object]:
    """The file by dotted key. Raises Problem naming key and line of what is wrong."""
    try:
        text = path.read_text()
        document = tomllib.loads(text)
    except FileNotFoundError:
        raise Problem(f"{path} is missing", "psizero init --home H makes a home") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path.name} is no TOML: {error}") from None
    flat = dict(flatten(document))
    for key, value in flat.items():
        wrong = fault(key, value, automations)
        if wrong:
            raise Problem(f"{path.name} line {line_of(text, key)}: {key}: {wrong}")
    return flat


def flatten(document: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """Nested tables as dotted keys."""
    for key, value in document.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from flatten(value, f"{name}.")
        else:
            yield name, value


def line_of(text: str, key: str) -> int:
    """The line in which a dotted key is set; 1 where it cannot be told."""
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if header:
            section = header[1].replace('"', "").replace(" ", "") + "."
        setting = re.match(r'\s*([A-Za-z0-9_."-]+)\s*=', line)
        if setting and section + setting[1].replace('"', "") == key:
            return number
    return 1


def fault(key: str, value: object, automations: Mapping[str, Automation]) -> str:
    """What is wrong with one setting; empty when nothing is."""
    section, _, rest = key.partition(".")
    if section == "company":
        return "" if rest in ("name", "zone") and isinstance(value, str) else "name or zone, text"
    if section == "targets":
        return "" if _is_number(value) else "a target is a number"
    if section == "gate":
        return _typed(rest, value, GATE)
    if section == "bindings":
        return "" if isinstance(value, str) else "a binding names a connector"
    if section not in ("caps", "settings"):
        return "unknown section; known: company, targets, gate, bindings, caps, settings"
    name, _, last = rest.rpartition(".")
    if name not in automations:
        return f"unknown automation {name!r}; known: {', '.join(automations)}"
    if section == "caps":
        return _typed(last, value, dict.fromkeys(Caps.__struct_fields__, int))
    return _setting_fault(automations[name], last, value)


def _is_number(value: object) -> bool:
    return isinstance(value, NUMBER) and not isinstance(value, bool)


def _typed(name: str, value: object, known: Mapping[str, object]) -> str:
    if name not in known:
        return f"unknown key; known: {', '.join(known)}"
    if not _is_number(value) or (known[name] is int and not isinstance(value, int)):
        return "a whole number is needed" if known[name] is int else "a number is needed"
    return "" if float(str(value)) >= 0 else "must not be negative"


def _setting_fault(automation: Automation, name: str, value: object) -> str:
    fields = automation.settings.__struct_fields__
    if name not in fields:
        return f"unknown setting; known: {', '.join(fields)}"
    try:
        settings_of(automation, {f"settings.{automation.name}.{name}": value})
    except msgspec.ValidationError as error:
        return str(error).split(" - ")[0]
    return "must not be negative" if _is_number(value) and float(str(value)) < 0 else ""


def settings_of(automation: Automation, flat: Mapping[str, object]) -> msgspec.Struct:
    """The automation's settings: its defaults, with what the owner set."""
    prefix = f"settings.{automation.name}."
    mine = {key.removeprefix(prefix): v for key, v in flat.items() if key.startswith(prefix)}
    values = msgspec.to_builtins(automation.settings) | {
        k: v for k, v in mine.items() if v is not None
    }
    return msgspec.convert(values, type(automation.settings))


def policy_of(levels: Mapping[tuple[str, str], Level], flat: Mapping[str, object]) -> Policy:
    """The policy that the log's levels and the log's settings make."""
    flat = {key: value for key, value in flat.items() if value is not None}
    caps: dict[str, dict[str, object]] = {}
    for key, value in flat.items():
        if key.startswith("caps."):
            name, _, cap = key.removeprefix("caps.").rpartition(".")
            caps.setdefault(name, {})[cap] = value
    bindings = {
        k.removeprefix("bindings."): str(v) for k, v in flat.items() if k[:9] == "bindings."
    }
    gate = {k.removeprefix("gate."): v for k, v in flat.items() if k.startswith("gate.")}
    policy = msgspec.convert({"caps": caps, "bindings": bindings, **gate}, Policy)
    return msgspec.structs.replace(policy, levels=levels)


def changes(said: Mapping[str, object], known: Mapping[str, str]) -> dict[str, str]:
    """What house.toml says otherwise than the log, as canonical JSON; null where it is gone."""
    now = {key: canonical(value) for key, value in said.items()}
    gone = {key: "null" for key, value in known.items() if key not in now and value != "null"}
    return {key: value for key, value in now.items() if known.get(key) != value} | gone


def template(company: str, automations: Mapping[str, Automation]) -> str:
    """A new house.toml: everything that can be set, commented out at its default."""
    parts = [_HEAD.format(company=canonical(company))]
    for name, automation in automations.items():
        values = msgspec.to_builtins(automation.settings)
        parts.append(f"[settings.{name}]  # {automation.target}")
        parts += [f"# {key} = {_toml(value)}" for key, value in values.items()]
        parts += [f"[caps.{name}]", *(f"# {cap} = 1000" for cap in Caps.__struct_fields__), ""]
    return "\n".join(parts)


def _toml(value: object) -> str:
    return canonical(value) if isinstance(value, str | bool | list) else str(value)


_HEAD = """\
# What the owner decides. The difference to what the log holds enters it at the next start;
# how far an automation may go stands in the log alone (psizero init --grant).

[company]
name = {company}
# zone = "UTC"            # the company's time zone, an IANA name

[targets]                 # figures that reports are held against, for example
# mrr_growth_share = 0.05

[gate]
# confidence_min = 0.5    # a decision less sure than this asks a person
# cool_down_hours = 24    # nobody is reached twice on one channel within this

[bindings]                # which connector carries out a verb that reaches outside
# message.send = "outbox" # written as mail files into the home; nobody gets them
"""
