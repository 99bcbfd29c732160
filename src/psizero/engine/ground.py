"""The ground on which the gate judges: policy, verbs, people's answers, what was done before."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import polars as pl

from psizero.core.automation import Automation, Verb
from psizero.core.policy import Caps, Policy
from psizero.core.tables import POLARS_TYPES, Kind
from psizero.engine.reach import Reach, counted, nobody_reached
from psizero.engine.recipients import Ask, addressed, nobody_known
from psizero.engine.tables import PENDING_TABLE

APPROVALS = {"id": pl.String, "approvals": pl.Int64, "approved_by": pl.String}
NOBODY = pl.DataFrame(schema=APPROVALS)
PENDING = {name: POLARS_TYPES[kept] for name, (kept, _) in PENDING_TABLE.columns.items()}


class Ground(msgspec.Struct, frozen=True):
    """What the gate judges by: policy, verbs, ceilings, and the kept tables it counts from.

    `kinds` are those of the rows that a taken decision adds; `pending` is what waits for people,
    `approvals` says of which decisions enough of them approved. `salt` seeds the sample.
    `people` is asked what is known of those whom the decisions reach, `reach` how many customers
    an automation has touched today.
    """

    policy: Policy
    automations: Mapping[str, Automation]
    verbs: Mapping[str, Verb]
    acts_hourly: pl.DataFrame
    touches: pl.DataFrame
    kinds: Mapping[str, Kind] = {}
    approvals: pl.DataFrame = NOBODY
    pending: pl.DataFrame = pl.DataFrame(schema=PENDING)
    salt: str = ""
    people: Ask = nobody_known
    reach: Reach = nobody_reached


def prepared(decisions: pl.DataFrame, ground: Ground, now: datetime) -> pl.DataFrame:
    """One row a decision with all that the clauses look at, protective verbs first, then money."""
    pairs = decisions.select("automation", "verb").unique(maintain_order=True)
    known = pl.DataFrame([_known(ground, a, v) for a, v in pairs.iter_rows()], schema=_KNOWN)
    since = now - timedelta(hours=ground.policy.cool_down_hours)
    touched = ground.touches.filter(pl.col("touched_at") > since).select(
        "subject", "channel", touched_by="decision"
    )
    return (
        decisions.join(known, on=["automation", "verb"], how="left", maintain_order="left")
        .join(acts(ground.acts_hourly, now), on="automation", how="left", maintain_order="left")
        .join(touched, on=["subject", "channel"], how="left", maintain_order="left")
        .join(ground.approvals, on="id", how="left", maintain_order="left")
        .with_columns(
            pl.col("actions_hour", "actions_day", "money_minor_day", "approvals").fill_null(0),
            now=pl.lit(now, pl.Datetime("us")),
        )
        .pipe(counted, ground.policy, ground.reach)
        .pipe(addressed, ground.policy, ground.salt, ground.people, now)
        .sort(["protective", "money_minor", "id"], descending=[True, True, False])
        .with_row_index("place")
    )


def acts(acts_hourly: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Per automation, what it did by itself in the running UTC hour and the running UTC day."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return (
        acts_hourly.filter(pl.col("hour") >= hour.replace(hour=0))
        .group_by("automation")
        .agg(
            actions_hour=pl.col("actions").filter(pl.col("hour") == hour).sum(),
            actions_day=pl.col("actions").sum(),
            money_minor_day=pl.col("money_minor").sum(),
        )
    )


_KNOWN = {
    "automation": pl.String,
    "verb": pl.String,
    "policy_level": pl.String,
    "ceiling": pl.String,
    "channel": pl.String,
    "reaches": pl.Boolean,
    "asked_for": pl.Boolean,
    "answers": pl.Boolean,
    "reversibility": pl.String,
    "protective": pl.Boolean,
    "protected": pl.Boolean,
    "confidence_min": pl.Float64,
    "actions_per_hour_max": pl.Int64,
    "actions_per_day_max": pl.Int64,
    "money_minor_per_day_max": pl.Int64,
    "money_minor_per_action_max": pl.Int64,
    "customers_share_per_day_max": pl.Float64,
    "approvals_min": pl.Int64,
}


def _known(ground: Ground, automation: str, verb: str) -> dict[str, object]:
    policy, spoken = ground.policy, ground.verbs[verb]
    caps = policy.caps.get(automation, Caps())
    return {
        "automation": automation,
        "verb": verb,
        "policy_level": policy.level_of(automation, verb).value,
        "ceiling": ground.automations[automation].ceiling.value,
        "channel": spoken.channel,
        "reaches": spoken.recipient,
        "asked_for": ground.automations[automation].on_request,
        "answers": spoken.answers,
        "reversibility": spoken.reversibility.value,
        "protective": spoken.protective,
        "protected": spoken.protected,
        "confidence_min": policy.confidence_min,
        **msgspec.structs.asdict(caps),
        "approvals_min": caps.approvals_min or 1,
    }
