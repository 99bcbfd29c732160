"""Derived tables whose rows are kept at a cadence, so that a forecast meets what came."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from psizero.core.content import canonical
from psizero.core.tables import Catalog, Derived
from psizero.engine.committer import Rows
from psizero.engine.sight import Sight
from psizero.engine.think import DECISION_SCHEMA, Thought, run_row


def kept_at_cadence(catalog: Catalog) -> dict[str, Derived]:
    """The derived tables that keep a history, by name."""
    return {
        name: table
        for name, table in sorted(catalog.tables.items())
        if isinstance(table, Derived) and table.cadence is not None
    }


def keep(sight: Sight, name: str, codes: Mapping[str, str], now: datetime) -> tuple[Thought, Rows]:
    """The rows of one derived table as of now, and the run that stands for having computed it."""
    seen = (now, sight.store.position.last)
    run = run_row(name, seen, canonical({}), codes.get(name, ""), "")
    thought = Thought(name, run, pl.DataFrame(schema=DECISION_SCHEMA), {})
    table = sight.catalog.tables[name]
    if not isinstance(table, Derived) or table.history is None:
        return thought, []
    kind = table.history
    frame = sight.facts((name,), (now, None))[name]
    rows = frame.with_columns(
        source=pl.lit(name),
        id=pl.format("{}/{}", pl.lit(now.isoformat()), pl.int_range(pl.len()) + 1),
        subject=pl.col(kind.subject).cast(pl.String),
        cause=pl.lit(None, pl.String),
    )
    return thought, [(kind, rows.select("source", "id", "subject", "cause", *kind.columns))]
