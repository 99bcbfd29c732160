"""What becomes of a message that the house sends to a customer."""

from datetime import datetime, timedelta

import numpy as np

from psizero.core.events.message import (
    MESSAGE_ANSWERED,
    MESSAGE_BOUNCED,
    MESSAGE_CLICKED,
    MESSAGE_COMPLAINED,
    MESSAGE_DELIVERED,
    MESSAGE_OPENED,
)
from psizero.core.records import Action
from psizero.twin.dice import Dice, normal
from psizero.twin.emission import Emission, rows_of
from psizero.twin.scenario import Scenario

_KINDS = {
    "delivered": MESSAGE_DELIVERED,
    "bounced": MESSAGE_BOUNCED,
    "opened": MESSAGE_OPENED,
    "scanned": MESSAGE_OPENED,
    "clicked": MESSAGE_CLICKED,
    "answered": MESSAGE_ANSWERED,
    "complained": MESSAGE_COMPLAINED,
}
_ANSWERS = (
    "Thanks, that helps.",
    "Could you call me on Thursday instead?",
    "Not now, please ask again next quarter.",
    "I am not the right person for this any more.",
)


def became(dice: Dice, scenario: Scenario, action: Action, at: datetime, number: int) -> Emission:
    """Bounced, or delivered and perhaps opened, clicked, answered, or complained about.

    `number` counts the mails to this customer: the same mail meets the same luck in every flight.
    """
    luck = dice.of("mail", action.subject, number).random(8)
    if luck[0] < scenario.number("mail.bounced_share"):
        return _said(action, {"bounced": at + timedelta(seconds=20)}, "5.1.1 no such mailbox")
    found = {"delivered": at + timedelta(seconds=4)}
    if luck[1] < scenario.number("mail.scanned_share"):
        found["scanned"] = at + timedelta(seconds=9)
    if luck[2] < scenario.number("mail.opened_share"):
        median = scenario.number("mail.opened_hours_median")
        hours = median * float(np.exp(1.2 * normal(luck[3:4])[0]))
        found["opened"] = at + timedelta(hours=hours)
        if luck[4] < scenario.number("mail.clicked_share"):
            found["clicked"] = found["opened"] + timedelta(seconds=25)
        if luck[5] < scenario.number("mail.answered_share"):
            found["answered"] = found["opened"] + timedelta(minutes=12)
    if luck[6] < scenario.number("mail.complained_share"):
        found["complained"] = at + timedelta(hours=5)
    return _said(action, found, _ANSWERS[int(luck[7] * len(_ANSWERS))])


def letter_of(action: Action) -> str:
    """Which letter of a sequence a message is, by the document that it names; empty for others."""
    text = action.parameters.get("text")
    if not isinstance(text, dict):
        return ""
    return str(text.get("document", {}).get("key", {}).get("letter", ""))


def _said(action: Action, found: dict[str, datetime], text: str) -> Emission:
    rows: dict[str, list[dict[str, object]]] = {}
    for name, at in found.items():
        kind = _KINDS[name]
        row: dict[str, object] = {"id": f"{action.key}/{name}", "subject": action.subject}
        row |= {"cause": action.key, "occurred_at": at.replace(microsecond=0), "channel": "mail"}
        more: dict[str, dict[str, object]] = {
            "bounced": {"reason": text},
            "answered": {"text": text},
            "opened": {"machine": False},
            "scanned": {"machine": True},
            "clicked": {"machine": False},
        }
        rows.setdefault(kind.name, []).append(row | more.get(name, {}))
    kinds = {kind.name: kind for kind in _KINDS.values()}
    return Emission({name: rows_of(kinds[name], some) for name, some in rows.items()})
