"""Decisions about people outside, and what is known of them, for the gate without a house."""

from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Verb
from psizero.core.content import canonical
from psizero.core.policy import Contact, Level, Policy
from psizero.engine.gate import judge
from psizero.engine.recipients import Known
from psizero.engine.think import DECISION_SCHEMA
from tests.engine.judging import FOUND, NOW, WISHES, ground

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EMPTY = Known()
PHONE = Verb(
    name="phone.ring",
    doc="Ring.",
    parameters={"to": "whom"},
    recipient=True,
    channel="phone",
    reversibility=FOUND.verbs["message.send"].reversibility,
    manual_task="ring",
    manual_minutes=1.0,
)
VERBS = {**FOUND.verbs, "phone.ring": PHONE}
OPEN = Contact(quiet_from_hour=0, quiet_until_hour=0, holdout_share=0.0, messages_per_day_max=9)
OPEN = msgspec.structs.replace(OPEN, messages_per_week_max=9)


def known(**tables: list[dict[str, object]]) -> Known:
    """Rows by table; what a row does not name is null."""
    made = {name: _filled(getattr(EMPTY, name), rows) for name, rows in tables.items()}
    return msgspec.structs.replace(EMPTY, **made)


def _filled(empty: pl.DataFrame, rows: list[dict[str, object]]) -> pl.DataFrame:
    nothing = dict.fromkeys(empty.columns)
    return pl.DataFrame([{**nothing, **row} for row in rows], schema=empty.schema)


def one(key: str = "d", verb: str = "message.send", **said: object) -> dict[str, object]:
    """A decision about ada; `said` are its parameters, and expires_at, money_minor."""
    plain = {"subject": "ada", "money_minor": 0, "confidence": 1.0, "automation": WISHES}
    plain |= {name: said.pop(name) for name in ("expires_at", "money_minor") if name in said}
    plain |= {name: said.pop(name) for name in ("subject", "automation") if name in said}
    to = {"to": plain["subject"]} | said
    return {**plain, "id": key, "verb": verb, "episode": key, "parameters": canonical(to)}


def judged(
    asked: list[dict[str, object]],
    facts: Known = EMPTY,
    contact: Contact = OPEN,
    now: datetime = NOW,
    **policy: object,
) -> pl.DataFrame:
    """What the gate says of them, in their order."""
    plain = ground()
    levels = {(name, "*"): Level.AUTO for name in FOUND.automations}
    said = Policy(levels=levels, contact=contact, cool_down_hours=0, **policy)
    all_ = msgspec.structs.replace(plain, policy=said, verbs=VERBS, people=lambda _: facts)
    found = judge(pl.DataFrame(asked, schema=DECISION_SCHEMA), all_, now)
    order = pl.DataFrame({"id": [row["id"] for row in asked]})
    return order.join(found, on="id", maintain_order="left")


def clause(*asked: dict[str, object], **more: object) -> list[str]:
    """The clauses that decided."""
    return judged(list(asked), **more)["clause"].to_list()


CONSENT = {"subject": "ada", "purpose": "marketing", "channel": "mail", "explicit_at": NOW - DAY}
GOOD = "within_policy"
ERASED = known(contact_points=[{"subject": "ada", "erased": True}])
LEFT = known(
    subscriptions_held=[{"subject": "ada", "started_at": NOW - 9 * DAY, "ended_at": NOW - DAY}]
)
