"""Outcomes: what was true at the horizon of each decision, measured set-wise."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from psizero.core.automation import Automation
from psizero.core.records import OUTCOME
from psizero.engine.committer import Rows
from psizero.engine.sight import Sight
from psizero.engine.think import FAULTS


def outcomes(sight: Sight, automations: Mapping[str, Automation], now: datetime) -> Rows:
    """One outcome row for every decision whose horizon ended."""
    store = sight.store
    due = store.read("outcomes_due", now).filter(pl.col("due_at") <= now)
    decisions = store.read_of("decision", due.select(id="decision"), now)
    parameters = decisions.select("parameters", decision="id")
    due = due.join(parameters, on="decision", how="left", maintain_order="left")
    rows: Rows = []
    for name, mine in _by_automation(due, automations):
        try:
            known = sight.facts(automations[name].measure_reads, (now, None))
            found = _outcomes(automations[name].measure(known, mine), mine, name)
        except FAULTS as error:
            found = _outcomes(_missing(mine, error), mine, name)
        rows.append((OUTCOME, found))
    return rows


def _missing(due: pl.DataFrame, error: BaseException) -> pl.DataFrame:
    """What nobody could measure has no value; a guardrail counts it as bad."""
    return due.select(
        "decision",
        name=pl.lit(f"not measured: {type(error).__name__}"),
        value=pl.lit(None, pl.Float64),
        unit=pl.lit(""),
        good=pl.lit(None, pl.Boolean),
    )


def _by_automation(
    due: pl.DataFrame, automations: Mapping[str, Automation]
) -> Sequence[tuple[str, pl.DataFrame]]:
    return [
        (name, due.filter(pl.col("automation") == name).sort("decision"))
        for name in sorted(set(due["automation"]))
        if name in automations
    ]


def _outcomes(measured: pl.DataFrame, due: pl.DataFrame, automation: str) -> pl.DataFrame:
    """One row for each due decision; a measure that leaves one out breaks its promise."""
    joined = due.select("decision", "subject").join(
        measured, on="decision", how="inner", maintain_order="left"
    )
    if joined.height != due.height:
        raise ValueError(f"{automation} measured {joined.height} of {due.height} decisions")
    return joined.with_columns(
        source=pl.lit(automation),
        automation=pl.lit(automation),
        id=pl.format("{}/outcome", "decision"),
        cause=pl.lit(None, pl.String),
        good=pl.col("good").cast(pl.Boolean),
    ).select("source", "id", "subject", "cause", *OUTCOME.columns)
