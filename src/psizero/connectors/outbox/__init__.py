"""The connector `outbox`: one RFC 5322 mail file for each message, in a folder.

Nothing leaves the machine. With the parameter `html` beside `text` it has both parts, the reader's
program takes which it can. A message is there, whole, under its action's key, or it is not: so
the same key twice is one file, and `ask` knows what became of a call that was cut off. Short
messages and calls lie there too, under a header `X-Channel`; links stay as they were marked. A
charge is one JSON file.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec

from psizero.core.content import canonical
from psizero.core.errors import Problem, Refused, Unknown
from psizero.core.letter import ADDRESS, KEY, letter, text_of, threaded
from psizero.core.ports import Clock
from psizero.core.records import Action, Receipt

_CHARGE = "payment.charge"
_CHANNELS = ("mail", "chat")
_RINGING = {"sms.send": "sms", "call.place": "phone"}


def _write(target: Path, content: bytes) -> None:
    """Durable and whole, or not there; readable for its owner alone, as it names a person."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    partial.touch(mode=0o600)
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Outbox:
    """Mail files from `sender` in `folder`; `resolve` gives the address for an id.

    `resolve` raises Refused where there is none. The Date is the action's parameter `at` where
    there is one, or what `clock` says.
    """

    name = "outbox"
    verbs: tuple[str, ...] = ("message.send", "ticket.reply", *_RINGING, _CHARGE)
    settle = "ask"

    def __init__(
        self, folder: Path, sender: str, resolve: Callable[[str], str], clock: Clock
    ) -> None:
        """Raises Problem where the sender is no mail address."""
        if not ADDRESS.fullmatch(sender):
            raise Problem("outbox: the sender has to be a mail address like billing@example.com")
        self._folder = folder
        self._sender = sender
        self._resolve = resolve
        self._clock = clock

    def perform(self, action: Action) -> Receipt:
        """Write the message under the action's key; a key that is there stays as it is.

        Raises Refused where a parameter is missing or there is no usable address, Unknown where
        the disk failed midway. Reasons never hold the address.
        """
        if action.verb not in self.verbs:
            raise Refused(f"the outbox does not know the verb {action.verb}", "verb")
        if not KEY.fullmatch(action.key):
            raise Refused("the key has to be letters, digits, `_`, `.` and `-`", "key")
        done = self.ask(action.key)
        if done is not None:
            return done
        charge = action.verb == _CHARGE
        target = self._file(action.key, ".json" if charge else ".eml")
        content = _charged(action) if charge else self._written(action)
        try:
            _write(target, content)
        except OSError as error:
            raise Unknown(f"writing {target.name} failed: {error.strerror}") from None
        return Receipt("done", target.name)

    def ask(self, key: str) -> Receipt | None:
        """What became of the message with this key: done, or nothing at all."""
        known = [self._file(key, suffix) for suffix in (".eml", ".json")]
        there = [path for path in known if KEY.fullmatch(key) is not None and path.is_file()]
        return Receipt("done", there[0].name) if there else None

    def _file(self, key: str, suffix: str) -> Path:
        return self._folder / f"{key}{suffix}"

    def _written(self, action: Action) -> bytes:
        ringing = _RINGING.get(action.verb)
        channel = ringing or action.parameters.get("channel", "mail")
        if channel not in (*_CHANNELS, ringing):
            raise Refused(f"the channel has to be one of: {', '.join(_CHANNELS)}", "channel")
        to = text_of(action, "to")
        if ringing:  # no number is asked for: nobody is rung
            to = f"{sha256(to.encode()).hexdigest()[:16]}@{ringing}.invalid"
            topic = {"topic": action.parameters.get("topic", action.subject)}
            action = msgspec.structs.replace(action, parameters={**action.parameters, **topic})
        else:
            to = self._resolve(to)
        made = letter(action, self._sender, to, self._clock.now())
        more = threaded(action) if channel == "mail" else {"X-Channel": str(channel)}
        return msgspec.structs.replace(made, headers=more).written()


def _charged(action: Action) -> bytes:
    """A charge as it would be tried: nobody's card is touched."""
    said = {"key": action.key, "customer": action.subject, **action.parameters}
    return f"{canonical(said)}\n".encode()


def connect(folder: Path, clock: Clock, resolve: Callable[[str], str]) -> Outbox:
    """The outbox of a home, in a folder of its own."""
    return Outbox(folder, "autopilot@localhost", resolve, clock)
