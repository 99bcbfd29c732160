"""The map from what product analytics call events to rows of ours, as a home's TOML says it.

    customer = ["groupId", "userId"]
    [track."API Called"]
    kind = "usage.recorded"
    [track."API Called".columns]
    meter = { value = "calls" }
    quantity = "properties.count"

`customer`: the paths at which the customer is looked for, in this order. What no rule names is
answered as taken, as those services do it, and dropped.
"""

from collections.abc import Mapping, Sequence

import msgspec

from psizero.core.arrival import Rule, Terms, batched, faults, found
from psizero.core.errors import Problem
from psizero.core.ports import Batch


class Call(msgspec.Struct, frozen=True):
    """One call of theirs as we read it: its id, what it says, and when it happened, as text."""

    id: str
    said: Mapping[str, object]
    occurred_at: str
    rule: Rule | None


def checked(rules: Mapping[str, Rule], terms: Terms, where: str) -> None:
    """Raises Problem where a rule names a kind that does not come in, or a column it has not."""
    for name, rule in rules.items():
        kind = terms.kinds.get(rule.kind)
        if kind is None or kind.ours:
            raise Problem(f"{where}: {name}: {rule.kind!r} is no kind that comes in")
        strange = sorted(set(rule.columns) - set(kind.columns))
        if strange:
            raise Problem(f"{where}: {name}: {rule.kind} has no column {strange[0]!r}")


def batches(
    calls: Sequence[Call], customer: Sequence[str], terms: Terms, origin: str
) -> list[Batch]:
    """The calls that a rule names, by kind."""
    by_kind: dict[str, list[dict[str, object]]] = {}
    for call in calls:
        if call.rule is not None:
            row: dict[str, object] = {
                "id": call.id,
                "occurred_at": call.occurred_at,
                "subject": _first(call.said, customer),
            }
            by_kind.setdefault(call.rule.kind, []).append(row | call.rule.row(call.said))
    return [batched(terms, kind, rows, origin) for kind, rows in by_kind.items()]


def wrong(made: Sequence[Batch], terms: Terms) -> int:
    """How many rows the intake will reject for their form."""
    return sum(len({one.index for one in faults(terms.kinds[b.kind], b.frame)}) for b in made)


def _first(said: Mapping[str, object], paths: Sequence[str]) -> str | None:
    for path in paths:
        value = found(said, path)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return None
