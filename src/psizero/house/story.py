"""What was decided and why, and who decides: what every door tells of decisions and automations."""

from datetime import datetime

import polars as pl

from psizero.core.errors import Problem
from psizero.engine.desk import ESCALATED
from psizero.house.home import House
from psizero.house.rows import objects

_NESTED = ["parameters", "evidence"]
ID_LETTERS = 32


def decided(
    house: House, at: datetime | None, decisions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Decisions with the last verdict of the gate, and the last receipt; all, or only these."""
    if decisions is None:
        said = [house.read(name, at) for name in ("decision", "verdict", "receipt")]
    else:
        keys = decisions.select(decision="id")
        read = house.store.read_of
        said = [decisions, *(read(name, keys, house.now) for name in ("verdict", "receipt"))]
    made, judged, received = said
    judged = judged.filter((pl.col("by") == "policy") & (pl.col("clause") != ESCALATED))
    verdicts = judged.select(
        "decision", "level", "clause", "because", "by", verdict_position="position"
    )
    receipts = received.select("decision", "state", "connector", "reference", "reason")
    found = made.drop("cause", "source").rename({"id": "decision"})
    for more in (verdicts, receipts):
        last = more.unique("decision", keep="last", maintain_order=True)
        found = found.join(last, on="decision", how="left", maintain_order="left")
    return found


def of_subject(house: House, subject: str) -> pl.DataFrame:
    """The same about one subject."""
    keys = pl.DataFrame({"subject": [subject]})
    return decided(house, None, house.store.read_of("decision", keys, house.now))


def explained(house: House, key: str) -> dict[str, object]:
    """One decision in full. Raises Problem where the id fits none, or several."""
    found = decided(house, None, _beginning(house, key))
    if found.height != 1:
        what = "no decision" if found.is_empty() else f"{found.height} decisions"
        raise Problem(f"{what} with an id that begins with {key!r}", "see: psizero decisions")
    row = objects(found.rename({"decision": "id"}), _NESTED)[0]
    run = house.store.read_of("run", pl.DataFrame({"id": [row["run"]]}), house.now)
    row["run"] = objects(run.drop("cause"), ["settings"])[0]
    keys = pl.DataFrame({"decision": [row["id"]]})
    verdicts = house.store.read_of("verdict", keys, house.now)
    said = ("recorded_at", "by", "level", "clause", "because", "counterfactual", "answer_until")
    row["verdicts"] = objects(verdicts.select(said), ["counterfactual"])
    row["settings_changed"] = objects(_edited(house, str(row["automation"])), ["value"])
    outcome = house.store.read_of("outcome", keys, house.now)
    row["outcomes"] = objects(outcome.select("occurred_at", "name", "value", "unit", "good"))
    return row


def _beginning(house: House, key: str) -> pl.DataFrame:
    """The decisions whose id begins so; a whole id is looked up."""
    if len(key) == ID_LETTERS:
        return house.store.read_of("decision", pl.DataFrame({"id": [key]}), house.now)
    return house.read("decision").filter(pl.col("id").str.starts_with(key))


def roster(house: House) -> list[dict[str, object]]:
    """Every automation with its level, what wakes it, its target and last measure."""
    policy, outcomes = house.policy(), house.read("outcome")
    rows: list[dict[str, object]] = []
    for name, one in house.members.automations.items():
        mine = outcomes.filter(pl.col("automation") == name)
        good = mine["good"].drop_nulls()
        share = f"{int(good.sum())} of {good.len()} good" if good.len() else "not measured yet"
        due = f"due {one.due.table}.{one.due.column} + {one.due.delay}" if one.due else ""
        cadence = one.cadence.rule if one.cadence else ""
        rows.append(
            {
                "automation": name,
                "domain": one.domain,
                "level": policy.level_of(name, "*").value,
                "cadence": "; ".join(filter(None, (cadence, due, *one.wakes_on))),
                "target": one.target,
                "last_measure": share,
            }
        )
    return rows


def _edited(house: House, automation: str) -> pl.DataFrame:
    """Who changed what was ever set of an automation last, and when."""
    heads = [f"settings.{automation}.", f"caps.{automation}."]
    named = pl.any_horizontal(pl.col("name").str.starts_with(one) for one in heads)
    return house.read("editors").filter(named)
