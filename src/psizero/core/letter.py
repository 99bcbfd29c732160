"""The letter: one message as RFC 5322 wants it, the same bytes for the same content. Pure."""

import re
import unicodedata
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping
from datetime import UTC, datetime
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime
from hashlib import sha256

import msgspec

from psizero.core.clock import instant
from psizero.core.errors import Refused
from psizero.core.invitation import FORM, Talk, invitation
from psizero.core.records import Action

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}")
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_LINE_BREAKS = re.compile(r"\r\n|\r")
_PLAIN_SUBJECT = re.compile(r"[!-~]+( [!-~]+)*")
_POLICY = compat32.clone(linesep="\r\n")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
THREAD_MAX = 10
"""So many messages of a thread are named: the first, and the last ones."""
_UNFOLDED = _POLICY.clone(max_line_length=998)  # an address in a header stays in one line


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a letter; `form` is its media type, such as application/pdf."""

    name: str
    form: str
    content: bytes


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is said, by whom, to whom, under which key. With `html` it has both parts.

    `headers` are further ones, ASCII, already in the form in which they are to stand. `name` is
    the left part of its Message-ID, where that is not the key.
    """

    key: str
    sender: str
    to: str
    topic: str
    text: str
    sent_at: datetime
    html: str | None = None
    name: str = ""
    headers: Mapping[str, str] = {}
    attachments: tuple[Attachment, ...] = ()

    @property
    def message_id(self) -> str:
        """Its Message-ID, with brackets."""
        return f"<{self.name or self.key}@{self.sender.partition('@')[2]}>"

    def written(self) -> bytes:
        """The message with CRLF; ASCII, in lines of 78 characters but for `headers`."""
        message = Message()
        message["Date"] = format_datetime(self.sent_at.replace(tzinfo=UTC))
        message["From"] = self.sender
        message["To"] = self.to
        message["Message-ID"] = self.message_id
        message["Subject"] = subject_line(self.topic)
        for name, value in self.headers.items():
            message[name] = value
        message["MIME-Version"] = "1.0"
        policy = _UNFOLDED if self.headers else _POLICY
        if not self.attachments:
            return self._said(message).as_bytes(policy=policy)
        parts = [self._said(Message()), *map(_attached, self.attachments)]
        digests = (sha256(one.content).hexdigest() for one in self.attachments)
        bound = _boundary(self.text, self.html or "", *digests)
        message["Content-Type"] = f'multipart/mixed; boundary="{bound}"'
        for part in parts:
            message.attach(part)
        return message.as_bytes(policy=policy)

    def _said(self, message: Message) -> Message:
        """The text, and the page beside it where there is one, as the body of a message."""
        text = _LINE_BREAKS.sub("\n", self.text)
        if self.html is None:
            return _body(message, "plain", text)
        page = _LINE_BREAKS.sub("\n", self.html)
        message["Content-Type"] = f'multipart/alternative; boundary="{_boundary(text, page)}"'
        message.attach(_body(Message(), "plain", text))
        message.attach(_body(Message(), "html", page))
        return message


def letter(action: Action, sender: str, address: str, now: datetime) -> Letter:
    """The letter that an action describes. Raises Refused naming what is wrong with it.

    Its date is the parameter `at` where there is one, else `now`; reasons never hold the address.
    A parameter `talk` goes with it as an invitation.
    """
    if not KEY.fullmatch(action.key):
        raise Refused("the key has to be letters, digits, `_`, `.` and `-`", "key")
    if not ADDRESS.fullmatch(address):
        raise Refused(f"what is known for {text_of(action, 'to')} is no mail address", "to")
    page, at = action.parameters.get("html"), _sent_at(action, now)
    files = [one for one in action.parameters.values() if isinstance(one, Attachment)]
    if action.parameters.get("talk"):
        files.append(_invited(action, (sender, address), at))
    return Letter(
        key=action.key,
        sender=sender,
        to=address,
        topic=text_of(action, "topic"),
        text=text_of(action, "text"),
        html=None if page is None else text_of(action, "html"),
        sent_at=at,
        attachments=tuple(files),
    )


def _invited(action: Action, between: tuple[str, str], at: datetime) -> Attachment:
    try:
        talk = msgspec.convert(action.parameters["talk"], Talk)
    except msgspec.ValidationError:
        raise Refused("the parameter `talk` has to be a talk", "talk") from None
    return Attachment("invitation.ics", FORM, invitation(talk, *between, at))


def threaded(action: Action) -> dict[str, str]:
    """The headers by which an answer stands in its thread (RFC 5322, 3.6.4); none for others.

    Only what has the form of a Message-ID gets in, whatever stood in the message that it answers.
    """
    last = _MESSAGE_ID.findall(str(action.parameters.get("in_reply_to") or ""))
    if not last:
        return {}
    chain = _MESSAGE_ID.findall(str(action.parameters.get("references") or "")) or last
    if len(chain) > THREAD_MAX:
        chain = [chain[0], *chain[1 - THREAD_MAX :]]
    return {"In-Reply-To": last[-1], "References": "\r\n ".join(chain)}


def text_of(action: Action, name: str) -> str:
    """A parameter that has to be text. Raises Refused where it is none."""
    value = action.parameters.get(name)
    if not isinstance(value, str):
        raise Refused(f"the parameter `{name}` has to be text", name)
    return value.encode("utf-8", "replace").decode()


def subject_line(topic: str) -> str:
    """One line: every control character and line break is a space, so no header can follow.

    Plain short ASCII stays readable; all else is encoded, which keeps its spaces as they are.
    """
    broken = ("Cc", "Zl", "Zp")
    line = "".join(" " if unicodedata.category(one) in broken else one for one in topic)
    if len(line) <= 60 and "=?" not in line and _PLAIN_SUBJECT.fullmatch(line):
        return line
    return Header(line, "utf-8", header_name="Subject").encode()


def _sent_at(action: Action, now: datetime) -> datetime:
    at = action.parameters.get("at")
    if at is None:
        return now
    try:
        return at if isinstance(at, datetime) else instant(text_of(action, "at"))
    except ValueError:
        raise Refused("the parameter `at` has to be an instant", "at") from None


def _body(message: Message, form: str, body: str) -> Message:
    message["Content-Type"] = f'text/{form}; charset="utf-8"'
    message["Content-Transfer-Encoding"] = "quoted-printable"
    message.set_payload(b2a_qp(body.encode(), istext=True).decode("ascii"))
    return message


def _attached(one: Attachment) -> Message:
    part = Message()
    part["Content-Type"] = one.form
    part["Content-Transfer-Encoding"] = "base64"
    part["Content-Disposition"] = f'attachment; filename="{one.name}"'
    part.set_payload(encodebytes(one.content).decode("ascii"))
    return part


def _boundary(*bodies: str) -> str:
    """The same for the same parts, and in none of them: `=_` is never in quoted-printable."""
    return "=_" + sha256("\0".join(bodies).encode()).hexdigest()[:32]
