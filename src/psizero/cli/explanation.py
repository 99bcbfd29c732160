"""Decisions, and why each was made."""

from datetime import datetime
from typing import Any

import polars as pl

from psizero.cli.report import emit
from psizero.cli.show import Format, say, text
from psizero.core.errors import Problem
from psizero.core.policy import Level
from psizero.house.home import House
from psizero.house.rows import objects
from psizero.house.story import decided, explained


def decisions(house: House, automation: str, at: datetime | None, format: Format) -> None:
    """All decisions, or those of one automation, with what became of them."""
    frame, known = decided(house, at), house.members.automations
    if automation and automation not in known:
        raise Problem(f"no automation {automation!r}", f"automations: {', '.join(known)}")
    if automation:
        frame = frame.filter(pl.col("automation") == automation)
    if format == "json":
        rows = objects(frame.rename({"decision": "id"}), ["parameters", "evidence"])
        emit(rows)
        return
    text(
        frame.select(
            pl.col("decision").str.head(12).alias("id"),
            pl.col("occurred_at").alias("at"),
            "automation",
            "subject",
            "level",
            "state",
            why=pl.col("evidence").str.json_path_match("$.because"),
        )
    )


def explain(house: House, key: str, format: Format) -> None:
    """One decision in full. Raises Problem where the id fits none, or several."""
    row: dict[str, Any] = explained(house, key)
    if format == "json":
        emit(row)
        return
    evidence = row["evidence"]
    say(f"{row['automation']} decided to {row['verb']} for {row['subject']}")
    say(f"  because    {evidence['because']}")
    say(f"  rule       {evidence['rule']}")
    for name, value in evidence["facts"].items():
        for number, one in enumerate(value if isinstance(value, list) else [value]):
            say(f"  {'facts' if not number else '':<10} {name} = {one}")
    say(f"  otherwise  {evidence['counterfactual']}")
    for name, value in evidence.get("contributions", {}).items():
        say(f"  part       {name} = {value}")
    for one in row["verdicts"]:
        _said(one)
    say(f"  effect     {_effect(house, row)}")
    say(f"  known      through position {row['run']['through']}, at {row['run']['now']}")
    for one in row["settings_changed"]:
        value = "the default again" if one["value"] is None else one["value"]
        say(f"  settings   {one['name']} = {value}, by {one['by']} at {one['changed_at']}")
    for one in row["outcomes"]:
        good = {True: "good", False: "not good", None: "open"}[one["good"]]
        say(f"  outcome    {one['name']}: {one['value']} {one['unit']} ({good})")


def _effect(house: House, row: dict[str, Any]) -> str:
    """What became of it; of what was let go and has no receipt, why not."""
    idle = row["state"] is None and row["level"] == Level.AUTO.value
    outside = not house.members.verbs[row["verb"]].internal
    if idle and outside and row["verb"] not in house.policy().bindings:
        return f"none: {row['verb']} is bound to no connector ([bindings] in house.toml)"
    return ", ".join(filter(None, (row["state"] or "none", row["reference"], row["reason"])))


def _said(one: dict[str, Any]) -> None:
    """One verdict, and the input that alone would have changed the clause of the gate."""
    flip = one["counterfactual"]
    if one["by"] != "policy":
        say(f"  verdict    {one['clause']} by {one['by']}, {one['recorded_at']}: {one['because']}")
        for name, value in (flip["would_be"] if flip else {}).items():
            say(f"  {'changes':<10} {flip['input']}: {name} = {value}")
        return
    say(f"  verdict    {one['level']} by clause {one['clause']}: {one['because']}")
    if flip:
        was, would_be = flip["was"] or "nothing", flip["would_be"] or "nothing"
        say(
            f"  flips      if {flip['input']} were {would_be}, not {was}, it would pass this clause"
        )
