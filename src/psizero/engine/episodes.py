"""Episodes: of each at most one decision ever acts; what is new, and what is over. Pure."""

from collections.abc import Collection
from datetime import datetime

import msgspec
import polars as pl

from psizero.core.policy import Level
from psizero.engine.desk import CLOSED, STALE, SUPERSEDED, silence
from psizero.engine.ground import Ground

EPISODE = ["automation", "verb", "subject", "episode"]


class Proposed(msgspec.Struct, frozen=True):
    """What a tick brought: who thought, all that was proposed, and what of it is new."""

    thought: Collection[str]
    proposed: pl.DataFrame
    fresh: pl.DataFrame


def unknown(proposed: pl.DataFrame, episodes: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """What is to be judged: new decisions, and those that people approved meanwhile.

    An episode that got an intent, or was declined, expired or overridden, is over. One that
    began in shadow ends in shadow, unless the promotion restarted it. What was allowed and then
    not proposed any more is asked again.
    """
    policy = ground.policy
    pairs = episodes.select("automation", "verb").unique(maintain_order=True)
    above = [
        (
            name,
            verb,
            policy.level_of(name, verb).rank > Level.SHADOW.rank,
            policy.restarts.get(name, 0),
        )
        for name, verb in pairs.iter_rows()
    ]
    stood = episodes.join(
        pl.DataFrame(above, schema=_ABOVE, orient="row"),
        on=["automation", "verb"],
        maintain_order="left",
    ).with_columns(
        restarted=(pl.col("level") == "shadow") & (pl.col("judged") < pl.col("restarts"))
    )
    over = stood.filter(
        (pl.col("level") == "auto")
        | pl.col("clause").is_in(CLOSED)
        | ((pl.col("level") == "shadow") & pl.col("above") & ~pl.col("restarted"))
    )
    said = stood.filter(~pl.col("restarted") & (pl.col("clause") != STALE))
    said = said.join(ground.approvals, left_on="decision", right_on="id", how="anti")
    return (
        proposed.join(over, on=EPISODE, how="anti", maintain_order="left")
        .join(
            said.select(*EPISODE, id="decision"),
            on=[*EPISODE, "id"],
            how="anti",
            maintain_order="left",
        )
        .unique(EPISODE, keep="last", maintain_order=True)
    )


_ABOVE = {"automation": pl.String, "verb": pl.String, "above": pl.Boolean, "restarts": pl.Int64}


def settled(said: Proposed, ground: Ground, now: datetime) -> pl.DataFrame:
    """What waited and waits no more: replaced, stale, unanswered; and what is asked of a second.

    Columns of `pending`, with level, clause and because.
    """
    pending, judged = ground.pending, said.fresh.select(decision="id")
    newer = said.fresh.select(*EPISODE, newer="id")
    replaced = (
        pending.join(newer, on=EPISODE, maintain_order="left")
        .filter(pl.col("newer") != pl.col("decision"))
        .with_columns(because=pl.format("replaced by {}", pl.col("newer")), **_off(SUPERSEDED))
        .drop("newer")
    )
    answered = pl.col("decision").is_in(ground.approvals["id"].implode())
    stale = (
        pending.filter(answered | pl.col("edited").fill_null(False))
        .filter(pl.col("automation").is_in(said.thought))
        .join(said.proposed, left_on="decision", right_on="id", how="anti")
        .join(replaced, on="decision", how="anti", maintain_order="left")
        .with_columns(because=pl.lit(_GONE), **_off(STALE))
    )
    left = pl.concat([judged, replaced.select("decision"), stale.select("decision")])
    waits = pending.join(left, on="decision", how="anti", maintain_order="left")
    return pl.concat([replaced, stale, silence(waits, ground.policy, now)])


_GONE = "on what is known now the automation does not propose it any more"


def _off(clause: str) -> dict[str, pl.Expr]:
    return {"level": pl.lit("off"), "clause": pl.lit(clause)}
