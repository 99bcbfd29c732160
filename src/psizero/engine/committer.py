"""The committer: one per house. Orders, gates and commits a tick, wholly or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl

from psizero.core.ports import Store
from psizero.core.records import DECISION, RECEIPT, RUN, VERDICT
from psizero.core.tables import Kind
from psizero.engine.gate import Ground, judge
from psizero.engine.think import DECISION_SCHEMA, Thought

EPISODE = ["automation", "verb", "subject", "episode"]
Rows = list[tuple[Kind, pl.DataFrame]]


def commit_tick(
    store: Store,
    thoughts: Sequence[Thought],
    measured: Rows,
    ground: Ground,
    now: datetime,
) -> pl.DataFrame:
    """Judge the tick's new decisions and commit all that follows in one transaction.

    Order inside a tick: runs, decisions, verdicts, internal rows by kind then decision,
    receipts, then what was measured (outcomes, histories). Returns the judged decisions. A run
    that proposed nothing is a row too, so that a house that died goes on where it stood.
    """
    rows: Rows = [(RUN, _runs(thoughts, store.position.last))] if thoughts else []
    fresh = _fresh(store, thoughts, now)
    judged = judge(fresh, ground, now) if fresh.height else fresh
    if judged.height:
        taken = judged.filter(pl.col("level") == "auto")
        rows += [
            (DECISION, _sealable(DECISION, judged, "automation")),
            (VERDICT, _verdicts(judged, ground, now)),
            *internal_rows(store, ground.kinds, thoughts, taken, now),
            (RECEIPT, _receipts(taken.filter(pl.col("channel") == ""))),
        ]
    rows = [(kind, frame) for kind, frame in [*rows, *measured] if frame.height]
    if rows:
        store.commit(rows, now)
    return judged


def _fresh(store: Store, thoughts: Sequence[Thought], now: datetime) -> pl.DataFrame:
    proposed = [thought.decisions for thought in thoughts if thought.decisions.height]
    if not proposed:
        return pl.DataFrame(schema=DECISION_SCHEMA)
    return unknown(pl.concat(proposed), store.read("episodes", now))


def unknown(proposed: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """Without the decisions already made, and without episodes that already got an intent."""
    acted = episodes.filter(pl.col("level") == "auto")
    return (
        proposed.join(acted, on=EPISODE, how="anti", maintain_order="left")
        .join(
            episodes.select(*EPISODE, id="decision"),
            on=[*EPISODE, "id"],
            how="anti",
            maintain_order="left",
        )
        .unique(EPISODE, keep="last", maintain_order=True)
    )


def _runs(thoughts: Sequence[Thought], position: int) -> pl.DataFrame:
    runs = pl.DataFrame([thought.run for thought in thoughts])
    return _sealable(RUN, runs, "subject").with_columns(gated_at=pl.lit(position, pl.Int64))


def _verdicts(judged: pl.DataFrame, ground: Ground, now: datetime) -> pl.DataFrame:
    horizons = {
        name: now + timedelta(days=one.horizon_days) for name, one in ground.automations.items()
    }
    measured = pl.col("automation").replace_strict(horizons, return_dtype=pl.Datetime("us"))
    lives = pl.col("level").is_in(["auto", "shadow"])
    frame = judged.with_columns(
        decision="id",
        id=pl.format("{}/verdict/1", "id"),
        by=pl.lit("policy"),
        measured_at=pl.when(lives).then(measured),
    )
    return _sealable(VERDICT, frame, "automation")


def _receipts(done: pl.DataFrame) -> pl.DataFrame:
    frame = done.with_columns(
        decision="id",
        id=pl.format("{}/receipt/done", "id"),
        state=pl.lit("done"),
        connector=pl.lit(""),
        reference=pl.lit(""),
        reason=pl.lit(""),
    )
    return _sealable(RECEIPT, frame, "automation")


def _sealable(kind: Kind, frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """The columns that a commit wants; records are said by the automation they speak of."""
    named = frame.with_columns(source=pl.col(source), cause=pl.lit(None, pl.String))
    missing = [name for name in kind.columns if name not in named.columns]
    return named.with_columns(pl.lit(None).alias(name) for name in missing).select(
        "source", "id", "subject", "cause", *kind.columns
    )


def internal_rows(
    store: Store,
    kinds: Mapping[str, Kind],
    thoughts: Sequence[Thought],
    taken: pl.DataFrame,
    now: datetime,
) -> Rows:
    """What the taken decisions add: by kind, then by decision in the order they are taken."""
    rank = taken.select(decision="id", rank=pl.int_range(pl.len()), source="automation")
    found: dict[str, list[pl.DataFrame]] = {}
    for thought in thoughts:
        for name, frame in thought.rows.items():
            found.setdefault(name, []).append(frame)
    rows: Rows = []
    for name in sorted(found):
        kind = kinds[name]
        frame = pl.concat(found[name]).join(rank, on="decision", maintain_order="left")
        frame = frame.sort("rank", maintain_order=True).with_columns(
            cause=pl.col("decision"),
            id=pl.format("{}/{}", "decision", pl.int_range(pl.len()).over("decision") + 1),
        )
        if kind.sequence:
            frame = numbered(kind, frame, store.read(kind.table, now))
        rows.append((kind, frame.select("source", "id", "subject", "cause", *kind.columns)))
    return rows


def numbered(kind: Kind, frame: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Give gapless numbers in the order of the kind's sequence columns, after the last one."""
    highest = before["number"].max()
    first = (highest if isinstance(highest, int) else 0) + 1
    return frame.sort(*kind.sequence, "decision").with_columns(
        number=pl.int_range(first, first + frame.height, dtype=pl.Int64)
    )
