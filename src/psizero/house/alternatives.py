"""The alternatives: what else may come of what waits, and how far each of them reaches."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from psizero.core.automation import Automation
from psizero.core.clock import iso
from psizero.core.errors import Refused
from psizero.engine.agenda import next_cadence
from psizero.engine.document import worded
from psizero.house.home import House

_OTHER = pl.struct("id", "automation", "verb", "state")


def alternatives(house: House, waits: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """What waits (columns id, automation, verb, subject, episode), with what an approver weighs.

    reversibility and compensator; channel, connectors and adds (kinds) are whom and what it
    reaches, beside how many others of its automation wait; on_decline what a no comes to; others
    the further decisions about its subject that wait or are being carried out.
    """
    goes_on = {name: _goes_on(house.members.automations[name], now) for name in _known(house)}
    over = pl.format(
        "nothing is done, and {} is over; {}",
        "episode",
        pl.col("automation").replace_strict(goes_on, default=""),
    )
    return (
        waits.join(_verbs(house, waits), on="verb", how="left", maintain_order="left")
        .with_columns(on_decline=over, beside=pl.len().over("automation").cast(pl.Int64) - 1)
        .join(_others(house, waits, now), on="id", how="left", maintain_order="left")
        .with_columns(pl.col("others").fill_null([]))
    )


def _known(house: House) -> list[str]:
    return list(house.members.automations)


def _goes_on(automation: Automation, now: datetime) -> str:
    """When an automation comes back to a subject of which one occasion is over."""
    following = next_cadence(automation.cadence, now) if automation.cadence else None
    if following is not None:
        return f"what is due then comes at {iso(following)}"
    if automation.due is not None:
        return f"the next step comes when a row of {automation.due.table} falls due"
    return f"the next step comes with {' or '.join(automation.wakes_on) or 'nothing'}"


def _verbs(house: House, waits: pl.DataFrame) -> pl.DataFrame:
    policy, known = house.said_policy(), house.members.verbs
    rows = [
        {
            "verb": name,
            "reversibility": known[name].reversibility.value,
            "compensator": known[name].compensator,
            "channel": known[name].channel,
            "connectors": [
                bound[name] for bound in (policy.bindings, policy.seconds) if name in bound
            ],
            "adds": list(known[name].kinds),
        }
        for name in waits["verb"].unique().sort()
    ]
    typed = dict.fromkeys(("verb", "reversibility", "compensator", "channel"), pl.String())
    lists = dict.fromkeys(("connectors", "adds"), pl.List(pl.String))
    return pl.DataFrame(rows, schema={**typed, **lists})


def _others(house: House, waits: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Per decision, the others about its subject, as objects with id, automation, verb, state."""
    columns = "subject", "automation", "verb", "state"
    called = house.read("intents", now).select(*columns, id="decision")
    asked = waits.with_columns(state=pl.lit("waits for an answer")).select(*columns, "id")
    mine = waits.select("subject", mine="id").join(pl.concat([asked, called]), on="subject")
    mine = mine.filter(pl.col("mine") != pl.col("id")).sort("mine", "id")
    return mine.group_by("mine", maintain_order=True).agg(others=_OTHER).rename({"mine": "id"})


def words(house: House, decision: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
    """The parameters with what a named document says, as the automation saw it."""
    try:
        return worded(house.store, house.seen, decision, parameters)[0]
    except Refused as error:
        return {**parameters, "document": f"cannot be read: {error}"}
