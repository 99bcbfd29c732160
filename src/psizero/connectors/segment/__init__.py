"""The connector `segment`: the tracking API of Segment, as its libraries call it.

`POST /in/segment/v1/batch`, and `track`, `identify`, `page`, `screen`, `group`, `alias` one by one.
The key is the write key, by basic authentication or in the body. `segment/segment.toml` says what a
call becomes; what it does not name is answered as taken and dropped, as Segment does.
A call's time is set right by what the sender's clock said when it sent (`sentAt`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from psizero.connectors import set_up
from psizero.core.arrival import Delivery, Received, Receiver, Rule, Terms, decoded, refused
from psizero.core.tracking import Call, batches, checked

FILE, NAME = "segment.toml", "segment"
TYPES = ("track", "identify", "page", "screen", "group", "alias")
TAKEN = b'{"success":true}'
SENDING_MAX = timedelta(seconds=2)
"""A delivery takes so long: a smaller difference of the clocks is none."""


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`segment.toml`: `track` by the name of the event, the other calls as a whole."""

    customer: tuple[str, ...] = ("groupId", "context.groupId", "userId")
    track: Mapping[str, Rule] = {}
    identify: Rule | None = None
    page: Rule | None = None
    screen: Rule | None = None
    group: Rule | None = None
    alias: Rule | None = None

    def rule(self, said: Mapping[str, object]) -> Rule | None:
        """What a call becomes; None: nothing."""
        whole = {
            "identify": self.identify,
            "page": self.page,
            "screen": self.screen,
            "group": self.group,
            "alias": self.alias,
        }
        if said.get("type") == "track":
            return self.track.get(str(said.get("event")))
        return whole.get(str(said.get("type")))


def receiver(folder: Path, terms: Terms) -> Receiver:
    """By the home's map. Raises Problem where it is none."""
    path = folder / FILE
    known = set_up(path, Map())
    whole = {name: rule for name in TYPES[1:] if (rule := getattr(known, name)) is not None}
    checked({**known.track, **whole}, terms, str(path))
    return lambda delivery: receive(delivery, known, terms)


def receive(delivery: Delivery, known: Map, terms: Terms) -> Received:
    """200 as soon as it is JSON of theirs; 400 where it is not."""
    what = delivery.path.removeprefix("/v1").strip("/")
    if what not in ("batch", "import", *TYPES):
        return refused(f"no such path: {delivery.path[:80]}", 404)
    try:
        said = decoded(delivery.body)
    except (ValueError, msgspec.MsgspecError) as error:
        return refused(str(error))
    if not isinstance(said, dict):
        return refused("a JSON object is needed")
    listed = said.get("batch") if what in ("batch", "import") else [{**said, "type": what}]
    if not isinstance(listed, list):
        return refused("batch has to be an array")
    skew = _skew(said.get("sentAt"), delivery.at)
    calls = [
        Call(_name(delivery, index, one), one, _at(one, delivery.at, skew), known.rule(one))
        for index, one in enumerate(listed)
        if isinstance(one, dict)
    ]
    made = batches(calls, known.customer, terms, NAME)
    return Received(batches=made, body=TAKEN, key=str(said.get("writeKey") or ""))


def _name(delivery: Delivery, index: int, said: Mapping[str, object]) -> str:
    """Their own id, else one by which the same delivery is the same again."""
    name = said.get("messageId")
    return name if isinstance(name, str) and name else f"{delivery.content}/{index}"


def _skew(sent: object, at: datetime) -> timedelta:
    """How far the sender's clock is behind ours; nothing where it does not say, or cannot be."""
    told = _instant(sent)
    behind = at - told if told else timedelta()
    return behind if abs(behind) > SENDING_MAX else timedelta()


def _at(said: Mapping[str, object], at: datetime, skew: timedelta) -> str:
    """When it happened by our clock, never later than it came; what is no instant as it is."""
    told = _instant(said.get("timestamp"))
    if told is None:
        return str(said.get("timestamp") or at.isoformat())
    try:
        return min(told + skew, at).isoformat()
    except OverflowError:
        return told.isoformat()


def _instant(text: object) -> datetime | None:
    """Naive UTC; None for what is no instant."""
    try:
        read = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
