"""The connector `cloudevents`: CloudEvents 1.0 over HTTP in all three modes, binary, structured
and batched.

The `type` names one of our kinds (`usage.recorded`), and the data are its columns; or a rule in
`cloudevents/cloudevents.toml` of the home says what a type of theirs becomes. The `subject` is
ours, (source, id) makes an event once, an extension `cause` names the action of ours it answers.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import msgspec

from psizero.connectors import set_up
from psizero.core.arrival import (
    PROBLEMS_SHOWN_MAX,
    Delivery,
    Fault,
    Received,
    Receiver,
    Rule,
    Terms,
    decoded,
    faults,
    framed,
    refused,
)
from psizero.core.errors import Problem
from psizero.core.ports import Batch

FILE, ORIGIN = "cloudevents.toml", "cloudevents"
ONE, MANY = "application/cloudevents+json", "application/cloudevents-batch+json"
_ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "cause")


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`cloudevents.toml`: what types that are no kinds of ours become."""

    type: Mapping[str, Rule] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What we read of one."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    cause: str | None = None
    data: dict[str, object] | None = None


_MANY = msgspec.json.Decoder(list[Event])


def receiver(folder: Path, terms: Terms) -> Receiver:
    """By the home's map. Raises Problem where it is none."""
    path = folder / FILE
    known = set_up(path, Map())
    for name, rule in known.type.items():
        if rule.kind not in terms.kinds or terms.kinds[rule.kind].ours:
            raise Problem(f"{path}: type {name!r}: {rule.kind!r} is no kind that comes in")
    return lambda delivery: receive(delivery, known, terms)


def receive(delivery: Delivery, known: Map, terms: Terms) -> Received:
    """The events by kind. 202 where one of them was taken, else 400; what is wrong by index."""
    try:
        events, wrong = _events(delivery)
    except (ValueError, msgspec.MsgspecError) as error:
        return refused(str(error))
    by_type: dict[str, list[tuple[int, Event]]] = {}
    for index, event in enumerate(events):
        if event is not None:
            by_type.setdefault(event.type, []).append((index, event))
    batches = []
    for name, these in by_type.items():
        rule, kind = known.type.get(name), terms.kinds.get(name)
        if rule is None and (kind is None or kind.ours):
            wrong += [
                Fault(index, f"no kind, and no rule, for type {name[:80]!r}") for index, _ in these
            ]
            continue
        batch = _batch(name, [event for _, event in these], rule, terms)
        said = faults(terms.kinds[batch.kind], batch.frame)
        wrong += [Fault(these[fault.index][0], fault.reason) for fault in said]
        batches.append(batch)
    return _reply(len(events), batches, wrong)


def _events(delivery: Delivery) -> tuple[Sequence[Event | None], list[Fault]]:
    """The events in their order, None where one is none, and why. Raises ValueError."""
    if delivery.media == MANY:
        try:
            return _fast(delivery.body), []
        except (msgspec.ValidationError, RecursionError):
            found = decoded(delivery.body)
        if not isinstance(found, list):
            raise ValueError("a batch is a JSON array")
        return _each(found)
    if delivery.media == ONE:
        return _each([decoded(delivery.body)])
    if "ce-specversion" not in delivery.headers:
        raise ValueError("neither header fields ce-*, nor " + ONE + ", nor " + MANY)
    if delivery.body and delivery.media not in ("", "application/json", "text/json"):
        raise ValueError("data that are no JSON")
    said: dict[str, object] = {
        name: unquote(delivery.headers[f"ce-{name}"])
        for name in _ATTRIBUTES
        if f"ce-{name}" in delivery.headers
    }
    return _each([said | ({"data": decoded(delivery.body)} if delivery.body else {})])


def _fast(body: bytes) -> list[Event]:
    events = _MANY.decode(body)
    if any(event.specversion != "1.0" for event in events):
        raise msgspec.ValidationError("specversion")
    return events


def _each(found: Sequence[object]) -> tuple[Sequence[Event | None], list[Fault]]:
    events: list[Event | None] = []
    wrong = []
    for index, one in enumerate(found):
        try:
            event = msgspec.convert(one, Event)
            if event.specversion != "1.0":
                raise ValueError("specversion is not 1.0")
            events.append(event)
        except (ValueError, msgspec.MsgspecError) as error:
            events.append(None)
            wrong.append(Fault(index, str(error)))
    return events, wrong


def _batch(name: str, events: Sequence[Event], rule: Rule | None, terms: Terms) -> Batch:
    said: dict[str, Sequence[object]] = {
        "source": [event.source for event in events],
        "id": [event.id for event in events],
        "subject": [event.subject for event in events],
        "cause": [event.cause for event in events],
        "occurred_at": [event.time for event in events],
    }
    kind = terms.kinds[rule.kind if rule else name]
    data = [event.data or {} for event in events]
    if rule is None:
        said |= {column: [one.get(column) for one in data] for column in kind.columns}
    else:
        rows = [rule.row(one) for one in data]
        for column in rows[0]:
            values = [row[column] for row in rows]
            said[column] = [_text(value) for value in values] if column in said else values
    return Batch(kind.name, framed(kind, said), ORIGIN)


def _text(value: object) -> object:
    """A number that stands for a customer is its digits."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _reply(events: int, batches: Sequence[Batch], wrong: Sequence[Fault]) -> Received:
    bad = len({fault.index for fault in wrong})
    shown = sorted(wrong, key=lambda fault: fault.index)[:PROBLEMS_SHOWN_MAX]
    said = {"accepted": events - bad, "rejected": bad, "problems": shown}
    none = bad == events and events > 0
    return Received(
        batches=batches, status=400 if none else 202, body=msgspec.json.encode(said), faults=wrong
    )
