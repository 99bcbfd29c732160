"""What the telephone tells us: whether a message arrived, and who wants no more. Pure.

Twilio signs every request: base64 of HMAC-SHA1 under the account's token over the address and the
sorted fields. The key of our action is the last part of the address, so it is signed too.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qsl

import msgspec

STOP = ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout")
_FAILED = ("undelivered", "failed")
_STATUS = {
    "30003": "4.2.1 handset unreachable",
    "30004": "5.7.1 blocked",
    "30005": "5.1.1 no such handset",
    "30006": "5.1.1 a landline, or no such carrier",
    "30007": "5.7.1 filtered by the carrier",
    "21610": "5.7.1 the person said stop",
    "21614": "5.1.1 no mobile number",
}
"""Twilio's error as an enhanced status code (RFC 3463): what is no address is 5.1.1."""


class Told(msgspec.Struct, frozen=True):
    """One request: the whole address as the outside knows it, its fields, its signature."""

    url: str
    body: bytes
    signature: str
    at: datetime


class Directory(msgspec.Struct, frozen=True):
    """To whom an action of ours went, by its key, and who has a number; None where unknown."""

    subject_of: Callable[[str], str | None]
    subject_at: Callable[[str], str | None]


Rows = Mapping[str, list[dict[str, object]]]


def signed(url: str, fields: Mapping[str, str], secret: str) -> str:
    """What the header X-Twilio-Signature has to be."""
    said = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return b64encode(hmac.digest(secret.encode(), said.encode(), "sha1")).decode()


def received(told: Told, secret: str, known: Directory) -> tuple[int, Rows]:
    """The status of the reply (403 where the signature is not theirs), and the rows that follow."""
    fields = dict(parse_qsl(told.body.decode("utf-8", "replace"), keep_blank_values=True))
    wanted = signed(told.url, fields, secret)
    if not hmac.compare_digest(wanted.encode(), told.signature.encode("utf-8", "replace")):
        return 403, {}
    if "MessageStatus" in fields:
        return 200, _arrived(told, fields, known)
    return 200, _said(told, fields, known)


def _arrived(told: Told, fields: Mapping[str, str], known: Directory) -> Rows:
    key = told.url.partition("?")[0].rpartition("/")[2]
    subject, status = known.subject_of(key), fields["MessageStatus"]
    if subject is None:
        return {}
    row = {"id": f"{key}/{status}", "subject": subject, "cause": key, "occurred_at": told.at}
    row["channel"] = "sms"
    if status == "delivered":
        return {"message.delivered": [row]}
    if status in _FAILED:
        code = fields.get("ErrorCode", "")
        return {"message.bounced": [{**row, "reason": _STATUS.get(code, f"error {code}")}]}
    return {}


def _said(told: Told, fields: Mapping[str, str], known: Directory) -> Rows:
    """Somebody wrote: the word that ends it all, or an answer."""
    subject, text = known.subject_at(fields.get("From", "")), fields.get("Body", "")
    if subject is None:
        return {}
    name = fields.get("MessageSid") or sha256(told.body).hexdigest()
    row: dict[str, object] = {"id": f"sms/{name}", "subject": subject, "occurred_at": told.at}
    word = text.strip().strip(".!").lower()
    if fields.get("OptOutType", "").upper() == "STOP" or word in STOP:
        end = {"purpose": "all", "channel": "sms", "origin": "reply"}
        return {"consent.withdrawn": [{**row, **end}]}
    return {"message.answered": [{**row, "channel": "sms", "text": text}]}
