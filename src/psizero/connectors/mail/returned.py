"""What comes back: bounces, complaints, answers of machines and of people, as rows. Pure.

A bounce is matched by the address it came back to (the key of our message stands in it, signed) or
by our Message-ID, never by an address that stands in its text. Whatever is said in it is data.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac

import msgspec

RECEIVED_MAX = 50
TEXT_CHARACTERS_MAX = 20_000
_DIGEST_LETTERS = 12
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_PRECEDENCE = ("bulk", "list", "junk", "auto_reply")
_AWAY = re.compile(
    r"out of (the )?office|on (vacation|leave)|away from|automatic reply|abwesen|au(ss|ß)er haus"
    r"|im urlaub|absence|absent|en cong|fuera de la oficina|ausente|respuesta autom|不在|自動返信",
    re.IGNORECASE,
)
_NO_COMPLAINT = ("not-spam", "auth-failure")


class Mail(msgspec.Struct, frozen=True):
    """A message as the listener took it: from and to whom on the envelope, when, and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    received_at: datetime
    raw: bytes


class Ours(msgspec.Struct, frozen=True):
    """How we know our own: the mailbox of bounces, our domain, the key that signs, and to whom a
    message with a key went (None where there is no such message)."""

    mailbox: str
    domain: str
    key: bytes
    subject_of: Callable[[str], str | None]


class Returned(msgspec.Struct, frozen=True):
    """What a message turned out to be, and the rows by kind that follow from it.

    `what`: bounce, delay, delivery, complaint, out_of_office, auto_reply, loop, answer, or unknown
    (nothing of ours is named in it). A machine wrote it where `machine` says so: never answer it.
    """

    what: str
    machine: bool
    rows: Mapping[str, list[dict[str, object]]] = {}


def return_path(mailbox: str, key: str, secret: bytes) -> str:
    """The address to which a message with this key comes back (VERP), signed."""
    local, _, domain = mailbox.partition("@")
    tagged = f"{local}+{key}.{_digest(key, secret)}"
    return f"{tagged}@{domain}" if len(tagged) <= 64 else mailbox


def signed_name(key: str, secret: bytes) -> str:
    """The left part of the Message-ID of an answer in a thread: nobody else can make one."""
    return f"{key}.{_digest(key, secret)}"


def returned(mail: Mail, ours: Ours) -> Returned:
    """The rows that a message makes; a broken one is unknown, whatever is wrong with it."""
    message = message_from_bytes(mail.raw, policy=compat32)
    report = _report_type(message)
    if report == "delivery-status":
        return _bounced(mail, message, ours)
    if report == "feedback-report":
        return _complained(mail, message, ours)
    what = _nature(mail, message, ours)
    machine = what != "answer"
    row = _row(mail, message, ours, _answered_key(message, mail, ours))
    if row is None:
        return Returned("loop" if what == "loop" else "unknown", machine)
    if machine:
        return Returned(what, True, {"message.auto_answered": [{**row, "what": what}]})
    text = plain_text(message)[:TEXT_CHARACTERS_MAX]
    return Returned(what, False, {"message.answered": [{**row, "text": text}]})


def _bounced(mail: Mail, message: Message, ours: Ours) -> Returned:
    row = _row(mail, message, ours, _returned_key(message, mail, ours))
    if row is None:
        return Returned("unknown", True)
    found = [_recipient(block) for block in _blocks(message)]
    failed = [reason for action, reason in found if action == "failed"]
    if failed:
        return Returned("bounce", True, {"message.bounced": [{**row, "reason": failed[0]}]})
    if any(action in ("delivered", "relayed", "expanded") for action, _ in found):
        return Returned("delivery", True, {"message.delivered": [row]})
    return Returned("delay", True)


def _complained(mail: Mail, message: Message, ours: Ours) -> Returned:
    """RFC 5965. What says that it is none is passed over."""
    said = [str(block.get("Feedback-Type", "")).strip().lower() for block in _blocks(message)]
    row = _row(mail, message, ours, _returned_key(message, mail, ours))
    if row is None or any(one in _NO_COMPLAINT for one in said):
        return Returned("unknown", True)
    return Returned("complaint", True, {"message.complained": [row]})


def _recipient(block: Message) -> tuple[str, str]:
    """Action and reason of one recipient: the most exact status first, no address in it."""
    action = str(block.get("Action", "")).strip().lower()
    diagnostic = " ".join(str(block.get("Diagnostic-Code", "")).split())
    said = _STATUS.search(str(block.get("Status", "")))
    told = _STATUS.search(diagnostic)
    vague = said is None or said[0].endswith(".0.0")
    status = told if vague and told else said
    words = _ADDRESS.sub("[address]", diagnostic)[:200]
    return action, " ".join(filter(None, (status[0] if status else "", words)))


