"""The committer: one per house. Orders, gates and commits a tick, wholly or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl

from psizero.core.chance import draw
from psizero.core.clock import iso
from psizero.core.ports import Store
from psizero.core.records import DECISION, RECEIPT, RUN, VERDICT
from psizero.core.tables import POLARS_TYPES, Kind
from psizero.engine.episodes import EPISODE, Proposed, settled, unknown
from psizero.engine.gate import judge
from psizero.engine.ground import Ground
from psizero.engine.think import DECISION_SCHEMA, Thought

Rows = list[tuple[Kind, pl.DataFrame]]


def commit_tick(
    store: Store,
    thoughts: list[Thought],
    measured: Rows,
    ground: Ground,
    now: datetime,
) -> pl.DataFrame:
    """Judge the tick's new decisions and commit all that follows in one transaction.

    What was thought and measured is taken out of its list: of a large tick it would be in memory
    once more beside what is written. Returns the level of each decision that was judged.
    """
    judged, rows = _followed(store, thoughts, ground, now)
    rows = [(kind, frame) for kind, frame in [*rows, *measured] if frame.height]
    thoughts.clear()
    measured.clear()
    if rows:
        store.commit(rows, now)
    return judged


def _followed(
    store: Store, thoughts: Sequence[Thought], ground: Ground, now: datetime
) -> tuple[pl.DataFrame, Rows]:
    """The levels of what was judged, and the rows of the tick.

    Order inside a tick: runs, decisions, verdicts (first those that close what waited), internal
    rows by kind then decision, receipts, then what was measured (outcomes, histories). A run
    that proposed nothing is a row too, so that a house that died goes on where it stood.
    """
    rows: Rows = [(RUN, _runs(thoughts, store.position.last))] if thoughts else []
    proposed = pl.concat([pl.DataFrame(schema=DECISION_SCHEMA), *(t.decisions for t in thoughts)])
    known = store.read_of("episodes", proposed.select(EPISODE), now) if proposed.height else None
    fresh = proposed if known is None else unknown(proposed, known, ground)
    judged = judge(fresh, ground, now) if fresh.height else fresh
    thought = [one.automation for one in thoughts]
    closed = settled(Proposed(thought, proposed, fresh), ground, now)
    plain = {"channel": pl.lit(""), "counterfactual": pl.lit("{}"), "sampled": pl.lit(False)}
    verdicts = _verdict_rows(closed.with_columns(**plain), now)
    if judged.height:
        taken = judged.filter(pl.col("level") == "auto")
        rows += [
            (DECISION, _sealable(DECISION, _unwritten(store, judged, known, now), "automation")),
            (VERDICT, pl.concat([verdicts, _verdicts(judged, ground, now)])),
            *internal_rows(store, ground.kinds, thoughts, taken),
            (RECEIPT, _receipts(taken.filter(pl.col("channel") == ""))),
        ]
    else:
        rows.append((VERDICT, verdicts))
    return judged.select("level") if judged.height else pl.DataFrame(), rows


def _unwritten(
    store: Store, judged: pl.DataFrame, known: pl.DataFrame | None, now: datetime
) -> pl.DataFrame:
    """Without what is in the log already: asked before, and judged once more."""
    again = judged if known is None else judged.join(known, on=EPISODE, how="semi")
    if again.is_empty():
        return judged
    written = store.read_of("decision", again.select("id"), now)
    return judged.join(written, on="id", how="anti", maintain_order="left")


def _runs(thoughts: Sequence[Thought], position: int) -> pl.DataFrame:
    runs = pl.DataFrame([thought.run for thought in thoughts])
    return _sealable(RUN, runs, "subject").with_columns(gated_at=pl.lit(position, pl.Int64))


def _verdicts(judged: pl.DataFrame, ground: Ground, now: datetime) -> pl.DataFrame:
    horizons = {
        name: now + timedelta(days=one.horizon_days) for name, one in ground.automations.items()
    }
    measured = pl.col("automation").replace_strict(horizons, return_dtype=pl.Datetime("us"))
    lives = pl.col("level").is_in(["auto", "shadow"]) | (pl.col("clause") == "held_out")
    window = pl.lit(now + timedelta(hours=ground.policy.approval_hours), pl.Datetime("us"))
    frame = judged.with_columns(
        decision="id",
        measured_at=pl.when(lives).then(measured),
        answer_until=pl.when(pl.col("level") == "approve").then(
            pl.min_horizontal(window, pl.col("expires_at"))
        ),
        sampled=_sampled(judged, ground, now),
    )
    return _verdict_rows(frame, now)


def _verdict_rows(frame: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """One verdict of a tick for each decision."""
    named = frame.with_columns(
        id=pl.format("{}/verdict/{}", "decision", pl.lit(iso(now))), by=pl.lit("policy")
    )
    return _sealable(VERDICT, named, "automation")


def _sampled(judged: pl.DataFrame, ground: Ground, now: datetime) -> pl.Series:
    """Which of those taken without a person are drawn for a person's review afterwards."""
    share = ground.policy.review_share
    alone = zip(judged["id"], judged["clause"].is_in(["within_policy", "quiet_hours"]), strict=True)
    return pl.Series(
        [free and share > 0 and draw(ground.salt, now, key) < share for key, free in alone],
        dtype=pl.Boolean,
    )


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
    missing = [
        pl.lit(None, POLARS_TYPES[column.type]).alias(name)
        for name, column in kind.columns.items()
        if name not in named.columns
    ]
    return named.with_columns(missing).select("source", "id", "subject", "cause", *kind.columns)


def internal_rows(
    store: Store,
    kinds: Mapping[str, Kind],
    thoughts: Sequence[Thought],
    taken: pl.DataFrame,
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
            frame = numbered(kind, frame, store.highest(kind, "number"))
        rows.append((kind, frame.select("source", "id", "subject", "cause", *kind.columns)))
    return rows


def numbered(kind: Kind, frame: pl.DataFrame, last: int) -> pl.DataFrame:
    """Give gapless numbers in the order of the kind's sequence columns, after the last one."""
    return frame.sort(*kind.sequence, "decision").with_columns(
        number=pl.int_range(last + 1, last + 1 + frame.height, dtype=pl.Int64)
    )
