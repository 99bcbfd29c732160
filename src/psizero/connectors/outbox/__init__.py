"""The connector `outbox`: one RFC 5322 mail file for each message, in a folder.

Nothing leaves the machine. With the parameter `html` beside `text` it has both parts, the reader's
program takes which it can. A message is there, whole, under its action's key, or it is not: so
the same key twice is one file, and `ask` knows what became of a call that was cut off.
"""

import os
import re
import unicodedata
from binascii import b2a_qp
from collections.abc import Callable
from datetime import UTC, datetime
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

from psizero.core.clock import instant
from psizero.core.errors import Problem, Refused, Unknown
from psizero.core.ports import Clock
from psizero.core.records import Action, Receipt

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_LINE_BREAKS = re.compile(r"\r\n|\r")
_PLAIN_SUBJECT = re.compile(r"[!-~]+( [!-~]+)*")
_POLICY = compat32.clone(linesep="\r\n")
_CHANNELS = ("mail", "chat")


def _text(action: Action, name: str) -> str:
    value = action.parameters.get(name)
    if not isinstance(value, str):
        raise Refused(f"the parameter `{name}` has to be text", name)
    return value.encode("utf-8", "replace").decode()


def _subject(topic: str) -> str:
    """One line: every control character and line break is a space, so no header can follow.

    Plain short ASCII stays readable; all else is encoded, which keeps its spaces as they are.
    """
    broken = ("Cc", "Zl", "Zp")
    line = "".join(" " if unicodedata.category(one) in broken else one for one in topic)
    if len(line) <= 60 and "=?" not in line and _PLAIN_SUBJECT.fullmatch(line):
        return line
    return Header(line, "utf-8", header_name="Subject").encode()


def _sent_at(action: Action, clock: Clock) -> datetime:
    at = action.parameters.get("at")
    if at is None:
        return clock.now()
    try:
        return at if isinstance(at, datetime) else instant(_text(action, "at"))
    except ValueError:
        raise Refused("the parameter `at` has to be an instant", "at") from None


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
    verbs: tuple[str, ...] = ("message.send",)
    settle = "ask"

    def __init__(
        self, folder: Path, sender: str, resolve: Callable[[str], str], clock: Clock
    ) -> None:
        """Raises Problem where the sender is no mail address."""
        if not _ADDRESS.fullmatch(sender):
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
        if not _KEY.fullmatch(action.key):
            raise Refused("the key has to be letters, digits, `_`, `.` and `-`", "key")
        done = self.ask(action.key)
        if done is not None:
            return done
        target = self._file(action.key)
        content = self._message(action).as_bytes(policy=_POLICY)
        try:
            _write(target, content)
        except OSError as error:
            raise Unknown(f"writing {target.name} failed: {error.strerror}") from None
        return Receipt("done", target.name)

    def ask(self, key: str) -> Receipt | None:
        """What became of the message with this key: done, or nothing at all."""
        there = _KEY.fullmatch(key) is not None and self._file(key).is_file()
        return Receipt("done", self._file(key).name) if there else None

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.eml"

    def _message(self, action: Action) -> Message:
        channel = action.parameters.get("channel", "mail")
        if channel not in _CHANNELS:
            raise Refused(f"the channel has to be one of: {', '.join(_CHANNELS)}", "channel")
        recipient = _text(action, "to")
        address = self._resolve(recipient)
        if not _ADDRESS.fullmatch(address):
            raise Refused(f"what is known for {recipient} is no mail address", "to")
        body = _LINE_BREAKS.sub("\n", _text(action, "text"))
        sent_at = _sent_at(action, self._clock).replace(tzinfo=UTC)
        message = Message()
        message["Date"] = format_datetime(sent_at)
        message["From"] = self._sender
        message["To"] = address
        message["Message-ID"] = f"<{action.key}@{self._sender.partition('@')[2]}>"
        message["Subject"] = _subject(_text(action, "topic"))
        if channel == "chat":
            message["X-Channel"] = "chat"
        message["MIME-Version"] = "1.0"
        if action.parameters.get("html") is None:
            return _body(message, "plain", body)
        page = _LINE_BREAKS.sub("\n", _text(action, "html"))
        message["Content-Type"] = f'multipart/alternative; boundary="{_boundary(body, page)}"'
        message.attach(_body(Message(), "plain", body))
        message.attach(_body(Message(), "html", page))
        return message


def _body(message: Message, form: str, body: str) -> Message:
    message["Content-Type"] = f'text/{form}; charset="utf-8"'
    message["Content-Transfer-Encoding"] = "quoted-printable"
    message.set_payload(b2a_qp(body.encode(), istext=True).decode("ascii"))
    return message


def _boundary(*bodies: str) -> str:
    """The same for the same parts, and in none of them: `=_` is never in quoted-printable."""
    return "=_" + sha256("\0".join(bodies).encode()).hexdigest()[:32]


def connect(folder: Path, clock: Clock, resolve: Callable[[str], str]) -> Outbox:
    """The outbox of a home, in a folder of its own."""
    return Outbox(folder, "autopilot@localhost", resolve, clock)