def _nature(mail: Mail, message: Message, ours: Ours) -> str:
    """Who wrote it: ourselves (it went round), a machine (RFC 3834 and custom), or a person."""
    if _own_key(str(message.get("Message-ID", "")), ours) is not None:
        return "loop"
    if len(message.get_all("Received", [])) > RECEIVED_MAX:
        return "loop"
    said = str(message.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    machine = (
        said != "no"
        or str(message.get("Precedence", "")).strip().lower() in _PRECEDENCE
        or any(name in message for name in ("List-Id", "X-Autoreply", "X-Autorespond"))
        or "X-Auto-Response-Suppress" in message
        or not mail.sender
        or mail.sender.partition("@")[0].lower() in ("mailer-daemon", "noreply", "no-reply")
        or mail.sender.partition("@")[2].lower() == ours.domain
    )
    if not machine:
        return "answer"
    away = _AWAY.search(header_text(message.get("Subject"))) or _AWAY.search(
        plain_text(message)[:2000]
    )
    return "out_of_office" if away else "auto_reply"


def _row(mail: Mail, message: Message, ours: Ours, key: str | None) -> dict[str, object] | None:
    """What every row has; its id is the message's own, so one that comes twice is one row."""
    subject = ours.subject_of(key) if key else None
    if subject is None:
        return None
    name = str(message.get("Message-ID") or sha256(mail.raw).hexdigest()).strip()
    return {
        "id": f"mail/{sha256(name.encode('utf-8', 'replace')).hexdigest()[:32]}",
        "subject": subject,
        "cause": key,
        "occurred_at": mail.received_at,
        "channel": "mail",
    }


def _answered_key(message: Message, mail: Mail, ours: Ours) -> str | None:
    """The message of ours that one answers: the one named last, so the newest of a thread."""
    named = f"{message.get('References', '')} {message.get('In-Reply-To', '')}"
    named += f" {message.get('Message-ID', '')}"
    found = [_own_key(word, ours) for word in re.findall(r"<[^<>\s]+>", named)]
    return next((one for one in reversed(found) if one), _envelope_key(mail, ours))


def _returned_key(message: Message, mail: Mail, ours: Ours) -> str | None:
    """The message of ours that came back: as the envelope says, else as its headers in it say."""
    return _envelope_key(mail, ours) or next(
        (key for part in _inside(message) if (key := _own_key(str(part["Message-ID"]), ours))), None
    )


def _envelope_key(mail: Mail, ours: Ours) -> str | None:
    local, _, domain = ours.mailbox.lower().partition("@")
    for address in mail.recipients:
        mailbox, _, place = address.rpartition("@")
        name, _, tag = mailbox.partition("+")
        key, _, digest = tag.rpartition(".")
        if (name.lower(), place.lower()) == (local, domain) and compare_digest(
            digest.lower().encode(), _digest(key, ours.key).encode()
        ):
            return key
    return None


def _own_key(word: str, ours: Ours) -> str | None:
    found = re.fullmatch(r"<?([A-Za-z0-9][A-Za-z0-9_.-]*)@([^<>\s@]+)>?", word.strip())
    if not found or found[2].lower() != ours.domain.lower():
        return None
    return signed_key(found[1], ours) or found[1]


def signed_key(name: str, ours: Ours) -> str | None:
    """The key in the left part of a signed Message-ID; None where it is not signed by us."""
    key, _, digest = name.rpartition(".")
    return key if compare_digest(digest.encode(), _digest(key, ours.key).encode()) else None


def _digest(key: str, secret: bytes) -> str:
    return hmac(secret, f"bounce {key}".encode(), sha256).hexdigest()[:_DIGEST_LETTERS]


def _report_type(message: Message) -> str:
    said = message.get_param("report-type") if message.get_content_type() == _REPORT else ""
    return said.lower() if isinstance(said, str) else ""


_REPORT = "multipart/report"


def _blocks(message: Message) -> Iterator[Message]:
    """The fields of a report, block by block; the parser has each as a message of its own."""
    for part in message.walk():
        if part.get_content_type() in ("message/delivery-status", "message/feedback-report"):
            content = part.get_payload()
            if isinstance(content, list):
                yield from (one for one in content if isinstance(one, Message))
            else:
                yield message_from_bytes(_bytes(part).strip() + b"\n\n", policy=compat32)


def _inside(message: Message) -> Iterator[Message]:
    """The headers of what came back, as a whole message or as headers alone."""
    for part in message.walk():
        content = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(content, list):
            yield from (one for one in content if isinstance(one, Message))
        elif part.get_content_type() == "text/rfc822-headers":
            yield message_from_bytes(_bytes(part), policy=compat32)


def plain_text(message: Message) -> str:
    """The first plain text of a message; empty where there is none."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            return words(part)
    return ""


def words(part: Message) -> str:
    """A part as text, well-formed: whatever its charset is called, and whatever that gives."""
    try:
        said = _bytes(part).decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # no such charset, and such as `idna` or a name with a NUL
        said = _bytes(part).decode("utf-8", "replace")
    return clean(said)


def clean(text: str) -> str:
    """Without what no store takes: lone surrogates, which UTF-7 can write, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _bytes(part: Message) -> bytes:
    body = part.get_payload(decode=True)
    return body if isinstance(body, bytes) else b""


def header_text(header: object) -> str:
    """A header in plain text, as well as it can be read."""
    try:
        return clean(str(make_header(decode_header(str(header or "")))))
    except (MessageError, LookupError, ValueError):
        return clean(str(header))
