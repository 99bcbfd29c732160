"""The connector `posthog`: what its libraries capture, at `POST /in/posthog/batch/`.

The key is the project's API key, which stands in the body alone. `posthog/posthog.toml` says what
an event becomes, by its name; what it does not name is answered as taken and dropped.
The customer is the group that the event names (`$groups`), else its `distinct_id`; a
`$groupidentify` has a random one and counts as nobody's.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from psizero.connectors import set_up
from psizero.core.arrival import Delivery, Received, Receiver, Rule, Terms, decoded, refused
from psizero.core.tracking import Call, batches, checked

FILE, NAME = "posthog.toml", "posthog"
TAKEN = b'{"status":1}'
_PATHS = ("batch", "capture", "e", "track")


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`posthog.toml`: what events become, and where their customer stands."""

    customer: tuple[str, ...] = ("properties.$groups.company", "distinct_id")
    event: Mapping[str, Rule] = {}


def receiver(folder: Path, terms: Terms) -> Receiver:
    """By the home's map. Raises Problem where it is none."""
    path = folder / FILE
    known = set_up(path, Map())
    checked(known.event, terms, str(path))
    return lambda delivery: receive(delivery, known, terms)


def receive(delivery: Delivery, known: Map, terms: Terms) -> Received:
    """200 as soon as it is JSON of theirs; 400 where it is not."""
    if delivery.path.strip("/") not in _PATHS:
        return refused(f"no such path: {delivery.path[:80]}", 404)
    try:
        said = decoded(delivery.body)
    except (ValueError, msgspec.MsgspecError) as error:
        return refused(str(error))
    if not isinstance(said, dict):
        return refused("a JSON object is needed")
    listed = said.get("batch", [said])
    if not isinstance(listed, list):
        return refused("batch has to be an array")
    calls = [
        _call(delivery, index, one, known)
        for index, one in enumerate(listed)
        if isinstance(one, dict)
    ]
    made = batches(calls, known.customer, terms, NAME)
    return Received(batches=made, body=TAKEN, key=str(said.get("api_key") or ""))


def _call(delivery: Delivery, index: int, said: Mapping[str, object], known: Map) -> Call:
    name = said.get("uuid")
    own = name if isinstance(name, str) and name else f"{delivery.content}/{index}"
    at = str(said.get("timestamp") or delivery.at.isoformat())
    event = str(said.get("event"))
    if event == "$groupidentify":
        said = {key: value for key, value in said.items() if key != "distinct_id"}
    return Call(own, said, at, known.event.get(event))
