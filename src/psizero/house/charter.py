"""house.toml: the owner's company, targets, caps, bindings and settings, as the log takes it."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from math import isfinite
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from psizero.core.automation import Automation
from psizero.core.content import canonical
from psizero.core.errors import Problem
from psizero.core.policy import Caps, Policy, Role

NUMBER = (int, float)
GATE = {
    "confidence_min": NUMBER,
    "cool_down_hours": int,
    "approval_hours": int,
    "review_share": NUMBER,
}
PROMOTION = {"decisions_min": int, "days_min": int, "share_min": NUMBER}
GUARDRAIL = {"bad_share_max": NUMBER, "outcomes_min": int}
CONTACT = {
    "quiet_from_hour": int,
    "quiet_until_hour": int,
    "messages_per_day_max": int,
    "messages_per_week_max": int,
    "holdout_share": NUMBER,
}
COMPANY = ("name", "zone", "address", "country", "tax_id", "bank")
CAPS = {name: NUMBER if "share" in name else int for name in Caps.__struct_fields__}
NUMBERS = {"gate": GATE, "promotion": PROMOTION, "guardrail": GUARDRAIL, "contact": CONTACT}
RESERVED = ("policy", "replay", "house.toml", "nobody", "somebody")
"""Names by which the house says things; a verdict by one of them is no person's."""
ALONE = " single person"
SECTIONS = (
    "company",
    "people",
    "roles",
    "targets",
    *NUMBERS,
    "bindings",
    "caps",
    "settings",
    "support",
)
# The most that a number may be, by the unit in which its name ends.
MOST = {"hours": 87_600, "days": 3_650, "share": 1, "probability": 1, "confidence_min": 1}
MOST |= {"hour": 23, "days_min": 3_650, "share_min": 1, "share_max": 1, "share_per_day_max": 1}
INTEGER_MAX = 2**63 - 1


def load(path: Path, automations: Mapping[str, Automation]) -> dict[str, object]:
    """The file by dotted key. Raises Problem naming key and line of what is wrong."""
    if not path.exists():
        raise Problem(f"{path} is missing", "an empty file leaves everything at its default")
    text = read_text(path)
    flat = flat_document(path, text)
    flat = {key: value for key, value in flat.items() if key.partition(".")[0] != "store"}
    for key, value in flat.items():
        wrong = fault(key, value, automations)
        if wrong:
            raise Problem(f"{path.name} line {line_of(text, key)}: {key}: {wrong}")
    return {key: value for key, value in flat.items() if value != {}}


def read_text(path: Path) -> str:
    """What the owner wrote. Raises Problem where it cannot be read or is no UTF-8."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise Problem(f"cannot read {path}: {error.strerror}") from None
    try:
        return body.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Problem(f"{path.name} line {line}: it is no UTF-8 text") from None


def document_of(path: Path, text: str) -> dict[str, object]:
    """The TOML of a text read from `path`. Raises Problem naming the line and showing it."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        shown = [text.split("\n")[int(place[1]) - 1].strip()[:80]] if place else []
        raise Problem(f"{path.name} is no TOML: {error}", *shown) from None
    except RecursionError:
        raise Problem(f"{path.name} is nested too deeply") from None


def flat_document(path: Path, text: str) -> dict[str, object]:
    """The same by dotted key."""
    document = document_of(path, text)
    try:
        return dict(flatten(document))
    except RecursionError:
        raise Problem(f"{path.name} is nested too deeply") from None


