"""A customer's mail as a message of a ticket: in the thread it answers, or a new one. Pure.

It belongs to a ticket of ours where it names, in References or In-Reply-To, a message that we
signed, and its sender is the customer of that ticket: a number in its subject line proves nothing,
and what somebody else forwards opens a ticket of its own. A report of delivery never opens one.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import parseaddr
from hashlib import sha256
from html import unescape

import msgspec

from psizero.connectors.mail.returned import (
    TEXT_CHARACTERS_MAX,
    Mail,
    Ours,
    clean,
    header_text,
    plain_text,
    returned,
    signed_key,
    words,
)
from psizero.core.content import canonical

Rows = dict[str, list[dict[str, object]]]
KEPT_HEADERS = (
    "Auto-Submitted",
    "Precedence",
    "X-Auto-Response-Suppress",
    "X-Loop",
)
"""Of others only that they are there: their values may name a person."""
_MARKED_HEADERS = ("List-Id", "List-Unsubscribe")
_REPORTS = ("bounce", "delay", "delivery", "complaint", "loop")
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(br|/p|/div|/tr|/li|/h\d)\b[^>]*>", re.IGNORECASE)


class Known(msgspec.Struct, frozen=True):
    """What the house knows: whose an address is, of which ticket and customer an answer of ours
    was, by its key, and whether a ticket is open."""

    customer_at: Callable[[str], str | None]
    ticket_of: Callable[[str], tuple[str, str] | None]
    is_open: Callable[[str], bool]


def received(mail: Mail, ours: Ours, known: Known) -> Mapping[str, list[dict[str, object]]]:
    """The rows by kind that a message makes. The same message twice makes the same rows."""
    found = returned(mail, ours)
    if found.what in _REPORTS or (not mail.sender and found.what == "unknown"):
        return found.rows
    message = message_from_bytes(mail.raw, policy=compat32)
    address = parseaddr(str(message.get("From", "")))[1] or mail.sender
    customer = known.customer_at(address)
    rows: Rows = {kind: list(some) for kind, some in found.rows.items()}
    if customer is None:
        customer = f"mail-{_hash(address.casefold())}"
        contact = {"id": f"mail/{customer}", "channel": "mail", "address": address}
        rows["contact.set"] = [_row(mail, customer, contact)]
    name = _hash(str(message.get("Message-ID") or sha256(mail.raw).hexdigest()).strip())
    ticket = _thread(message, ours, known, customer) or f"M-{name}"
    if not known.is_open(ticket):
        rows["ticket.opened"] = [_row(mail, customer, {"id": f"mail/{name}", "ticket": ticket})]
    said = _said(message, mail, found.machine)
    rows["ticket.said"] = [_row(mail, customer, {"id": f"mail/{name}", "ticket": ticket, **said})]
    return rows


def _said(message: Message, mail: Mail, machine: bool) -> dict[str, object]:
    """What of a message stands in the log; what names a person stands in its encrypted part."""
    answered = re.findall(r"<[^<>\s]+>", str(message.get("In-Reply-To", "")))
    name = re.search(r"<[^<>\s]+>", str(message.get("Message-ID", "")))
    return {
        "author": "machine" if machine else "customer",
        "direction": "in",
        "subject_line": header_text(message.get("Subject"))[:1_000],
        "text": _words(message)[:TEXT_CHARACTERS_MAX],
        "message_id": name[0] if name else f"<{sha256(mail.raw).hexdigest()[:32]}@localhost>",
        "in_reply_to": answered[-1] if answered else None,
        "headers": canonical(dict(_headers(message, mail))),
    }


def _headers(message: Message, mail: Mail) -> Iterator[tuple[str, str]]:
    for name in KEPT_HEADERS:
        if name in message:
            yield name, str(message[name])[:200]
    for name in _MARKED_HEADERS:
        if name in message:
            yield name, "yes"
    if not mail.sender:
        yield "Return-Path", "<>"


def _thread(message: Message, ours: Ours, known: Known, customer: str) -> str | None:
    """The ticket whose signed message is named last, if this customer is in it."""
    named = f"{message.get('References', '')} {message.get('In-Reply-To', '')}"
    for word in reversed(re.findall(r"<([^<>\s@]+)@[^<>\s@]+>", named)):
        key = signed_key(word, ours)
        found = known.ticket_of(key) if key else None
        if found is not None and found[1] == customer:
            return found[0]
    return None


def _words(message: Message) -> str:
    """The plain text; of a message that has a page alone, its words."""
    text = plain_text(message)
    if text:
        return text
    for part in message.walk():
        if part.get_content_type() == "text/html":
            page = _BREAK.sub("\n", words(part))
            return clean(unescape(_TAG.sub("", page)).strip())
    return ""


def _row(mail: Mail, subject: str, more: Mapping[str, object]) -> dict[str, object]:
    said = {name: clean(one) if isinstance(one, str) else one for name, one in more.items()}
    return {"subject": subject, "occurred_at": mail.received_at, **said}


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:20]
