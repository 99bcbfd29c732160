"""The invitation: a talk as a calendar entry that mail programs offer to accept (RFC 5545, 5546).

Made when a letter is written, since only then the two addresses are known. Pure: the same talk and
letter are the same bytes.
"""

from datetime import datetime, timedelta

import msgspec

FORM = 'text/calendar; method=REQUEST; charset="utf-8"'
_OCTETS_MAX = 75
_STAMP = "%Y%m%dT%H%M%SZ"


class Talk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who calls whom is the letter's; `begins_at` is UTC. A later `sequence` moves the talk."""

    key: str
    begins_at: datetime
    minutes: int
    summary: str
    description: str = ""
    sequence: int = 0


def invitation(talk: Talk, sender: str, to: str, at: datetime) -> bytes:
    """The calendar object: CRLF, folded at 75 octets, text escaped. `at` is when it is sent."""
    begin = talk.begins_at.replace(tzinfo=None)
    end = begin + timedelta(minutes=talk.minutes)
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//PsiZero Autopilot//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        f"UID:{_escaped(talk.key)}@{sender.partition('@')[2]}",
        f"DTSTAMP:{at:{_STAMP}}",
        f"DTSTART:{begin:{_STAMP}}",
        f"DTEND:{end:{_STAMP}}",
        f"SEQUENCE:{talk.sequence}",
        f"SUMMARY:{_escaped(talk.summary)}",
        f"DESCRIPTION:{_escaped(talk.description)}",
        f"ORGANIZER:mailto:{sender}",
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{to}",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(_folded(line) for line in lines).encode()


def _escaped(text: str) -> str:
    """TEXT of RFC 5545, 3.3.11; no control character can begin a line of its own."""
    said = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    said = said.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(one for one in said if one >= " " and one != "\x7f")


def _folded(line: str) -> str:
    """The line in pieces of 75 octets at most, no character torn, and its CRLF."""
    pieces, room = [""], _OCTETS_MAX
    for one in line:
        size = len(one.encode())
        if size > room:
            pieces.append("")
            room = _OCTETS_MAX - 1  # a further piece begins with a space
        pieces[-1] += one
        room -= size
    return "\r\n ".join(pieces) + "\r\n"
