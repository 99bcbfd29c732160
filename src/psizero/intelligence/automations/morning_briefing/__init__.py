"""Sends the morning briefing: every day at 07:00 UTC, one message to each role that is set.

Reads the table `briefing`, in which the nine parts, the role's scope and every number stand. The
action names that document by table and key, so it is the same decision all morning, and the
receipt holds the hash of what was sent. It expires after six hours: news of a morning is of no
use in the afternoon. Measured a day later by whether it went out within half an hour, with every
source complete; one in shadow counts as sent.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import Cadence
from psizero.core.policy import OWNER
from psizero.core.records import Decision, Evidence
from psizero.core.tables import Facts

HOUR = 7
DELAY_MINUTES_MAX = 30
_FACTS = ("role", "topic", "notable", "complete", "words")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a briefing. `to` names people in the order of `roles`; where it names nobody, it
    goes to who has that role in [people], or to the owner."""

    roles: list[Literal["ceo", "sales", "cs", "support", "engineering", "finance"]] = msgspec.field(
        default_factory=lambda: ["ceo"]
    )
    to: list[str] = []
    expires_hours: int = 6


def propose(facts: Facts, settings: Settings, now: datetime) -> Iterator[Decision]:
    """One decision a role and day, until it expires."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begins = day + timedelta(hours=HOUR)
    ends = begins + timedelta(hours=settings.expires_hours)
    if not begins <= now < ends:
        return
    named: dict[str, str] = dict(zip(settings.roles, settings.to, strict=False))
    known = facts["briefing"].filter(pl.col("role").is_in(settings.roles))
    for row in known.select(_FACTS).iter_rows(named=True):
        role = str(row["role"])
        yield Decision(
            verb="message.send",
            subject=role,
            episode=f"{role} {day.date().isoformat()}",
            parameters={
                "to": named.get(role) or recipient(facts["settings"], role),
                "topic": "",
                "text": {"document": {"table": "briefing", "key": {"role": role}}},
            },
            evidence=Evidence(
                because=str(row["topic"]),
                rule=f"every morning at {HOUR:02}:00 UTC, for each role in the setting roles",
                facts=row,
                counterfactual=f"none would be sent without {role} in the setting roles",
            ),
            expires_at=ends,
        )


def recipient(settings: pl.DataFrame, role: str) -> str:
    """Who has the role in [people], else the first owner by name, else `owner`."""
    people: list[tuple[str, str | None]] = sorted(
        (name.removeprefix("people."), msgspec.json.decode(value, type=str | None))
        for name, value in settings.select("name", "value").iter_rows()
        if name.startswith("people.")
    )
    for wanted in (role, OWNER):
        for name, one in people:
            if one == wanted:
                return name
    return OWNER


def measure(facts: Facts, due: pl.DataFrame) -> pl.DataFrame:
    """Minutes until it was sent, if it was; good where that was soon and no source was late."""
    joined = due.join(facts["briefings_sent"], on="decision", how="left").join(
        facts["fates"].select("decision", "level"), on="decision", how="left"
    )
    shadow = pl.col("level") == "shadow"
    delay = pl.when(shadow).then(0).otherwise("delay_minutes").cast(pl.Float64)
    soon = (delay <= DELAY_MINUTES_MAX).fill_null(False)
    return joined.select(
        "decision",
        name=pl.when(delay.is_null()).then(pl.lit("not sent")).otherwise(pl.lit("sent after")),
        value=delay,
        unit=pl.lit("minutes"),
        good=soon & pl.col("complete").fill_null(False),
    )


AUTOMATION = Automation(
    name="intelligence.morning_briefing",
    doc=__doc__,
    target="Automated reporting: 95 % on time, complete and untouched (Business Intelligence)",
    reads=("briefing", "settings"),
    measure_reads=("briefings_sent", "fates"),
    verbs=("message.send",),
    settings=Settings(),
    propose=propose,
    measure=measure,
    horizon_days=1,
    cadence=Cadence("FREQ=DAILY;BYHOUR=7"),
)