def flatten(document: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """Nested tables as dotted keys; an empty table is a key too."""
    for key, value in document.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{name}.")
        else:
            yield name, value


def line_of(text: str, key: str) -> int:
    """The first line of the statement that sets a dotted key of a valid document.

    The lines before it, and as many after them as finish a statement, do not have the key yet.
    """
    lines = text.split("\n")
    low, high = 1, len(lines)
    while low < high:
        middle = (low + high) // 2
        if key in _first(lines, middle):
            high = middle
        else:
            low = middle + 1
    return low


def _first(lines: list[str], count: int) -> dict[str, object]:
    """What the first lines say by dotted key, to the end of the statement in the last of them."""
    for end in range(count, len(lines) + 1):
        with suppress(tomllib.TOMLDecodeError):
            return dict(flatten(tomllib.loads("\n".join(lines[:end]))))
    return {}


def fault(key: str, value: object, automations: Mapping[str, Automation]) -> str:
    """What is wrong with one setting; empty when nothing is."""
    section, inside, rest = key.partition(".")
    if section not in SECTIONS:
        return f"unknown section; known: {', '.join(SECTIONS)}"
    if value == {}:
        known = section == "roles" or any(f"{name}.".startswith(f"{rest}.") for name in automations)
        return "" if not inside or known else "unknown, and empty"
    if not inside:
        return f"it is a section: write [{section}]"
    plain: dict[str, Callable[[], str]] = {
        "company": lambda: _company_fault(rest, value),
        "targets": lambda: "" if _is_number(value) else "a target is a number",
        "people": lambda: _people_fault(section, rest, value),
        "roles": lambda: _people_fault(section, rest, value),
        "bindings": lambda: _binding_fault(value),
        "support": lambda: _support_fault(rest, value),
        **{name: partial(_typed, rest, value, NUMBERS[name]) for name in NUMBERS},
    }
    if section in plain:
        return plain[section]()
    name, _, last = rest.rpartition(".")
    if name not in automations:
        return f"unknown automation {name!r}; known: {', '.join(automations)}"
    if section == "caps":
        return _typed(last, value, CAPS)
    return _setting_fault(automations[name], last, value)


def _company_fault(name: str, value: object) -> str:
    if name not in COMPANY:
        return f"unknown key; known: {', '.join(COMPANY)}"
    if not isinstance(value, str) or not value.strip():
        return "a text in quotes is needed"
    try:
        ZoneInfo(value if name == "zone" else "UTC")
    except (ValueError, KeyError, OSError):
        return f"{value!r} is no time zone; write an IANA name, as Europe/Berlin"
    return ""


def _binding_fault(value: object) -> str:
    names = connectors(value)
    if not names or len(names) > 2 or not all(isinstance(one, str) and one for one in names):
        return 'a binding names a connector, in quotes, or two in their order: ["a", "b"]'
    return "the second connector is another one" if len(set(names)) < len(names) else ""


def connectors(value: object) -> list[object]:
    """The connectors of a binding, in their order."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _people_fault(section: str, rest: str, value: object) -> str:
    """People have a role each; a role has domains, and perhaps a limit in money."""
    if section == "people":
        if rest in RESERVED or rest.endswith(ALONE):
            return "the house itself speaks by this name"
        return "" if isinstance(value, str) and value else "a person has a role, in quotes"
    role, _, last = rest.rpartition(".")
    if not role or last not in Role.__struct_fields__:
        return f"unknown key; known: ROLE.{', ROLE.'.join(Role.__struct_fields__)}"
    if last == "domains":
        said = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return "" if said else 'a list of domains is needed, as ["finance"], or ["*"]'
    return _typed(last, value, {last: int})


def _support_fault(name: str, value: object) -> str:
    """Where mail of customers comes in: a port on this machine, and to which address."""
    if name == "smtp_port":
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 65_536
        return "" if fits else "a port is needed, 0 to 65535; 0 takes any"
    if name == "address":
        return "" if isinstance(value, str) and "@" in value else "a mail address is needed"
    return "unknown key; known: smtp_port, address"


def _is_number(value: object) -> bool:
    return isinstance(value, NUMBER) and not isinstance(value, bool) and isfinite(value)


def _typed(name: str, value: object, known: Mapping[str, object]) -> str:
    if name not in known:
        return f"unknown key; known: {', '.join(known)}"
    if not _is_number(value) or (known[name] is int and not isinstance(value, int)):
        return "a whole number is needed" if known[name] is int else "a number is needed"
    return _bound_fault(name, value)


def _bound_fault(name: str, value: object) -> str:
    """A number is not negative, and not beyond what its unit allows."""
    if not isinstance(value, NUMBER) or isinstance(value, bool):
        return ""
    most = next((most for unit, most in MOST.items() if name.endswith(unit)), INTEGER_MAX)
    if not 0 <= value <= most:
        return "must not be negative" if value < 0 else f"must not be over {most:,}"
    return ""


def _setting_fault(automation: Automation, name: str, value: object) -> str:
    fields = automation.settings.__struct_fields__
    if name not in fields:
        return f"unknown setting; known: {', '.join(fields)}"
    try:
        settings_of(automation, {f"settings.{automation.name}.{name}": value})
    except msgspec.ValidationError as error:
        return str(error).split(" - ")[0]
    return _bound_fault(name, value)


def settings_of(automation: Automation, flat: Mapping[str, object]) -> msgspec.Struct:
    """The automation's settings: its defaults, with what the owner set."""
    prefix = f"settings.{automation.name}."
    mine = {key.removeprefix(prefix): v for key, v in flat.items() if key.startswith(prefix)}
    values = msgspec.to_builtins(automation.settings) | {
        k: v for k, v in mine.items() if v is not None
    }
    return msgspec.convert(values, type(automation.settings))


def policy_of(flat: Mapping[str, object], **known: object) -> Policy:
    """The policy that the log's settings make; `known` are its parts that are no settings."""
    flat = {key: value for key, value in flat.items() if value is not None}
    said = {name: _nested(flat, name) for name in ("caps", "roles")}
    plain = {name: _section(flat, name) for name in ("people", *NUMBERS)}
    bound = {verb: connectors(value) for verb, value in _section(flat, "bindings").items()}
    plain["bindings"] = {verb: names[0] for verb, names in bound.items()}
    plain["seconds"] = {verb: names[1] for verb, names in bound.items() if len(names) > 1}
    gate = plain.pop("gate")
    plain["contact"] |= {"zone": flat["company.zone"]} if "company.zone" in flat else {}
    policy = msgspec.convert({**said, **plain, **gate}, Policy)
    return msgspec.structs.replace(policy, **known)


def _section(flat: Mapping[str, object], name: str) -> dict[str, object]:
    prefix = f"{name}."
    return {key.removeprefix(prefix): v for key, v in flat.items() if key.startswith(prefix)}


def _nested(flat: Mapping[str, object], name: str) -> dict[str, dict[str, object]]:
    """A section whose keys are a name, perhaps dotted, and a field."""
    found: dict[str, dict[str, object]] = {}
    for key, value in _section(flat, name).items():
        whose, _, field = key.rpartition(".")
        found.setdefault(whose, {})[field] = value
    return found


def changes(said: Mapping[str, object], known: Mapping[str, str]) -> dict[str, str]:
    """What house.toml says otherwise than the log, as canonical JSON; null where it is gone."""
    now = {key: canonical(value) for key, value in said.items()}
    gone = {key: "null" for key, value in known.items() if key not in now and value != "null"}
    return {key: value for key, value in now.items() if known.get(key) != value} | gone
